"""Simon's two-stage design: published designs exactly, a second search beside ours, and the conduct of a trial."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pathway.designs.simon import (
    ImpossibleDesign,
    Tally,
    TwoStage,
    characteristics,
    proportion,
    stage,
    stage_of,
)
from pathway.designs.simon_search import find_design, find_designs

# Table 3.3 of the facts file.
ROWS = """
| .05 | .20 | .10 | .10 | 0/12, 3/37 | 23.49 | .5404 | 0/18, 3/32 | 26.44 | .3972 |
| .05 | .20 | .05 | .10 | 1/21, 4/41 | 26.66 | .7170 | 1/29, 4/38 | 32.86 | .5708 |
| .05 | .25 | .05 | .20 | 0/9, 2/17 | 11.96 | .6302 | 0/12, 2/16 | 13.84 | .5404 |
| .10 | .25 | .05 | .20 | 2/18, 7/43 | 24.66 | .7338 | 2/22, 7/40 | 28.84 | .6200 |
| .10 | .30 | .05 | .20 | 1/10, 5/29 | 15.01 | .7361 | 1/15, 5/25 | 19.51 | .5490 |
| .20 | .35 | .05 | .20 | 5/22, 19/72 | 35.37 | .7326 | 6/31, 15/53 | 40.44 | .5711 |
| .20 | .40 | .05 | .20 | 3/13, 12/43 | 20.58 | .7473 | 4/18, 10/33 | 22.25 | .7164 |
| .30 | .50 | .10 | .10 | 7/22, 17/46 | 29.89 | .6713 | 7/28, 15/39 | 34.99 | .3648 |
| .30 | .50 | .05 | .10 | 8/24, 24/63 | 34.72 | .7250 | 7/24, 21/53 | 36.62 | .5647 |
"""
PUBLISHED = [tuple(cell.strip() for cell in row.strip("| ").split("|")) for row in ROWS.strip().splitlines()]
DESIGN = TwoStage(3, 13, 12, 43)


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: " ".join(row[:4]))
def test_published_designs_are_found_exactly(row: tuple[str, ...]) -> None:
    found = find_designs(*row[:4])
    for kind, design, printed in (("optimal", found.optimal, row[4:7]), ("minimax", found.minimax, row[7:])):
        null, real = found.under("optimal" if kind == "optimal" else "minimax")
        assert (str(design), f"{float(null.expected):.2f}", f"{float(null.pet):.4f}".lstrip("0")) == printed
        assert null.promising <= found.alpha
        assert 1 - real.promising <= found.beta


def test_the_tutorials_design_is_neither_optimal_nor_minimax() -> None:
    found = find_designs(".10", ".30", ".10", ".10")
    tutorial = TwoStage(2, 18, 4, 26)
    null, real = (characteristics(tutorial, p) for p in (found.p0, found.p1))
    assert null.promising <= found.alpha
    assert real.promising >= 1 - found.beta
    assert f"{float(null.expected):.2f}" == "20.13"
    assert str(found.optimal) == "1/12, 5/35"
    assert f"{float(found.under('optimal')[0].expected):.2f}" == "19.84"
    assert str(found.minimax) == "1/16, 4/25"


def searched_by_scipy(p0: float, p1: float, alpha: float, beta: float, largest: int) -> tuple[str, str]:
    """The optimal and the minimax design with at most `largest` patients, by trying all of them with scipy's binomials."""
    best: list[tuple[float, int, str]] = []
    for n in range(2, largest + 1):
        for n1 in range(1, n):
            x = np.arange(n1 + 1)
            first = [binom.pmf(x, n1, p) for p in (p0, p1)]
            r = np.arange(n)
            # more[k][x, r]: probability of more than r in all, given x in stage 1.
            more = [binom.sf(r[None, :] - x[:, None], n - n1, p) for p in (p0, p1)]
            joint = [f[:, None] * m for f, m in zip(first, more, strict=True)]
            tails = [np.cumsum(j[::-1], axis=0)[::-1] for j in joint]
            pet = np.cumsum(first[0])
            for r1 in range(n1):
                size, power = tails[0][r1 + 1], tails[1][r1 + 1]
                fine = np.flatnonzero((size <= alpha) & (power >= 1 - beta) & (r >= r1))
                if fine.size:
                    best.append((n1 + (1 - pet[r1]) * (n - n1), n, f"{r1}/{n1}, {fine[0]}/{n}"))
    minimax = min(best, key=lambda each: (each[1], each[0]))
    return min(best)[2], minimax[2]


@pytest.mark.parametrize(
    ("p0", "p1", "alpha", "beta", "largest"),
    [
        (".10", ".30", ".10", ".10", 45),
        (".10", ".30", ".05", ".10", 45),
        (".20", ".40", ".10", ".10", 45),
        (".30", ".60", ".05", ".20", 35),
        (".40", ".70", ".05", ".10", 40),
        (".05", ".25", ".10", ".20", 30),
        (".60", ".85", ".05", ".20", 35),
    ],
)
def test_a_second_search_with_scipy_finds_the_same(
    p0: str, p1: str, alpha: str, beta: str, largest: int
) -> None:
    found = find_designs(p0, p1, alpha, beta)
    assert found.optimal.n <= largest
    numbers = float(p0), float(p1), float(alpha), float(beta)
    assert (str(found.optimal), str(found.minimax)) == searched_by_scipy(*numbers, largest)


def test_an_error_exactly_on_its_limit_is_within_it() -> None:
    coin = TwoStage(0, 1, 1, 2)
    assert characteristics(coin, Fraction(1, 2)).promising == Fraction(1, 4)
    assert characteristics(coin, Fraction(9, 10)).promising == 1 - Fraction(19, 100)
    assert find_design("0.5", "0.9", "0.25", "0.19") == coin
    assert find_design("0.5", "0.9", "0.249999", "0.19") != coin
    assert find_design("0.5", "0.9", "0.25", "0.189999") != coin


@given(
    st.integers(1, 12).flatmap(
        lambda n1: st.tuples(st.integers(0, n1 - 1), st.just(n1), st.integers(0, 30), st.integers(1, 20))
    ),
    st.sampled_from(["0.05", "0.2", "0.5", "0.9"]),
)
def test_characteristics_agree_with_scipy(numbers: tuple[int, int, int, int], p: str) -> None:
    r1, n1, r, more = numbers
    design = TwoStage(r1, n1, max(r1, min(r, n1 + more - 1)), n1 + more)
    found = characteristics(design, Fraction(p))
    pet = float(binom.cdf(r1, n1, float(p)))
    x = np.arange(r1 + 1, n1 + 1)
    good = float(np.sum(binom.pmf(x, n1, float(p)) * binom.sf(design.r - x, more, float(p))))
    assert float(found.pet) == pytest.approx(pet, abs=1e-12)
    assert float(found.promising) == pytest.approx(good, abs=1e-12)
    assert float(found.expected) == pytest.approx(n1 + (1 - pet) * more)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((".4", ".2", ".05", ".2"), "p0 < p1"),
        ((".2", ".2", ".05", ".2"), "p0 < p1"),
        (("0", ".2", ".05", ".2"), "between 0 and 1"),
        ((".2", "1", ".05", ".2"), "between 0 and 1"),
        (("5%", ".2", ".05", ".2"), "p0 '5%'"),
        ((".2", ".4", ".5", ".2"), "below 0.5"),
        ((".2", ".4", "nan", ".2"), "alpha 'nan'"),
        ((".2", "0.4000001", ".05", ".2"), "six decimals"),
        ((".10", ".12", ".05", ".2"), "too close"),
    ],
)
def test_impossible_values_are_refused_with_what_is_accepted(values: tuple[str, ...], words: str) -> None:
    with pytest.raises(ImpossibleDesign, match=words):
        find_designs(*values)


def test_numbers_that_are_no_design_are_refused() -> None:
    with pytest.raises(ImpossibleDesign, match="accepted"):
        TwoStage(13, 13, 12, 43)
    with pytest.raises(ImpossibleDesign, match="accepted"):
        stage(DESIGN, 5, 4, 0)
    assert proportion("1e-1", "p0") == Fraction(1, 10)


# --- the conduct of a trial --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("responders", "evaluable", "pending", "advice", "room"),
    [
        (0, 0, 0, "STAGE1_OPEN", 13),
        (3, 8, 2, "STAGE1_OPEN", 3),
        (3, 13, 0, "STOP_FUTILITY", 0),
        (4, 13, 0, "STAGE2_OPEN", 30),
        (12, 43, 0, "NOT_PROMISING", 0),
        (13, 43, 0, "PROMISING", 0),
        (4, 9, 4, "STAGE2_OPEN", 30),
        (3, 12, 1, "STAGE1_HOLD", 0),
        (3, 9, 4, "STAGE1_HOLD", 0),
        (4, 9, 0, "STAGE1_OPEN", 4),
        (0, 12, 1, "STAGE1_HOLD", 0),
        (12, 40, 3, "STAGE2_HOLD", 0),
        (13, 20, 0, "STAGE2_OPEN", 23),
        (12, 40, 2, "STAGE2_OPEN", 1),
    ],
)
def test_what_the_counts_say(responders: int, evaluable: int, pending: int, advice: str, room: int) -> None:
    staged = stage(DESIGN, responders, evaluable, pending)
    assert (staged.advice, staged.room) == (advice, room), staged.reason
    assert staged.reason.endswith(".")


def test_more_responders_than_r1_pass_stage_1_before_it_is_full() -> None:
    assert stage(DESIGN, 4, 9, 0).passed
    assert not stage(DESIGN, 3, 9, 0).passed


def test_curtailment_is_off_by_default_and_ends_as_soon_as_the_result_is_certain() -> None:
    assert stage(DESIGN, 0, 10, 0).advice == "STAGE1_OPEN"
    assert stage(DESIGN, 0, 9, 0, curtail=True).advice == "STAGE1_OPEN"
    assert stage(DESIGN, 0, 10, 0, curtail=True).advice == "STOP_FUTILITY"
    assert stage(DESIGN, 13, 30, 0, curtail=True).advice == "PROMISING"
    assert stage(DESIGN, 4, 34, 0, curtail=True).advice == "STAGE2_OPEN"
    assert stage(DESIGN, 4, 35, 0, curtail=True).advice == "NOT_PROMISING"


def test_the_first_n1_patients_decide_when_more_were_entered_in_stage_1() -> None:
    late = stage_of(DESIGN, [True] * 3 + [False] * 10 + [True])
    assert (late.advice, late.over) == ("STOP_FUTILITY", 1)
    assert "too early" in late.reason
    assert stage_of(DESIGN, [True] * 4 + [False] * 9 + [True]).advice == "STAGE2_OPEN"
    # One of the first thirteen is still pending: it may be the fourth responder.
    waits = stage_of(DESIGN, [None] + [True] * 3 + [False] * 9 + [False])
    assert waits.advice == "STAGE1_HOLD"
    # By the counts alone: with three responders among fourteen there were at most three among the first thirteen.
    assert stage(DESIGN, 3, 14, 0).advice == "STOP_FUTILITY"
    assert stage(DESIGN, 3, 13, 1).advice == "STAGE1_HOLD"


def test_the_first_n_patients_decide_when_more_were_entered_in_stage_2() -> None:
    first = [True] * 12 + [False] * 31
    assert stage_of(DESIGN, [*first, True]).advice == "NOT_PROMISING"
    assert stage_of(DESIGN, [*first[1:], True, False]).advice == "NOT_PROMISING"
    assert stage_of(DESIGN, [True, *first, False]).advice == "PROMISING"
    assert stage(DESIGN, 13, 44, 0).advice == "JUDGE"
    assert "between 12 and 13" in stage(DESIGN, 13, 44, 0).reason
    assert stage(DESIGN, 14, 44, 0).advice == "PROMISING"
    assert stage(DESIGN, 12, 44, 0).advice == "NOT_PROMISING"
    assert stage(DESIGN, 13, 44, 0, planned=Tally(13, 43)).advice == "PROMISING"


def test_a_trial_that_ends_short_is_judged_by_the_meeting_unless_the_missing_could_not_change_it() -> None:
    assert stage(DESIGN, 3, 10, 0, closed=True).advice == "JUDGE"
    assert stage(DESIGN, 0, 10, 0, closed=True).advice == "STOP_FUTILITY"
    assert stage(DESIGN, 3, 9, 1, closed=True).advice == "STAGE1_HOLD"
    short = stage(DESIGN, 10, 38, 0, closed=True)
    assert short.advice == "JUDGE"
    assert "5 fewer than planned" in short.reason
    assert "statistician" in short.reason
    assert stage(DESIGN, 13, 38, 0, closed=True).advice == "PROMISING"
    assert stage(DESIGN, 7, 38, 0, closed=True).advice == "NOT_PROMISING"
    assert stage(DESIGN, 7, 37, 1, closed=True).advice == "STAGE2_HOLD"


def test_first_patients_that_do_not_fit_the_whole_are_refused() -> None:
    with pytest.raises(ImpossibleDesign, match="do not fit"):
        stage(DESIGN, 3, 20, 0, first=Tally(4, 13))


SMALL = TwoStage(1, 3, 2, 5)


@pytest.mark.parametrize("size", range(8))
def test_counts_alone_never_contradict_the_order_of_entry(size: int) -> None:
    for outcomes in product((True, False, None), repeat=size):
        known = [each for each in outcomes if each is not None]
        by_counts = stage(SMALL, sum(known), len(known), size - len(known))
        in_order = stage_of(SMALL, outcomes)
        went_on = sum(each is True for each in outcomes[: SMALL.n1]) > SMALL.r1
        if not went_on and sum(known) > SMALL.r1 and size > SMALL.n1:
            continue  # entered beyond stage 1 before it was passed: counts take the conduct as planned, and say so
        if by_counts.advice in ("PROMISING", "NOT_PROMISING", "STOP_FUTILITY"):
            assert in_order.advice == by_counts.advice, (outcomes, by_counts.reason, in_order.reason)


@given(st.lists(st.sampled_from([True, False, None]), max_size=50), st.booleans(), st.booleans())
def test_every_history_has_an_answer_that_keeps_the_plan(
    outcomes: list[bool | None], closed: bool, curtail: bool
) -> None:
    staged = stage_of(DESIGN, outcomes, closed=closed, curtail=curtail)
    assert staged.reason
    assert bool(staged.room) == (staged.advice in ("STAGE1_OPEN", "STAGE2_OPEN"))
    assert not (closed and staged.room)
    first, whole = outcomes[:13], outcomes[:43]
    if None not in outcomes and len(outcomes) >= 43 and sum(map(bool, first)) > 3:
        assert staged.advice == ("PROMISING" if sum(map(bool, whole)) > 12 else "NOT_PROMISING")
    if staged.advice == "STOP_FUTILITY":
        assert sum(map(bool, first)) <= 3
    if staged.room and len(outcomes) + staged.room > 13:
        assert sum(map(bool, first)) > 3
