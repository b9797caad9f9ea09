"""NCI/Rome risk of B-ALL by age and white cells. T-ALL: not validated, stored and not used to stratify.

"Ponte di Legno" is a consensus group, not a risk score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    Band,
    Dates,
    Day,
    Decision,
    Input,
    Is,
    Limit,
    Reading,
    Source,
    row,
)
from protocols.shared.rule_set import Cell, with_cells

VERSION = "NCI-ROME-1996"
OPTIONS = ("SR", "HR", "INFANT_HR")


def table(
    birth: str, diagnosed: str, wbc: Reading, source: Source, *, t_lineage: tuple[Reading, tuple[str, ...]] | None = None,
    cells: Iterable[Cell] = (),
) -> Decision:  # fmt: skip
    """The decision `nci_risk`: SR from 1 to under 10 years with white cells < 50 x 10^9/L, else HR; infants apart.

    Both limits are inclusive for HR. `t_lineage`: a choice slot and its values that say T-ALL; no risk is given then.
    """
    day = Day(Reading(diagnosed))
    lineage = (Input("t_lineage", Is(*t_lineage)),) if t_lineage is not None else ()
    b = {"t_lineage": "no"} if t_lineage is not None else {}
    decision = Decision(
        "nci_risk",
        "NCI/Rome risk",
        inputs=(
            *lineage,
            Input("infant", Dates(day, "<", Day(Reading(birth), months=12))),
            Input("from_10", Dates(day, ">=", Day(Reading(birth), months=120))),
            Input("white", wbc, bands=(Band("under_50", (Limit("<", "50"),)), Band("from_50", (Limit(">=", "50"),)))),
        ),
        rules=(
            *((row(None, source, "T-ALL", "not validated for T-ALL", t_lineage="yes"),) if lineage else ()),
            row("INFANT_HR", source, "INFANT", "under 1 year", infant="yes", **b),
            row("HR", source, "AGE", "10 years or older", infant="no", from_10="yes", **b),
            row("HR", source, "WBC", "50 or more", infant="no", from_10="no", white="from_50", **b),
            row("SR", source, "SR", infant="no", from_10="no", white="under_50", **b),
        ),
        options=OPTIONS,
        source=replace(source, note=f"{VERSION}; some texts print > 50 and older than 10: >= is used"),
    )  # fmt: skip
    return with_cells(decision, cells)
