"""One measurement of `evaluate` in the tree that Python finds first: started by `benchmarks.evaluation`, in this tree and in
an older one, whose modules have other names. Prints JSON: CPU milliseconds by protocol and number of events.

`evaluate`: the plan after one more event, as a worker makes it: at the instant at which it is recorded. `cold`: the plan of a
record that nobody has evaluated yet. `json`: the plan after one more event as JSON, reasons included.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from time import process_time
from typing import Any

START = datetime(2025, 2, 3, 8, 0, tzinfo=UTC)
MORE = 24
"""Events that are added one by one, with a plan after each."""
FRESH = 8
"""Records that nobody has evaluated yet."""


def module(new: str, old: str) -> Any:
    """The module by its name in this tree, or by that in the older one."""
    try:
        known = find_spec(new)
    except ModuleNotFoundError:
        known = None
    return importlib.import_module(new if known is not None else old)


def events_of(protocol: Any, count: int) -> list[Any]:
    """A course of a compiled protocol: one value for every fact and point, then blood counts until `count` events."""
    make = importlib.import_module("pathway.events").Event
    found: list[Any] = []

    def add(kind: str, fact: str, point: str, value: str, days: int) -> None:
        at = START + timedelta(days=days)
        found.append(make(f"e{len(found)}", kind, at, at, "coordinator", fact, point, (), value))

    add("action", "first_prednisone", "", "", 0)
    for fact in protocol.facts.values():
        for point in fact.points or ("",):
            if len(found) >= min(count, 400) // 2:
                break
            value = {"number": "1", "choice": (fact.values or ("",))[0], "date": "2024-06-08"}[fact.type]
            add("observation", fact.id, point, value, len(found))
    series = [
        f
        for f in protocol.facts.values()
        if f.cardinality in ("latest", "series") and f.type == "number" and not f.points
    ]
    while len(found) < count:
        add("observation", series[len(found) % len(series)].id, "", "1", 40 + len(found))
    return found


def json_of(parts: tuple[Any, ...], record: Any, now: datetime, plan: Any) -> Callable[[], object]:
    """How the tree makes the JSON of a plan that is at hand."""
    output = module("pathway.patient.output", "pathway.output")
    evaluated = module("pathway.patient.evaluate", "pathway.evaluate")
    if hasattr(evaluated, "evaluation"):
        evaluation = evaluated.evaluation(*parts, record, now)
        return lambda: output.plan_json(evaluation)
    return lambda: output.plan_json(*parts, record, plan)


def cpu(run: Callable[[], object], times: int) -> float:
    """CPU milliseconds of one run."""
    begun = process_time()
    for _ in range(times):
        run()
    return (process_time() - begun) / times * 1000


def measure(name: str, protocol: Any, sizes: list[int]) -> dict[str, dict[str, float]]:
    """The three numbers for each size."""
    evaluate = module("pathway.patient.evaluate", "pathway.evaluate").evaluate
    records = importlib.import_module("pathway.record").Record
    compiled = importlib.import_module("protocols").compiled(name)
    site = importlib.import_module("pathway.site").Site("S01")
    profile = module("pathway.language.profile", "pathway.profile").make_profile(protocol)
    parts = (compiled, profile, site)
    out = {}
    for size in sizes:
        events = events_of(compiled, size + MORE)
        record = records.of(events[:size])
        now = events[-1].recorded + timedelta(hours=1)
        evaluate(*parts, record, events[size - 1].recorded)
        spent, told = 0.0, 0.0
        for event in events[size:]:
            record.append(event)
            spent += cpu(lambda: evaluate(*parts, record, event.recorded), 1)  # noqa: B023
        record = records.of(events[: size + 1])
        then = events[size].recorded
        json_of(parts, record, then, evaluate(*parts, record, then))()
        for event in events[size + 1 :: 4]:
            record.append(event)
            plan = evaluate(*parts, record, event.recorded)
            told += cpu(json_of(parts, record, event.recorded, plan), 1)
        unknown = [records.of(events[:size]) for _ in range(FRESH)]
        cold = sum(cpu(lambda: evaluate(*parts, each, now), 1) for each in unknown) / FRESH  # noqa: B023
        out[str(size)] = {
            "evaluate": spent / MORE,
            "cold": cold,
            "json": told / len(events[size + 1 :: 4]),
        }
    return out


def main(sizes: list[int]) -> None:
    """Measure every shipped protocol."""
    shipped = importlib.import_module("protocols").ALL
    json.dump({p.name: measure(p.name, p, sizes) for p in shipped}, sys.stdout)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
