"""Which samples belong to a time point, as the four trials say it; the engine reads these tables."""

import pytest

from pathway.language import Fact, Protocol, TimePoint
from protocols.cbc_all2024 import CBC_ALL2024_1
from protocols.dara_tall import DARA_TALL
from protocols.hem_ismart import HEM_ISMART
from protocols.ino_dli import INO_DLI
from protocols.interfant21 import INTERFANT_21

TRIALS = (CBC_ALL2024_1, DARA_TALL, HEM_ISMART, INO_DLI)
each_trial = pytest.mark.parametrize("trial", TRIALS, ids=lambda p: p.name)


def window(trial: Protocol, point: str, fact: str) -> TimePoint:
    """The one that names the fact, else the one for all."""
    own = [p for p in trial.points if p.id == point and fact in p.facts]
    return (own or [p for p in trial.points if p.id == point and not p.facts])[0]


def timed(trial: Protocol) -> list[tuple[Fact, str]]:
    return [(fact, point) for fact in trial.facts if not fact.labels for point in fact.points]


@each_trial
def test_every_point_of_every_fact_has_its_window(trial: Protocol) -> None:
    assert [window(trial, point, fact.id) for fact, point in timed(trial)]


@each_trial
def test_every_point_of_every_action_has_its_window(trial: Protocol) -> None:
    points = [
        (a.id, p) for a in trial.actions for label, values in a.scopes if label == "point" for p in values
    ]
    assert all(window(trial, point, action) for action, point in points)


@each_trial
def test_what_is_not_anytime_is_bounded(trial: Protocol) -> None:
    free = [p.id for p in trial.points if not p.anytime and not (p.of or p.since or p.until)]
    assert free == []


@each_trial
def test_no_window_is_of_a_point_that_nothing_has(trial: Protocol) -> None:
    used = {point for _, point in timed(trial)} | {
        p for a in trial.actions for _, values in a.scopes for p in values
    }
    assert [p.id for p in trial.points if p.id not in used] == []


@each_trial
def test_orders_name_dates_and_acts_that_there_are(trial: Protocol) -> None:
    names = {f.id for f in trial.facts if f.type == "date"} | {a.id for a in trial.actions}
    plain = {each for o in trial.orders for each in (o.earlier, o.later) if isinstance(each, str)}
    assert plain <= names


@pytest.mark.parametrize(
    ("trial", "points"),
    [
        (CBC_ALL2024_1, {"D46"}),
        (DARA_TALL, {"C1-D29", "C2-D29"}),
        (HEM_ISMART, {"EOC1", "EOC2", "EOC3"}),
        (INO_DLI, {"C1-EVAL", "PRE-C2", "C2-EVAL"}),
        (INTERFANT_21, {"EOI", "BL1-END"}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_better_marrow_of_an_evaluation_unmakes_no_bad_one(trial: Protocol, points: set[str]) -> None:
    assert {p.id for p in trial.points if p.repeats} == points


@pytest.mark.parametrize(
    ("trial", "fact", "point", "since", "until"),
    [
        (CBC_ALL2024_1, "mrd_flow", "D46", "TREATED", "CONSOLIDATION_GIVEN"),
        (CBC_ALL2024_1, "mrd_flow", "PRE-BLINA", "", "BLINA_GIVEN"),
        (CBC_ALL2024_1, "mtx_level", "C1-44H", "", "HDMTX2_GIVEN"),
        (DARA_TALL, "mrd", "C1-D29", "C1_LAST", "C1_D29_CLOSES"),
        (DARA_TALL, "mrd", "SCREENING", "", "C1_START"),
        (HEM_ISMART, "mrd", "EOC1", "", "EOC1_CLOSES"),
        (INO_DLI, "marrow_blasts", "PRE-C2", "C1_LAST", "C2_GIVEN"),
        (INO_DLI, "marrow_blasts", "C2-EVAL", "C2_LAST", "C2_EVAL_CLOSES"),
    ],
)
def test_not_before_the_treatment_it_judges_nor_after_the_next(
    trial: Protocol, fact: str, point: str, since: str, until: str
) -> None:
    found = window(trial, point, fact)
    assert (found.since, found.until) == (since, until)


def test_counts_end_with_recovery_and_a_marrow_may_come_a_week_later() -> None:
    counts, marrow = window(HEM_ISMART, "EOC1", "anc"), window(HEM_ISMART, "EOC1", "marrow_blasts")
    days = {k.key: k.default for k in HEM_ISMART.profile}
    assert [days[p.last.key] for p in (counts, marrow)] == ["D49", "D56"]  # type: ignore[union-attr]


def test_labels_that_are_no_time_are_said_to_be_none() -> None:
    labels = {trial.name: [f.id for f in trial.facts if f.labels] for trial in TRIALS}
    assert labels["hem-ismart"][:4] == ["alteration", "dasatinib_ic50", "exclusion", "slot"]
    assert "cgvhd_score" in labels["ino-dli"]
