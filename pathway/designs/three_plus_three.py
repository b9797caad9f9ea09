"""The traditional 3+3: cohorts of three, and nobody enters while a cohort is observed. See docs/designs.md."""

from __future__ import annotations

from functools import cache
from typing import Final

from pathway.designs.dose_counts import ADVICE_WORDS, Advice, Advised, Counts, ImpossibleCounts

COHORT: Final = 3
SIZE: Final = 6
SOURCE: Final = "3+3 (Storer 1989, doi:10.2307/2531693, design A with cohorts of three)"


@cache
def advise_three_plus_three(counts: Counts) -> Advised:
    """What 3+3 says of a level. Raises `ImpossibleCounts` for more than six patients."""
    if counts.n > SIZE:
        raise ImpossibleCounts(
            f"{counts.row}: {counts.n} evaluable patients on one level; 3+3 ends at {SIZE}, and what follows from more "
            "is for the meeting to judge"
        )
    advice, because = _rule(counts)
    return Advised(advice, f"{counts.row}: {counts.words}. {because}: {ADVICE_WORDS[advice]}.", SOURCE)


def _rule(counts: Counts) -> tuple[Advice, str]:
    n, t, p = counts.n, counts.t, counts.p
    if t >= 2:
        return "DE_ESCALATE", "Two or more DLTs on one level"
    if n in (COHORT, SIZE) and p:
        return "SUSPEND", f"The cohort of {COHORT} is entered and observed"
    if n == SIZE:
        return "ESCALATE", f"At most 1 DLT among {SIZE}"
    if n == COHORT and t == 0:
        return "ESCALATE", f"No DLT among {COHORT}"
    if n == COHORT:
        return "SAME_LEVEL", f"1 DLT among {COHORT}, so {COHORT} more"
    return "SAME_LEVEL", f"The cohort has room for {-n % COHORT or COHORT} more"
