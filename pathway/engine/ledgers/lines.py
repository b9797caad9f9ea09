"""The lines of a plan that say how infusions and courses of doses stand."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.ledgers.dose_items import dose_ledger
from pathway.engine.linker import Linker
from pathway.language import Doses, Infusion
from pathway.language.parsing import decimal_text, parse_decimal
from pathway.plan import LedgerState


def compile_ledger_line(
    key: str, spec: Infusion | Doses, linker: Linker
) -> Callable[[Evaluation], LedgerState]:
    """The plan's view of a ledger; `key` is its id with its scope."""
    index = linker.ledger(key)
    if isinstance(spec, Doses):
        return lambda ctx: dose_ledger(ctx, spec, ctx.ledger(index))

    def line(ctx: Evaluation) -> LedgerState:
        run = ctx.ledger(index)
        hours = parse_decimal(str(run.given.total_seconds())) / 3600
        return LedgerState(
            spec.id,
            key,
            run.state,
            decimal_text(hours),
            run.as_of,
            run.dose,
            run.unit or spec.unit,
            run.start,
            run.end,
            tuple(run.steps),
            tuple((p.start, p.end, p.rule.id if p.rule else "") for p in run.pauses),
            tuple((d.rule.id, d.action, d.since) for d in run.directives if d.until is None),
        )

    return line
