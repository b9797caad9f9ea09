"""What could be said at an earlier instant: by what had happened until then, whenever it was recorded, as corrected today."""

from __future__ import annotations

from datetime import datetime

from pathway.engine.context import Evaluation
from pathway.record import Record

KEPT = "as it was"


def as_it_was(ctx: Evaluation, at: datetime) -> Evaluation:
    """The evaluation of what had happened by an instant. It is the same object until that changes."""
    record, happened = ctx.record, []
    for event in record.events:
        head = record.head(event.id) if event.id in record.root else event
        if head is not None and head.occurred <= at:
            happened.append(event)
    known = record.kept.setdefault(KEPT, {})
    key = (ctx.compiled.hash, ctx.profile.hash, ctx.site, at)
    then: Evaluation | None = known.get(key)
    if then is None or then.record.events != happened:
        then = known[key] = Evaluation(ctx.compiled, ctx.profile, ctx.site, Record.of(happened), at)
    return then


__all__ = ["as_it_was"]
