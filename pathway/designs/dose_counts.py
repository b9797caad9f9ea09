"""What a dose-finding design is asked and answers: the counts of a dose level, and an advice with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pathway.errors import AllpathError

Advice = Literal["SAME_LEVEL", "ESCALATE", "SUSPEND", "DE_ESCALATE"]
ADVICE_WORDS: Final[dict[Advice, str]] = {
    "SAME_LEVEL": "the next patient enters this level",
    "ESCALATE": "the next patient may enter the next higher level",
    "SUSPEND": "nobody enters until more is known of the patients pending",
    "DE_ESCALATE": "this level is too toxic; nobody enters it any more",
}


class ImpossibleCounts(AllpathError):
    """Counts that no dose level can have, or that the design does not foresee. The message says which."""


class UnknownTable(AllpathError):
    """A version of a decision table that does not exist; the message names those that do."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The patients of one dose level. Screen failures and patients not evaluable for DLT are in none of the counts.

    `n`: patients entered. `t`: those with a dose-limiting toxicity (DLT). `p`: those pending, whose DLT window is open or
    whose verdict is awaited. Raises `ImpossibleCounts` unless 0 <= t, p and t + p <= n.
    """

    n: int
    t: int
    p: int

    def __post_init__(self) -> None:
        if min(self.n, self.t, self.p) < 0:
            raise ImpossibleCounts(f"{self.row}: counts of patients cannot be negative")
        if self.t + self.p > self.n:
            raise ImpossibleCounts(
                f"{self.row}: {self.t} with DLT and {self.p} pending are more than the {self.n} patients of the level; "
                "a patient with a DLT is no longer pending"
            )

    @property
    def cleared(self) -> int:
        """Patients who completed the window without DLT."""
        return self.n - self.t - self.p

    @property
    def row(self) -> str:
        """`(n, t, p)` as the tables write it."""
        return f"({self.n}, {self.t}, {self.p})"

    @property
    def words(self) -> str:
        """The counts as people say them."""
        dlts = {0: "no DLT", 1: "1 DLT"}.get(self.t, f"{self.t} DLTs")
        return f"{self.n} on the level, {dlts}, {self.p} pending, {self.cleared} completed without DLT"


@dataclass(frozen=True, slots=True)
class Advised:
    """What a design says of a dose level.

    `reason`: one or two sentences, with the counts. `source`: the table or rule it comes from. `disputed`: published
    versions of the table differ in this cell; the reason says how.
    """

    advice: Advice
    reason: str
    source: str
    disputed: bool = False
