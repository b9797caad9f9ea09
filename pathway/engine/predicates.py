"""Predicates, compiled to functions of the evaluation.

Four-valued; PENDING ranks over REVIEW, so De Morgan's laws hold.
"""

from __future__ import annotations

from datetime import datetime

from pathway.engine.context import Evaluation, Test
from pathway.engine.fact_predicates import of_fact
from pathway.engine.linker import Linker
from pathway.engine.record_predicates import of_record
from pathway.engine.results import Result
from pathway.language import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    Closed,
    Compare,
    Crit,
    Dates,
    Exposure,
    Fresh,
    Is,
    Known,
    Not,
    NotObtainable,
    Predicate,
    Products,
    ReviewIf,
    Rose,
    Setting,
    VerdictIs,
)
from pathway.plan import Verdict


def predicate(node: Predicate, linker: Linker) -> Test:
    """The function of a predicate. A compound one that stands in several places is worked out once per evaluation.

    References are checked here: raises ProtocolError on an unknown name or a forbidden one.
    """
    if not linker.remembers or not isinstance(node, AllOf | AnyOf | AtLeast | Dates | Exposure):
        return _compile(node, linker)
    known = linker.compound.get(node)
    if known is None:
        number = len(linker.compounds)
        linker.compounds.append(_nothing)  # its number is taken before those of the compounds within it
        with linker.within(f"compound {number}"):
            linker.compounds[number] = _compile(node, linker)
        known = linker.compound[node] = (number, _remembered(number))
    linker.depends(f"compound {known[0]}")
    return known[1]


def gate(node: Predicate, linker: Linker) -> Test:
    """The compiled predicate where only a PASS counts and its `since`: cheaper for what does not hold."""
    if isinstance(node, AllOf):
        return _gate([gate(part, linker) for part in node.parts])
    return predicate(node, linker)


def _compile(node: Predicate, linker: Linker) -> Test:
    match node:
        case Always():
            return lambda ctx: ctx.always
        case Setting(key, values):
            return _setting(linker.param(key, ("choice",)), values, linker)
        case AllOf(parts):
            return _all([predicate(p, linker) for p in parts])
        case AnyOf(parts):
            return _any([predicate(p, linker) for p in parts])
        case AtLeast(n, parts):
            return _at_least(n, [predicate(p, linker) for p in parts])
        case Not(part):
            return _not(predicate(part, linker))
        case ReviewIf(part, _):
            return _review_if(predicate(part, linker))
        case Closed(part, by, _):
            return _closed(node, predicate(part, linker), predicate(by, linker), linker)
        case VerdictIs(part, verdicts):
            return _state(predicate(part, linker), verdicts)
        case (
            Is()
            | Compare()
            | Dates()
            | Exposure()
            | Rose()
            | Products()
            | Fresh()
            | Known()
            | NotObtainable()
        ):
            return of_fact(node, linker)
        case _:
            return of_record(node, linker)


def _setting(key: str, values: tuple[str, ...], linker: Linker) -> Test:
    for value in values:
        if value not in linker.keys[key].options:
            raise linker.error(f"profile key {key} can never be {value!r}")
    return lambda ctx: ctx.always if ctx.params[key] in values else ctx.never


def _unsettled(results: list[Result], pending: bool) -> Result:
    """PENDING with all that is waited for, else REVIEW: pending ranks over review."""
    if pending:
        missing = dict.fromkeys(i for r in results if r.verdict == "PENDING" for i in r.missing)
        doubt = any(r.verdict == "REVIEW" or (r.verdict == "PENDING" and r.doubt) for r in results)
        return Result("PENDING", None, tuple(missing), doubt)
    return Result(
        "REVIEW", max((r.since for r in results if r.verdict == "REVIEW" and r.since), default=None)
    )


def _latest(results: list[Result]) -> datetime | None:
    return max((r.since for r in results if r.since is not None), default=None)


def _all(tests: list[Test]) -> Test:
    return _settle(tests, "FAIL", "PASS")


def _any(tests: list[Test]) -> Test:
    return _settle(tests, "PASS", "FAIL")


def _settle(tests: list[Test], strong: Verdict, weak: Verdict) -> Test:
    """`strong` if one part says so, since the earliest of them; `weak` if all do, since the latest."""

    def test(ctx: Evaluation) -> Result:
        results: list[Result] = []
        first = last = None
        decided = pending = review = False
        for part in tests:
            result = part(ctx)
            verdict, since = result.verdict, result.since
            if verdict == strong:
                decided = True
                if since is not None and (first is None or since < first):
                    first = since
            elif verdict == weak:
                if since is not None and (last is None or since > last):
                    last = since
            else:
                results.append(result)
                pending = pending or verdict == "PENDING"
                review = True
        if decided:
            return Result(strong, first)
        if review:
            return _unsettled(results, pending)
        return Result(weak, last)

    return test


def _gate(parts: list[Test]) -> Test:
    """All of the parts, for places that use `since` only when it passes: stops at the first that fails."""

    def test(ctx: Evaluation) -> Result:
        open_: list[Result] = []
        last: datetime | None = None
        pending = False
        for part in parts:
            result = part(ctx)
            if result.verdict == "FAIL":
                return result
            if result.verdict == "PASS":
                if result.since is not None and (last is None or result.since > last):
                    last = result.since
            else:
                open_.append(result)
                pending = pending or result.verdict == "PENDING"
        return _unsettled(open_, pending) if open_ else Result("PASS", last)

    return test


def _at_least(n: int, tests: list[Test]) -> Test:
    def test(ctx: Evaluation) -> Result:
        results = [t(ctx) for t in tests]
        passing = [r for r in results if r.verdict == "PASS"]
        if len(passing) >= n:
            ordered = sorted(r.since for r in passing if r.since is not None)
            return Result("PASS", ordered[n - 1] if len(ordered) >= n else None)
        failing = [r for r in results if r.verdict == "FAIL"]
        if len(results) - len(failing) < n:
            return Result("FAIL", _latest(failing))
        pending = any(r.verdict == "PENDING" for r in results)
        return _unsettled(results, pending)

    return test


def _not(test: Test) -> Test:
    def negated(ctx: Evaluation) -> Result:
        result = test(ctx)
        if result.verdict == "PASS":
            return Result("FAIL", result.since)
        if result.verdict == "FAIL":
            return Result("PASS", result.since)
        return result

    return negated


def _review_if(test: Test) -> Test:
    def review(ctx: Evaluation) -> Result:
        result = test(ctx)
        if result.verdict == "PASS":
            return Result("REVIEW", result.since)
        return Result("PASS", result.since) if result.verdict == "FAIL" else result

    return review


CLOSABLE = Is | Compare | Dates | Fresh | Crit


def _closed(node: Closed, part: Test, by: Test, linker: Linker) -> Test:
    inner = node.part.part if isinstance(node.part, Not) else node.part
    if not isinstance(inner, CLOSABLE):
        raise linker.error(
            f"Closed({type(inner).__name__}(...)): close each value by itself, or what is in doubt is lost"
        )
    if not node.why:
        raise linker.error(
            "Closed(...) without a reason: say in a sentence why what nobody has reported is not so"
        )

    def closed(ctx: Evaluation) -> Result:
        result = part(ctx)
        if result.verdict != "PENDING":
            return result
        over = by(ctx)
        if over.verdict != "PASS":
            return result
        return Result("REVIEW", over.since) if result.doubt else Result("FAIL", over.since)

    return closed


def _state(test: Test, verdicts: tuple[str, ...]) -> Test:
    def state(ctx: Evaluation) -> Result:
        result = test(ctx)
        return Result("PASS" if result.verdict in verdicts else "FAIL", result.since or ctx.start)

    return state


def _remembered(number: int) -> Test:
    return lambda ctx: ctx.compound(number)


def _nothing(ctx: Evaluation) -> Result:
    raise AssertionError("a predicate that stands within itself")
