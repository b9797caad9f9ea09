"""Remission by blasts and counts. The limits differ from trial to trial: they are data, with their operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pathway.language import Band, Input, Limit, Operator, Reading, Rule, Source, row


@dataclass(frozen=True, slots=True)
class CountLimits:
    """Limits of a set: blasts in %, platelets and neutrophils in 10^9/L. `cri`: the floors of CRi; none where it has none.

    `crp`: blasts clear and neutrophils as for CR, only the platelets lower, is told apart as CRp.
    """

    blasts: Limit
    cr: tuple[Limit, Limit]
    cri: tuple[Limit, Limit] | None = None
    crp: bool = False


INO_DLI = CountLimits(
    Limit("<=", "5"), (Limit(">", "100"), Limit(">", "1")), (Limit(">", "50"), Limit(">", "0.5"))
)
COMMON_ADULT = CountLimits(Limit("<", "5"), (Limit(">=", "100"), Limit(">=", "1")))
COMMON_ADULT_CRP = CountLimits(Limit("<", "5"), (Limit(">=", "100"), Limit(">=", "1")), crp=True)
SETS = {"INO_DLI": INO_DLI, "COMMON_ADULT": COMMON_ADULT, "COMMON_ADULT_CRP": COMMON_ADULT_CRP}

COMPLEMENT: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}

MARROW = (
    Band("M1", (Limit("<", "5"),)),
    Band("M2", (Limit(">=", "5"), Limit("<", "25"))),
    Band("M3", (Limit(">=", "25"),)),
)
"""Blasts in marrow by morphology, in %. M2 and M3 are morphological disease."""


def other_side(limit: Limit) -> Limit:
    """What the limit leaves out."""
    return Limit(COMPLEMENT[limit.op], limit.value)


def count_bands(cr: Limit, floor: Limit | None) -> tuple[Band, ...]:
    """CR, CRi and low by one count; without a floor nothing is low."""
    if floor is None:
        return Band("CR", (cr,)), Band("CRi", (other_side(cr),))
    return Band("CR", (cr,)), Band("CRi", (floor, other_side(cr))), Band("low", (other_side(floor),))


def inputs(
    limits: CountLimits, blasts: Reading, active: Reading, platelets: Reading, anc: Reading
) -> tuple[Input, ...]:
    """Blasts, other evidence of disease (a YES-NO fact), platelets, neutrophils."""
    floors = limits.cri or (None, None)
    return (
        Input("blasts", blasts, bands=(Band("clear", (limits.blasts,)), Band("blasts", (other_side(limits.blasts),)))),
        Input("active", active),
        Input("platelets", platelets, bands=count_bands(limits.cr[0], floors[0])),
        Input("neutrophils", anc, bands=count_bands(limits.cr[1], floors[1])),
    )  # fmt: skip


def rules(limits: CountLimits, source: Source, passed: Sequence[tuple[str, str]] = ()) -> tuple[Rule, ...]:
    """Rows for CR, CRi (or CRp), NOT_CRi where there is a floor, NONE. `passed`: cells of the trial's own inputs."""
    on = dict(passed)
    clear = {"blasts": "clear", "active": "NO", **on}
    low = (
        row("NOT_CRi", source, "LOW-PLATELETS", "marrow clear, neither CR nor CRi", platelets="low", **clear),
        row("NOT_CRi", source, "LOW-NEUTROPHILS", "marrow clear, neither CR nor CRi", platelets=("CR", "CRi"), neutrophils="low", **clear),
    )  # fmt: skip
    counts = ("CR", "CRi")
    incomplete = (
        (
            row(
                "CRp", source, "CRp", "only the platelets are low", platelets="CRi", neutrophils="CR", **clear
            ),
            row("CRi", source, "CRi", platelets=counts, neutrophils="CRi", **clear),
        )
        if limits.crp
        else (
            row("CRi", source, "CRi-PLATELETS", platelets="CRi", neutrophils=counts, **clear),
            row("CRi", source, "CRi-NEUTROPHILS", platelets="CR", neutrophils="CRi", **clear),
        )
    )
    return (
        row("NONE", source, "BLASTS", blasts="blasts", **on),
        row("NONE", source, "ACTIVE", "active disease", blasts="clear", active="YES", **on),
        *(low if limits.cri is not None else ()),
        *incomplete,
        row("CR", source, "CR", platelets="CR", neutrophils="CR", **clear),
    )
