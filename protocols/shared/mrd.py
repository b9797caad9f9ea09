"""MRD in words: what an assay says, what the adult consensus calls it, what a trial's own cut-off makes of it.

No cut-off stands here: a trial says whether negative is < 1e-4 or <= 1e-4. The same sample of exactly 1e-4 is negative for
HEM-iSMART and a failure for the consensus. Quantifiable limit and sensitivity are two details of a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from pathway.language import (
    Compare,
    Decision,
    Input,
    Is,
    Known,
    Limit,
    Param,
    Predicate,
    Reading,
    Rule,
    Source,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.shared.rule_set import Cell, with_cells

CLASSES = ("NEG", "POS_QUANT", "POS_NQ", "INDETERMINATE")
RESPONSES = ("COMPLETE_RESPONSE", "INTERMEDIATE", "FAILURE", "INDETERMINATE", "NOT_EVALUATED")
LIMIT = "1e-4"
VERSION = "ADULT-CONSENSUS"


def undetected(slot: Reading) -> Predicate:
    """No specific signal."""
    return Is(slot, ("not-detected",))


def unquantifiable(slot: Reading) -> Predicate:
    """Positive below the quantitative range."""
    return Is(slot, ("positive-not-quantifiable",))


def assay(
    id: str, slot: Reading, required: Limit | Param, source: Source, scope: tuple[tuple[str, str], ...] = ()
) -> Decision:
    """What the assay says (EuroMRD): NEG only with a stated sensitivity that meets `required`, such as `<= 1e-4`."""
    sensitive = Compare(slot, required)
    return Decision(
        id,
        f"Result of the MRD assay, {slot.point or slot.fact}",
        inputs=(
            Input("unreadable", VerdictIs(Compare(slot, Limit(">", "-1")), ("REVIEW",))),
            Input("undetected", undetected(slot)),
            Input("unquantifiable", unquantifiable(slot)),
            Input("sensitive", VerdictIs(sensitive, ("PASS",))),
        ),
        rules=(
            row("INDETERMINATE", source, "UNREADABLE", "not evaluable, or results in conflict", unreadable="yes"),
            row("NEG", source, "NEG", unreadable="no", undetected="yes", sensitive="yes"),
            row("INDETERMINATE", assumption(), "INSENSITIVE", "sensitivity not stated, or worse than required",
                unreadable="no", undetected="yes", sensitive="no"),
            row("POS_NQ", source, "POS-NQ", unreadable="no", undetected="no", unquantifiable="yes"),
            row("POS_QUANT", source, "POS-QUANT", unreadable="no", undetected="no", unquantifiable="no"),
        ),
        options=CLASSES,
        source=source,
        asked=Known(slot),
        scope=scope,
    )  # fmt: skip


def by_cutoff(
    id: str, text: str, slot: Reading, negative: Limit | Param, source: Source, *, scope: tuple[tuple[str, str], ...] = (),
    first: Sequence[Input] = (), before: Sequence[Rule] = (), passed: dict[str, str] | None = None,
    trusted: dict[str, str] | None = None, extra: tuple[str, ...] = (), cells: Iterable[Cell] = (),
) -> Decision:  # fmt: skip
    """What a trial's cut-off makes of it: a result that straddles the limit is INDETERMINATE, never negative.

    `first`, `before`: the trial's own inputs and rows that come earlier, with the outcomes `extra`; the table is read where
    those inputs are as in `passed`. `trusted`: what must be so besides for a negative result; what it may hide does not spoil a
    positive one.
    """
    on, sure = passed or {}, trusted or {}
    test = Compare(slot, negative)
    decision = Decision(
        id,
        text,
        inputs=(
            *first,
            Input("doubtful", VerdictIs(test, ("REVIEW",))),
            Input("not_quantifiable", unquantifiable(slot)),
            Input("negative", test),
        ),
        rules=(
            *before,
            row("INDETERMINATE", assumption("the assay cannot tell, or the sample was not evaluable"), "DOUBTFUL", doubtful="yes", **on),
            row("POS_NQ", source, "POS-NQ", doubtful="no", not_quantifiable="yes", **on),
            row("NEG", source, "NEG", doubtful="no", not_quantifiable="no", negative="yes", **on, **sure),
            row("POS_QUANT", source, "POS-QUANT", doubtful="no", not_quantifiable="no", negative="no", **on),
        ),
        options=(*CLASSES, *extra),
        source=source,
        asked=Known(slot),
        scope=scope,
    )  # fmt: skip
    return with_cells(decision, cells)


def response(
    id: str,
    slot: Reading,
    remission: Predicate,
    source: Source,
    *,
    scope: tuple[tuple[str, str], ...] = (),
    cells: Iterable[Cell] = (),
) -> Decision:
    """The consensus wording of a result; evaluated in haematological remission (`remission`) only."""
    below = Compare(slot, Limit("<", LIMIT))
    ready = {"remission": "yes"}
    decision = Decision(
        id,
        f"MRD response by the consensus, {slot.point or slot.fact}: wording only, the trial's own limits decide",
        inputs=(
            Input("remission", remission),
            Input("unreadable", VerdictIs(Compare(slot, Limit(">", "-1")), ("REVIEW",))),
            Input("undetected", undetected(slot)),
            Input("below", VerdictIs(below, ("PASS",))),
            Input("straddles", VerdictIs(below, ("REVIEW",))),
        ),
        rules=(
            row("NOT_EVALUATED", source, "NO-REMISSION", "not in haematological remission", remission="no"),
            row("INDETERMINATE", assumption(), "UNREADABLE", "not evaluable, or results in conflict", unreadable="yes", **ready),
            row("COMPLETE_RESPONSE", source, "COMPLETE", "undetected, sensitivity of at least 1e-4",
                unreadable="no", undetected="yes", below="yes", **ready),
            row("INTERMEDIATE", source, "INSENSITIVE", "undetected, sensitivity insufficient",
                unreadable="no", undetected="yes", below="no", **ready),
            row("INTERMEDIATE", source, "BELOW", "positive below 1e-4", unreadable="no", undetected="no", below="yes", **ready),
            row("INDETERMINATE", assumption("repeat"), "STRADDLES", "positive below a quantitative range that begins over 1e-4",
                unreadable="no", undetected="no", below="no", straddles="yes", **ready),
            row("FAILURE", source, "FAILURE", "1e-4 or more", unreadable="no", undetected="no", below="no", straddles="no", **ready),
        ),
        options=RESPONSES,
        source=replace(source, note=f"{VERSION}; wording for reports"),
        asked=Known(slot),
        scope=scope,
    )  # fmt: skip
    return with_cells(decision, cells)


def _is(test: Predicate) -> VerdictIs:
    return VerdictIs(test, ("PASS",))


def at_least(slot: Reading, limit: str = LIMIT) -> Predicate:
    """Known to be this much or more."""
    return _is(Compare(slot, Limit(">=", limit)))


def newly_positive(latest: Reading, earlier: Iterable[Reading], limit: str = LIMIT) -> Predicate:
    """The latest result is at the limit or over it, and an earlier one was below."""
    return all_of(at_least(latest, limit), any_of(*(_is(Compare(s, Limit("<", limit))) for s in earlier)))


def complete(slot: Reading) -> Predicate:
    """Undetected with a sensitivity of at least 1e-4."""
    return all_of(_is(undetected(slot)), _is(Compare(slot, Limit("<", LIMIT))))


def reappearance(series: Sequence[Reading], confirm: int = 1) -> Predicate:
    """Molecular relapse: quantifiable at 1e-4 or more after a complete response, at time points in their order.

    `confirm`: how many later time points must show it, 1 or 2.
    """
    found: list[Predicate] = []
    for n, slot in enumerate(series):
        later = series[n + 1 :]
        if confirm == 1:
            found += [all_of(complete(slot), at_least(s)) for s in later]
        else:
            found += [
                all_of(complete(slot), at_least(a), at_least(b))
                for i, a in enumerate(later)
                for b in later[i + 1 :]
            ]
    return any_of(*found)


def persistence(series: Sequence[Reading]) -> Predicate:
    """Quantifiable at successive time points, and never a complete response."""

    def quantified(slot: Reading) -> Predicate:
        known = all_of(Known(slot), _is(Compare(slot, Limit(">", "0"))))
        return all_of(
            *known.parts, VerdictIs(unquantifiable(slot), ("FAIL",)), VerdictIs(undetected(slot), ("FAIL",))
        )

    pairs = [all_of(quantified(a), quantified(b)) for a, b in pairwise(series)]
    return all_of(any_of(*pairs), *(VerdictIs(complete(s), ("FAIL",)) for s in series))
