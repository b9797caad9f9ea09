"""The optimal and the minimax two-stage design for given error limits, by exhaustive search (Simon 1989).

The search runs in floating point made of additions and multiplications only, so that every machine does the same steps;
whatever is within `GUARD` of a limit or of another candidate is decided in exact fractions. So the answer is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final, Literal

from pathway.designs.simon import Characteristics, ImpossibleDesign, TwoStage, characteristics, proportion

Kind = Literal["optimal", "minimax"]
GUARD: Final = 1e-9
LARGEST: Final = 400
"""Patients of the largest design that is looked for; childhood trials are an order smaller."""


@dataclass(frozen=True, slots=True)
class Found:
    """The two designs for the same limits, with what they do under p0 and under p1."""

    p0: Fraction
    p1: Fraction
    alpha: Fraction
    beta: Fraction
    optimal: TwoStage
    minimax: TwoStage

    def under(self, kind: Kind) -> tuple[Characteristics, Characteristics]:
        """The exact characteristics of one of them under p0 and p1."""
        design = self.optimal if kind == "optimal" else self.minimax
        return characteristics(design, self.p0), characteristics(design, self.p1)


def find_design(p0: str, p1: str, alpha: str, beta: str, kind: str = "optimal") -> TwoStage:
    """The design of that kind for decimal texts. Raises `ImpossibleDesign`."""
    found = find_designs(p0, p1, alpha, beta)
    if kind not in ("optimal", "minimax"):
        raise ImpossibleDesign(f"kind {kind!r}: accepted are optimal and minimax")
    return found.optimal if kind == "optimal" else found.minimax


@cache
def find_designs(p0: str, p1: str, alpha: str, beta: str) -> Found:
    """The optimal design (smallest EN under p0) and the minimax design (smallest n, then smallest EN under p0).

    All four are decimal texts; alpha and beta bound the errors from above, the bound itself included. There is no upper limit
    of n below which the optimum is sought: the search ends when no larger n can do better. Raises `ImpossibleDesign` for
    values that are none, and where the design would have more than `LARGEST` patients.
    """
    low, high = proportion(p0, "p0"), proportion(p1, "p1")
    limits = proportion(alpha, "alpha"), proportion(beta, "beta")
    if low >= high:
        raise ImpossibleDesign(f"p0 {p0} and p1 {p1}: accepted is p0 < p1")
    for name, text, limit in (("alpha", alpha, limits[0]), ("beta", beta, limits[1])):
        if limit >= Fraction(1, 2):
            raise ImpossibleDesign(f"{name} {text}: accepted is an error limit below 0.5, such as 0.05")
    optimal, minimax = _Search(low, high, *limits).run()
    return Found(low, high, *limits, optimal, minimax)


class _Binomials:
    """Probabilities of x responders among m and of more than k, for one response rate; rows are made when asked for."""

    def __init__(self, p: Fraction) -> None:
        self.p = float(p)
        self.exactly: list[list[float]] = [[1.0]]
        self.more: list[list[float]] = [[0.0]]

    def upto(self, m: int) -> None:
        p, q = self.p, 1.0 - self.p
        while len(self.exactly) <= m:
            last = self.exactly[-1]
            row = [q * last[0]]
            row += [q * last[x] + p * last[x - 1] for x in range(1, len(last))]
            row.append(p * last[-1])
            more = [0.0] * len(row)
            for x in range(len(row) - 1, 0, -1):
                more[x - 1] = more[x] + row[x]
            self.exactly.append(row)
            self.more.append(more)

    def promising(self, r1: int, n1: int, r: int, n: int) -> float:
        """Probability of more than r1 in stage 1 and more than r in all."""
        first, more = self.exactly[n1], self.more[n - n1]
        total = self.more[n1][max(r, r1)] if max(r, r1) < n1 else 0.0
        for x in range(max(r1 + 1, r - (n - n1) + 1), min(n1, r) + 1):
            total += first[x] * more[r - x]
        return total


class _Search:
    def __init__(self, p0: Fraction, p1: Fraction, alpha: Fraction, beta: Fraction) -> None:
        self.p0, self.p1, self.alpha, self.beta = p0, p1, alpha, beta
        self.null, self.real = _Binomials(p0), _Binomials(p1)
        self.size, self.power = float(alpha), 1.0 - float(beta)
        self.seen: list[tuple[float, TwoStage]] = []
        self.deepest: dict[int, int] = {}

    def run(self) -> tuple[TwoStage, TwoStage]:
        """The optimal and the minimax design."""
        n = self._smallest()
        minimax: TwoStage | None = None
        best = float("inf")
        while True:
            if n > LARGEST:
                raise ImpossibleDesign(
                    f"p0 {float(self.p0):g} and p1 {float(self.p1):g} are too close for these errors: the design would "
                    f"have more than {LARGEST} patients; accepted are rates further apart or larger errors"
                )
            self._make(n)
            open_ways = False
            for n1 in range(1, n):
                if n1 > best + GUARD:
                    break
                r1 = self._deepest(n1)
                if r1 < 0 or self._expected(r1, n1, n) > best + GUARD:
                    continue
                open_ways = True
                design = self._design(n1, n, r1, best)
                if design is not None:
                    expected = self._expected(design.r1, n1, n)
                    self.seen.append((expected, design))
                    best = min(best, expected)
            if minimax is None and self.seen:
                minimax = self._choose(n)
            if minimax is not None and not open_ways and n > best + 1:
                # Expected sizes only grow with n for the same first stage, and a longer first stage costs more than the best.
                return self._choose(None), minimax
            n += 1

    def _make(self, n: int) -> None:
        self.null.upto(n)
        self.real.upto(n)

    def _smallest(self) -> int:
        """The smallest n that any test could do with: below it even the most powerful one has too little power."""
        for n in range(2, LARGEST + 1):
            self._make(n)
            null, real = self.null, self.real
            c = next(c for c in range(n + 1) if null.more[n][c] <= self.size)
            part = (self.size - null.more[n][c]) / null.exactly[n][c]
            if real.more[n][c] + part * real.exactly[n][c] >= self.power - GUARD:
                return n
        return LARGEST + 1

    def _deepest(self, n1: int) -> int:
        """The largest r1 with which a working treatment is not lost in stage 1 already; -1 if there is none."""
        if n1 not in self.deepest:
            lost, r1 = 0.0, -1
            for x in range(n1):
                lost += self.real.exactly[n1][x]
                if lost > 1.0 - self.power + GUARD:
                    break
                r1 = x
            self.deepest[n1] = r1
        return self.deepest[n1]

    def _expected(self, r1: int, n1: int, n: int) -> float:
        return n1 + self.null.more[n1][r1] * (n - n1)

    def _design(self, n1: int, n: int, deepest: int, best: float) -> TwoStage | None:
        """The design of these sizes with the largest r1, which has the smallest expected size; None if there is none."""
        r = deepest
        for r1 in range(deepest, -1, -1):
            if self._expected(r1, n1, n) > best + GUARD:
                return None
            # With a smaller r1 more trials go on, so r can only be the same or larger.
            while r < n and not self._small_enough(r1, n1, r, n):
                r += 1
            if r < n and self._strong_enough(r1, n1, r, n):
                return TwoStage(r1, n1, r, n)
        return None

    def _small_enough(self, r1: int, n1: int, r: int, n: int) -> bool:
        error = self.null.promising(r1, n1, r, n)
        if abs(error - self.size) > GUARD:
            return error < self.size
        return characteristics(TwoStage(r1, n1, r, n), self.p0).promising <= self.alpha

    def _strong_enough(self, r1: int, n1: int, r: int, n: int) -> bool:
        power = self.real.promising(r1, n1, r, n)
        if abs(power - self.power) > GUARD:
            return power > self.power
        return characteristics(TwoStage(r1, n1, r, n), self.p1).promising >= 1 - self.beta

    def _choose(self, n: int | None) -> TwoStage:
        """The best of those seen, or of those with n patients; ties go to the smaller n, then to the shorter stage 1."""
        among = [(e, d) for e, d in self.seen if n is None or d.n == n]
        least = min(e for e, _ in among)
        near = [d for e, d in among if e <= least + GUARD]
        return min(near, key=lambda d: (characteristics(d, self.p0).expected, d.n, d.n1))
