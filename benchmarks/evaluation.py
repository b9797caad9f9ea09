"""`evaluate` on one infant's record at 20, 100 and 400 events: the full plan, and the plan with its reasons as JSON."""

from __future__ import annotations

import statistics
import timeit
from datetime import UTC, datetime, timedelta

from pathway.events import Event
from pathway.language.profile import make_profile
from pathway.patient.evaluate import evaluate
from pathway.patient.output import plan_json
from pathway.record import Record
from pathway.site import Site
from protocols import ALL, compiled

START = datetime(2025, 2, 3, 8, 0, tzinfo=UTC)
SIZES = (20, 100, 400)


def events_of(name: str, count: int) -> list[Event]:
    """A course of a named protocol: one value for every fact and point, then blood counts until `count` events."""
    protocol = compiled(name)
    found: list[Event] = []

    def add(kind: str, fact: str, point: str, value: str, days: int) -> None:
        at = START + timedelta(days=days)
        found.append(Event(f"e{len(found)}", kind, at, at, "coordinator", fact, point, (), value))  # type: ignore[arg-type]

    add("action", "first_prednisone", "", "", 0)
    for fact in protocol.facts.values():
        for point in fact.points or ("",):
            if len(found) >= count // 2:
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


def main() -> None:
    """Print a table per protocol: median of seven runs, in milliseconds, and the ratio to 20 events."""
    for protocol in ALL:
        name = protocol.name
        print(f"{name}: evaluate, full plan (median of 7, ms)")
        print(f"{'events':>8} {'evaluate':>10} {'ratio':>7} {'+ JSON':>10} {'record':>10}")
        base = 0.0
        for size in SIZES:
            events = events_of(name, size)
            record = Record.of(events)
            now = events[-1].recorded + timedelta(hours=1)
            c, profile, site = compiled(name), make_profile(protocol), Site("S01")
            plan = evaluate(c, profile, site, record, now)
            runs = 50
            evaluated = _median(lambda: evaluate(c, profile, site, record, now), runs)  # noqa: B023
            printed = _median(lambda: plan_json(c, profile, site, record, plan), 5)  # noqa: B023
            indexed = _median(lambda: Record.of(events), 5)  # noqa: B023
            base = base or evaluated
            print(f"{size:>8} {evaluated:>10.3f} {evaluated / base:>7.2f} {printed:>10.2f} {indexed:>10.3f}")


def _median(run: object, number: int) -> float:
    return statistics.median(t / number * 1000 for t in timeit.repeat(run, number=number, repeat=7))  # type: ignore[arg-type]
