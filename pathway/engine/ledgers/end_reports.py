"""The report that an infusion has ended: its hours are over by the clock, and whoever was there says that it is off."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import days_later, local_day
from pathway.engine.context import Evaluation
from pathway.engine.endings import compile_ending
from pathway.engine.ledgers.infusion import EXPECTED
from pathway.engine.ledgers.levels import OVER
from pathway.engine.linker import Linker
from pathway.language import Infusion
from pathway.language.terms import key_of
from pathway.plan import Item

REPORT_END = "REPORT-END"
"""The task of every infusion, in every trial: to say when it ended, or why it goes on."""
LATE_AFTER_DAYS = 1


def end_report_key(ledger: str) -> str:
    """The key of the task that asks for the end of a ledger."""
    return key_of(REPORT_END, (("ledger", ledger),))


def compile_end_report(key: str, spec: Infusion, linker: Linker) -> Callable[[Evaluation], list[Item]]:
    """The task: due when the hours are over, late a day after that, done by the report of an end or a stop.

    It outlives an exit from treatment, for a pump runs on, and ends with death.
    """
    index, name = linker.ledger(key), end_report_key(key)
    dead = compile_ending(linker, "life")
    text = f"{spec.text}: by its hours it is over, and no end is reported. Report when it was off, or the pause that is missing"

    def items(ctx: Evaluation) -> list[Item]:
        run = ctx.ledger(index)
        if run.end is None or run.state not in (EXPECTED, *OVER) or dead(ctx):
            return []
        day, late_from = local_day(run.end, ctx.tz), days_later(run.end, LATE_AFTER_DAYS, ctx.tz)
        state = "done" if run.state in OVER else "late" if ctx.passed(late_from) else "due"
        return [
            Item(
                REPORT_END, name, "task", state, text, "coordinator", day, None, run.end, late_from=late_from
            )
        ]

    return items


__all__ = ["REPORT_END", "compile_end_report", "end_report_key"]
