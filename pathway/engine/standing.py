"""What stands while a doubt lasts: two results that disagree take nothing back before somebody has said which is right.

A condition that was settled, and that a value under review unsettles, keeps what it said last, by the record as it is corrected
today. Correcting or voiding one of the results, or judging them, settles it anew. What has never been settled does not begin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Generic, TypeVar

from pathway.engine.context import Evaluation, Test
from pathway.engine.linker import Linker
from pathway.engine.reread import Forward, kept
from pathway.engine.results import Result

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
    owner, names = linker.owner[-1], linker.names_read()
    number = linker.standing = linker.standing + 1

    def stood(ctx: Evaluation, look: Callable[[Evaluation], T | None]) -> T | None:
        return settled_last(ctx, ("stood", owner, number), names, look)

    return stood


def settled_last(
    ctx: Evaluation, name: tuple[object, ...], names: AbstractSet[str], look: Callable[[Evaluation], T | None]
) -> T | None:
    """What was found last at an earlier moment, each as it was when the next report came; of reports of these names alone."""
    known = kept(ctx)
    story: _Story[T] | None = known.get(name)
    if story is None or not story.forward.goes_on(ctx.record):
        story = known[name] = _Story(ctx)
    return story.last(ctx, names, look)


class _Story(Generic[T]):
    """What was settled, each time as it stood when the next report came."""

    __slots__ = ("_found", "forward")

    def __init__(self, ctx: Evaluation) -> None:
        self.forward = Forward(ctx)
        self._found: list[tuple[int, T]] = []

    def last(
        self, ctx: Evaluation, names: AbstractSet[str], look: Callable[[Evaluation], T | None]
    ) -> T | None:
        """What was settled last before the present."""
        concerns = partial(_any_of, names)
        for end, past in self.forward.moments(ctx.record, concerns, closing=True, before=ctx.before):
            answer = look(past)
            if answer is not None and (not self._found or self._found[-1][1] != answer):
                self._found.append((end, answer))
        self.forward.rest()
        known = bisect_left(self._found, len(ctx.record.events), key=lambda each: each[0])
        return self._found[known - 1][1] if known else None


def _any_of(wanted: AbstractSet[str], names: Iterable[str]) -> bool:
    return not wanted.isdisjoint(names)


__all__ = ["compile_standing", "compile_stood", "in_doubt"]
