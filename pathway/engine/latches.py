"""Outcomes that stay: what a table once found is not unfound by a later, better value. Only a correction takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from pathway.engine.context import DECISIONS, Evaluation
from pathway.engine.results import Resolved
from pathway.record import Record

REPORTS = ("observation", "adverse_event")
KEPT_ALWAYS = ("transfer", "annulment", "rename")


def latched(
    ctx: Evaluation,
    names: Iterable[str],
    number: int,
    options: tuple[str, ...],
    as_it_stood: Callable[[Evaluation], Resolved],
) -> Resolved | None:
    """The latest time at which the table said one of `options`, as it stood then; None if it never did.

    `names`: the facts and adverse events that it reads; `number`: the index of the decision. The record is taken as it is
    corrected today, with the reports about these names up to each moment at which one of them was accepted.
    """
    wanted, record = frozenset(names), ctx.record
    read = {
        name
        for name, owners in ctx.compiled.readers.items()
        if any(kind == DECISIONS and number in numbers for kind, numbers in owners)
    }
    # What the table does not read is left out; the first event says since when there is a record at all.
    events = record.events[:1] + [
        e
        for e in record.events[1:]
        if e.kind in KEPT_ALWAYS or record.by_id[record.root.get(e.id, e.id)].name in read
    ]
    reports = [e for e in events if e.kind in REPORTS and e.name in wanted]
    moments: list[datetime] = sorted({e.recorded for e in reports}, reverse=True)
    for moment in moments[1:]:
        before = Record.of(
            e for e in events if not (e.kind in REPORTS and e.name in wanted and e.recorded > moment)
        )
        past = Evaluation(ctx.compiled, ctx.profile, ctx.site, before, moment)
        found = as_it_stood(past)
        if found.outcome in options:
            return found
    return None
