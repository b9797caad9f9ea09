"""What stands while a doubt lasts: two results that disagree take nothing back before somebody has said which is right.

A condition that was settled, and that a value under review unsettles, keeps what it said last, by the record as it is corrected
today. Correcting or voiding one of the results, or judging them, settles it anew. What has never been settled does not begin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pathway.engine.context import Evaluation, Test
from pathway.engine.linker import Linker
from pathway.engine.reread import AMENDING, sittings
from pathway.engine.results import Result
from pathway.record import Record

KEPT = "standing"
T = TypeVar("T")


def in_doubt(result: Result) -> bool:
    """Whether a value or an answer under review keeps it open, perhaps beside others that are only missing."""
    return result.verdict == "REVIEW" or (result.verdict == "PENDING" and result.doubt)


def compile_standing(test: Test, linker: Linker) -> Test:
    """The same condition, which still passes where it passed before it came into doubt. Call it when `test` has been compiled."""
    stood = compile_stood(linker)

    def settled(past: Evaluation) -> Result | None:
        result = test(past)
        return result if result.verdict in ("PASS", "FAIL") else None

    def standing(ctx: Evaluation) -> Result:
        result = test(ctx)
        if result.verdict in ("PASS", "FAIL") or not in_doubt(result):
            return result
        before = stood(ctx, settled)
        return before if before is not None and before.verdict == "PASS" else result

    return standing


def compile_stood(linker: Linker) -> Callable[[Evaluation, Callable[[Evaluation], T | None]], T | None]:
    """The function that looks back for the last moment at which something was settled; None if it never was.

    An event about anything that it does not read, itself or through others, settles and unsettles nothing.
    """
    owner, names = linker.owner[-1], set[str]()
    # What it reads through is compiled later, perhaps.
    linker.when_linked.append(lambda: names.update(linker.reads(owner)))
    number = linker.standing = linker.standing + 1

    def stood(ctx: Evaluation, look: Callable[[Evaluation], T | None]) -> T | None:
        events, kept = ctx.record.events, ctx.record.kept.setdefault(KEPT, {})
        amended = sum(1 for e in events if e.kind in AMENDING)
        known = kept.setdefault((owner, number, amended, ctx.profile.hash, ctx.site), {})
        moments = list(sittings(events, 0))
        answer: T | None = None
        for first, end in reversed(moments):
            if end in known:
                answer = known[end]
                break
            if any(_name(ctx, n) & names for n in range(first, end)):
                later = [e for e in events[end:] if e.kind in AMENDING]
                record = Record.of([*events[:end], *later])
                answer = look(Evaluation(ctx.compiled, ctx.profile, ctx.site, record, events[end].recorded))
                if answer is not None:
                    break
        if moments:
            known[moments[-1][1]] = answer
        return answer

    return stood


def _name(ctx: Evaluation, number: int) -> frozenset[str]:
    """What an event is about; of a correction or void, what the first report of its chain was about."""
    event = ctx.record.events[number]
    root = ctx.record.chains.get(ctx.record.root.get(event.id, event.id), [event])[0]
    return frozenset((event.name, root.name))
