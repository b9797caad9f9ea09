"""Which occurrence of a thing a report speaks of: what was said of one adverse event, or one marrow, says nothing of the next."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.events import Event
from pathway.language import Action, Fact

Counts = Callable[[Evaluation, list[Event]], list[Event]]
"""Those of some reports that speak of the newest occurrence."""


def of_newest(part: Fact | Action, labels: tuple[str, ...], linker: Linker) -> Counts | None:
    """What limits the reports of a part, at a point or with a scope, to the newest occurrence; None where nothing does."""
    what = next((what for label, what in part.about if label in ("", *labels)), None)
    if what is None:
        return None
    occurrences = begun(what, linker)

    def newest(ctx: Evaluation, reports: list[Event]) -> list[Event]:
        began = occurrences(ctx) if reports else []
        if not began:
            return reports
        last = began[-1].occurred
        day = local_day(last, ctx.tz)
        # What was sampled earlier on its day is of this occurrence too, unless there was another on that day.
        alone = len(began) == 1 or local_day(began[-2].occurred, ctx.tz) < day
        return [e for e in reports if e.occurred >= last or (alone and local_day(e.occurred, ctx.tz) == day)]

    return newest


def begun(what: str, linker: Linker) -> Callable[[Evaluation], list[Event]]:
    """The reports with which the occurrences of a thing began, in clinical order."""
    if what in linker.events:
        name = linker.adverse_event(what)
        return lambda ctx: [
            e for e in ctx.record.adverse.get(name, ()) if not e.target and int(e.value or 0) >= 1
        ]
    if what in linker.actions:
        name = linker.action(what, ())
        return lambda ctx: ctx.record.actions.get(name, [])
    fact = linker.fact(what).id

    def observed(ctx: Evaluation) -> list[Event]:
        found = [e for events in ctx.record.observations.get(fact, {}).values() for e in events]
        return sorted(found, key=lambda e: (e.occurred, e.recorded))

    return observed
