"""Response of lymphoma by imaging: the sum of the products of up to six masses, 2007 or paediatric 2015 wording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    Compare,
    Decision,
    Fact,
    Input,
    Is,
    Known,
    Limit,
    Products,
    Reading,
    Rule,
    Source,
    Unit,
    any_of,
    row,
)
from protocols.shared.rule_set import Cell, RuleSet, chosen, with_cells

VERSIONS = {"2007": False, "PAEDIATRIC-2015": True}
"""Whether a fall of more than 25 % to less than 50 % is told apart as MR."""


def facts(points: tuple[str, ...], source: Source) -> tuple[Fact, ...]:
    """What the table reads. BASELINE is a point of its own; NADIR the smallest sum so far."""
    every = ("BASELINE", "NADIR", *points)
    return (
        Fact("masses", "choice", "Masses and other lesions on imaging: all gone, or still there", "clinician", source,
             values=("GONE", "PRESENT"), points=points, cardinality="latest"),
        Fact("mass_products", "number", "Sum of the products of up to six masses", "clinician", source, units=(Unit("cm2"),), points=every,
             cardinality="latest", possible=("0", "10000")),
        Fact("new_lesion", "number", "Largest new lesion, 0 if there is none", "clinician", source, units=(Unit("cm"),), points=points,
             cardinality="latest", possible=("0", "100")),
    )  # fmt: skip


def response(
    point: str, source: Source, *, minor: bool, version: str, cells: Iterable[Cell] = ()
) -> Decision:
    """The decision `lymphoma_response`: PD for a new lesion over 1.5 cm or a rise by half from the nadir."""
    now, base, nadir = (Reading("mass_products", point=p) for p in (point, "BASELINE", "NADIR"))
    new = Reading("new_lesion", point=point)
    there = {"progress": "no", "gone": "no"}
    halved: dict[str, str] = {"halved": "yes", "new_site": "no"}
    quarter: tuple[Rule, ...] = (
        row("MR", source, "MR", "fallen by more than 25 %, less than 50 %", **there, halved="no", new_site="no", quarter="yes"),
        row("SD", source, "SD", **there, halved="no", new_site="no", quarter="no"),
    ) if minor else (row("SD", source, "SD", **there, halved="no", new_site="no"),)  # fmt: skip
    decision = Decision(
        "lymphoma_response",
        f"Response of the lymphoma by imaging, {point}",
        inputs=(
            Input(
                "progress",
                any_of(Compare(new, Limit(">", "1.5")), Products((now,), ">=", (nadir,), times="1.5")),
            ),
            Input("gone", Is(Reading("masses", point=point), ("GONE",))),
            Input("new_site", Compare(new, Limit(">", "0"))),
            Input("halved", Products((now,), "<=", (base,), times="0.5")),
            *((Input("quarter", Products((now,), "<", (base,), times="0.75")),) if minor else ()),
        ),
        rules=(
            row("PD", source, "PD", progress="yes"),
            row("CR", source, "CR", progress="no", gone="yes", new_site="no"),
            row("SD", source, "GONE-NEW-SITE", "a small new site", progress="no", gone="yes", new_site="yes"),
            row("PR", source, "PR", "fallen by half or more, no new site", **there, **halved),
            row("SD", source, "NEW-SITE", "a small new site", **there, new_site="yes"),
            *quarter,
        ),
        options=("CR", "PR", *(("MR",) if minor else ()), "SD", "PD"),
        source=replace(source, note=version),
        asked=Known(Reading("masses", point=point)),
        scope=(("point", point),),
    )
    return with_cells(decision, cells)


def parts(
    points: tuple[str, ...], source: Source, *, version: str = "2007", cells: Iterable[Cell] = ()
) -> RuleSet:
    """Facts, and a table per evaluation."""
    minor = chosen(VERSIONS, version, "lymphoma response")
    tables = tuple(response(p, source, minor=minor, version=version, cells=cells) for p in points)
    return RuleSet(version, facts=facts(points, source), decisions=tables)
