"""Simulated trials agree with what is known exactly or published, and are the same for the same seed."""

from __future__ import annotations

from functools import cache
from math import comb
from pathlib import Path

import pytest

from analysis.statistics.plot_design import check_file, plot_doses, plot_stages
from analysis.statistics.simulate import Accrual, ImpossibleScenario, Share
from analysis.statistics.simulate_doses import DoseCharacteristics, Doses, simulate_doses
from analysis.statistics.simulate_simon import Stages, exactly, simulate_stages
from pathway.designs.dose_finding import Counts, advise
from pathway.designs.simon import TwoStage, characteristics, proportion
from pathway.language import DoseFinding, RollingSix, ThreePlusThree

TRIALS = 4000
SIX, THREE = RollingSix(), ThreePlusThree()
SLOW = Accrual(every=2000, window=28)
AT_ONCE = Accrual(every=1, window=28, queue=True)


def doses(
    design: DoseFinding, *rates: float, accrual: Accrual | None = None, trials: int = TRIALS, seed: int = 1
) -> DoseCharacteristics:
    """The characteristics of a design that starts at the lowest level."""
    names = tuple(str(k + 1) for k in range(len(rates)))
    return simulate_doses(Doses(design, rates, names, 0, accrual or Accrual()), trials, seed)


def within(share: Share, exact: float, errors: float = 4) -> bool:
    """Whether a simulated probability is within so many standard errors of the exact one."""
    assert share.value is not None
    allowed: float = errors * (exact * (1 - exact) / share.of) ** 0.5 + 1e-9
    return abs(share.value - exact) <= allowed


def three_and_three(p: float) -> float:
    """The exact probability that 3+3 escalates: none of three, or one of three and none of the next three."""
    return (1 - p) ** 3 * (1 + 3 * p * (1 - p) ** 2)


@pytest.mark.parametrize("p", [0.1, 0.2, 0.3, 0.5])
def test_three_plus_three_escalates_as_often_as_is_known_exactly(p: float) -> None:
    assert within(doses(THREE, p, 0.99).levels[0].escalated, three_and_three(p))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_rolling_six_escalates_like_three_plus_three_when_patients_come_slowly(p: float) -> None:
    found = doses(SIX, p, 0.99, accrual=SLOW)
    assert within(found.levels[0].escalated, three_and_three(p))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_rolling_six_escalates_with_at_most_one_dlt_of_six_when_patients_come_at_once(p: float) -> None:
    found = doses(SIX, p, 0.99, accrual=AT_ONCE)
    assert within(found.levels[0].escalated, (1 - p) ** 6 + 6 * p * (1 - p) ** 5)


def declared_by_three_plus_three(rates: tuple[float, ...]) -> list[float]:
    """Exactly: the probability of none, and of each level to be declared with six evaluable patients."""

    def draws(n: int, k: int, p: float) -> float:
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    @cache
    def down(level: int, six: tuple[bool, ...]) -> tuple[float, ...]:
        """From a toxic level above: fill to six unless there are six already."""
        end = [0.0] * (len(rates) + 1)
        if level < 0:
            end[0] = 1.0
        elif six[level]:
            end[level + 1] = 1.0
        else:
            p = rates[level]
            good = draws(3, 0, p) + draws(3, 1, p)
            end[level + 1] += good
            for k, value in enumerate(down(level - 1, six)):
                end[k] += (1 - good) * value
        return tuple(end)

    def up(level: int, six: tuple[bool, ...]) -> list[float]:
        end = [0.0] * (len(rates) + 1)
        p = rates[level]
        none, one_then_none = draws(3, 0, p), draws(3, 1, p) * draws(3, 0, p)
        last = level == len(rates) - 1
        for chance, full in ((none, False), (one_then_none, True)):
            after = down(level, (*six, full)) if last else up(level + 1, (*six, full))
            for k, value in enumerate(after):
                end[k] += chance * value
        for k, value in enumerate(down(level - 1, six)):
            end[k] += (1 - none - one_then_none) * value
        return end

    return up(0, ())


SCENARIOS: dict[tuple[float, ...], tuple[float, ...]] = {
    # True DLT rates, and what PMC5383510, table 3, prints for 3+3: none tolerable, then levels 1 to 5.
    (0.25, 0.35, 0.50, 0.65, 0.80): (0.44, 0.36, 0.18, 0.02, 0.00, 0.00),
    (0.15, 0.25, 0.40, 0.55, 0.70): (0.21, 0.34, 0.33, 0.11, 0.01, 0.00),
    (0.10, 0.15, 0.25, 0.40, 0.55): (0.10, 0.19, 0.30, 0.30, 0.10, 0.02),
    (0.03, 0.07, 0.15, 0.25, 0.40): (0.01, 0.06, 0.17, 0.36, 0.29, 0.10),
}


@pytest.mark.parametrize("rates", SCENARIOS)
def test_three_plus_three_declares_what_is_exact_and_what_is_published(rates: tuple[float, ...]) -> None:
    exact = declared_by_three_plus_three(rates)
    assert sum(exact) == pytest.approx(1)
    found = doses(THREE, *rates)
    ends = [found.stopped, *(Share(each.mtd.k + each.top.k, found.trials) for each in found.levels)]
    for simulated, value, printed in zip(ends, exact, SCENARIOS[rates], strict=True):
        assert within(simulated, value)
        assert value == pytest.approx(printed, abs=0.04)  # that table is itself simulated, to two digits


@pytest.mark.parametrize("rates", [(0.05, 0.1, 0.15, 0.2, 0.25), (0.0, 0.03, 0.1, 0.25, 0.4)])
def test_rolling_six_is_shorter_than_three_plus_three_with_a_patient_every_ten_days(
    rates: tuple[float, ...],
) -> None:
    # Skolnik 2008 (abstract): 294 against 350 days, with about as many DLTs. Their DLT rates are not in the abstract.
    six, three = doses(SIX, *rates, trials=1500), doses(THREE, *rates, trials=1500)
    assert six.days.mean < three.days.mean
    assert 250 < six.days.mean < 400
    assert abs(six.dlts.mean - three.dlts.mean) < 0.5


def test_the_states_met_are_answered_by_the_published_table() -> None:
    found = doses(SIX, 0.1, 0.3, accrual=Accrual(every=7, inevaluable=0.2))
    assert (6, 0, 2) in found.states
    for state, (advice, times) in found.states.items():
        assert advise(SIX, Counts(*state)).advice == advice
        assert times > 0


def test_the_second_version_of_the_table_gives_other_trials() -> None:
    assert doses(SIX, 0.1, 0.3).patients.mean != doses(RollingSix(table="P14"), 0.1, 0.3).patients.mean


def test_patients_who_are_not_evaluable_are_replaced() -> None:
    all_evaluable, some_not = doses(SIX, 0.1, 0.3), doses(SIX, 0.1, 0.3, accrual=Accrual(inevaluable=0.3))
    assert all_evaluable.inevaluable.mean == 0
    assert some_not.inevaluable.mean > 2
    assert some_not.patients.mean > all_evaluable.patients.mean + 2
    assert some_not.days.mean > all_evaluable.days.mean


def test_certain_toxicity_stops_every_trial_and_none_reaches_the_top() -> None:
    toxic, safe = doses(SIX, 1.0, 1.0, trials=50), doses(SIX, 0.0, 0.0, trials=50)
    assert (toxic.stopped.value, toxic.levels[0].escalated.value) == (1.0, 0.0)
    assert toxic.levels[1].escalated.value is None
    assert (safe.stopped.value, safe.levels[1].top.value, safe.dlts.mean) == (0.0, 1.0, 0.0)


def test_the_same_seed_gives_the_same_result_and_another_another() -> None:
    once, again, other = (doses(SIX, 0.1, 0.3, trials=200, seed=seed) for seed in (5, 5, 6))
    assert once.to_dict() == again.to_dict()
    assert once.to_dict() != other.to_dict()


def test_those_who_wait_enter_later_and_nobody_is_turned_away() -> None:
    lost = doses(SIX, 0.1, 0.3, accrual=Accrual(every=5))
    kept = doses(SIX, 0.1, 0.3, accrual=Accrual(every=5, queue=True))
    assert lost.turned_away.mean > 0
    assert kept.turned_away.mean == 0
    assert kept.days.mean < lost.days.mean


@pytest.mark.parametrize("design", [TwoStage(3, 13, 12, 43), TwoStage(1, 10, 5, 29), TwoStage(8, 24, 24, 63)])
def test_two_stage_trials_agree_with_the_exact_characteristics(design: TwoStage) -> None:
    for found in simulate_stages(Stages(design, (0.1, 0.2, 0.4)), TRIALS, 1):
        assert within(found.futility, found.exact.pet)
        assert within(found.promising, found.exact.promising)
        assert abs(found.patients.mean - found.exact.expected) <= 4 * found.patients.error + 1e-9


def test_inevaluable_patients_change_who_enters_but_not_the_conclusions() -> None:
    scenario = Stages(TwoStage(3, 13, 12, 43), (0.2,), Accrual(inevaluable=0.2))
    (found,) = simulate_stages(scenario, TRIALS, 1)
    assert within(found.promising, found.exact.promising)
    assert found.entered.mean > found.patients.mean * 1.2


def test_curtailment_saves_patients_and_changes_no_conclusion() -> None:
    design = TwoStage(3, 13, 12, 43)
    (found,) = simulate_stages(Stages(design, (0.4,), curtail=True), TRIALS, 1)
    assert within(found.promising, found.exact.promising)
    assert found.patients.mean < found.exact.expected - 1


@pytest.mark.parametrize("rate", ["0.05", "0.2", "0.6"])
def test_the_exact_values_by_scipy_are_those_of_the_engine(rate: str) -> None:
    design = TwoStage(3, 13, 12, 43)
    ours, scipys = characteristics(design, proportion(rate, "p")), exactly(design, float(rate))
    assert scipys.pet == pytest.approx(float(ours.pet))
    assert scipys.expected == pytest.approx(float(ours.expected))
    assert scipys.promising == pytest.approx(float(ours.promising))


def test_plots_are_written_as_svg_and_png_and_are_reproducible(tmp_path: Path) -> None:
    found = doses(SIX, 0.1, 0.3, trials=50)
    files = [tmp_path / name for name in ("a.svg", "b.svg", "c.png")]
    for file in files:
        plot_doses(found, "Rolling six", file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"<svg" in files[0].read_bytes()
    assert files[2].read_bytes().startswith(b"\x89PNG")
    scenario = Stages(TwoStage(1, 10, 5, 29), (0.1, 0.3))
    plot_stages(scenario, simulate_stages(scenario, 50, 1), "Simon", tmp_path / "d.svg")
    assert (tmp_path / "d.svg").stat().st_size > 1000
    with pytest.raises(ImpossibleScenario, match=r"\.svg or \.png"):
        check_file(tmp_path / "e.pdf")
