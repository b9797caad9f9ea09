"""What comes first: one scope of an action, samples, anchors, onset and end of an adverse event; declared, and unasked."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Act,
    Action,
    AnchorDay,
    Compare,
    Criterion,
    Done,
    Fact,
    Limit,
    Onset,
    Order,
    Reading,
    Recorded,
    Resolution,
    Sample,
    Task,
    TimePoint,
    Unit,
    registry,
)
from pathway.language.implied_orders import implied_orders
from pathway.language.points import stated_words
from pathway.plan import Obligation, Plan
from pathway.record import Record
from tests.pathway.toy import TOY, Life, criterion, enrolled, infused, item
from tests.protocols.bedside import Patient

R = registry()
LEVELS = tuple(
    TimePoint(hours, hours, R, of="D1", first=first, last=last)
    for hours, first, last in (("20H", 0, 2), ("44H", 1, 3), ("LATER", 3, 42))
)
ORDERS = (
    Order(
        Act("infusion_started", (("cycle", "1"),)), Act("infusion_started", (("cycle", "2"),)), "cycle 2 before cycle 1", R,
    ),
    Order(AnchorDay("D1"), "watched", "watched before treatment", R, by_hour=True, counts=False),
    Order(AnchorDay("b1"), Onset("CRS"), "a reaction before any infusion", R, by_hour=True),
)  # fmt: skip
ORDERED = replace(
    TOY,
    points=(*(TimePoint(p, p, R, anytime=True) for p in ("EOI", "BL1-END", "HSCT")), *LEVELS),
    facts=(
        *TOY.facts,
        Fact("level", "number", "a level", "laboratory", R, units=(Unit("umol/L"),), points=("20H", "44H", "LATER"),
             possible=("0", "9")),
    ),
    actions=(*TOY.actions, Action("watched", "watched", R)),
    criteria=(*TOY.criteria, Criterion("LOW", "low at 44 h", "level", Compare(Reading("level", "44H"), Limit("<", "1")), R)),
    tasks=(*TOY.tasks, Task("WATCH", "watch", Recorded("first_prednisone"), Recorded("watched"), "clinician", R,
                             ends_with="study")),
    orders=ORDERS,
)  # fmt: skip
COMPILED = compile_protocol(ORDERED)


def told(plan: Plan) -> list[Obligation]:
    return [o for o in (*plan.alerts, *plan.deviations) if o.id == "IMPOSSIBLE-ORDER"]


def level(life: Life, at: str, point: str, value: str, on: str) -> str:
    return life.fact(at, "level", value, unit="umol/L", point=point, on=on).id


def same_from_scratch(life: Life, at: str) -> None:
    fresh = Life(life.compiled)
    fresh.record = Record.of(life.record.events)
    plan, again = life.plan(at), fresh.plan(at)
    assert (plan.criteria, plan.alerts, plan.deviations, plan.items, plan.anchors) == (
        again.criteria, again.alerts, again.deviations, again.items, again.anchors,
    )  # fmt: skip


# --- declared ------------------------------------------------------------------------------------------------------------


def test_one_scope_of_an_action_comes_before_another() -> None:
    life = infused(compiled=COMPILED)
    assert not told(life.plan("2025-03-10T11:00"))
    life.blina("2025-03-11T10:00", "started", "2", on="2025-03-09T10:00")
    (alert,) = told(life.plan("2025-03-11T11:00"))
    assert alert.to == "coordinator"
    assert "infusion_started cycle=1 2025-03-10, infusion_started cycle=2 2025-03-09" in alert.text
    same_from_scratch(life, "2025-03-11T11:00")


def test_an_act_that_may_not_count_does_not_until_its_hour_is_right() -> None:
    life = enrolled(COMPILED)
    early = life.do("2025-02-03T10:00", "watched", on="2025-02-03T08:00")
    plan = life.plan("2025-02-03T11:00")
    assert (len(told(plan)), item(plan, "WATCH").state) == (1, "due")  # type: ignore[union-attr]
    same_from_scratch(life, "2025-02-03T11:00")
    life.correct("2025-02-03T12:00", early.id, on="2025-02-03T09:30")
    plan = life.plan("2025-02-03T13:00")
    assert (told(plan), item(plan, "WATCH").state) == ([], "done")  # type: ignore[union-attr]
    same_from_scratch(life, "2025-02-03T13:00")


def test_an_anchor_that_is_only_planned_comes_before_nothing() -> None:
    life = enrolled(COMPILED)
    life.ae("2025-02-05T10:00", "CRS", 2)  # b1 is planned for March
    assert not told(life.plan("2025-02-05T11:00"))
    life = infused(compiled=COMPILED)
    life.ae("2025-03-11T10:00", "CRS", 2, on="2025-03-10T09:00")
    assert [o.key for o in told(life.plan("2025-03-11T11:00"))] == [
        "IMPOSSIBLE-ORDER[earlier=b1,later=onset of CRS]"
    ]


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (Order(Act("infusion_started", (("cycle", "9"),)), "death", "", R), "no scope cycle=9"),
        (Order(AnchorDay("b9"), "death", "", R), "anchor 'b9'"),
        (Order(Onset("CRX"), "death", "", R), "adverse event 'CRX'"),
        (Order(Sample("mrd", "EOX"), "death", "", R), "no point 'EOX'"),
        (Order("death", "birth_date", "", R, counts=False), "only an action can count"),
    ],
)
def test_what_an_order_names_must_be_there(order: Order, wrong: str) -> None:
    with pytest.raises(ProtocolError, match=wrong):
        compile_protocol(replace(ORDERED, orders=(order,)))


# --- unasked: adverse events -----------------------------------------------------------------------------------------------


def test_an_end_before_its_onset_is_told_and_ends_nothing() -> None:
    life = infused(compiled=COMPILED)
    onset = life.ae("2025-03-12T10:00", "CRS", 3)
    life.blina("2025-03-12T10:30", "paused", on="2025-03-12T10:00")
    end = life.ae("2025-03-13T10:00", "CRS", 0, target=onset.id, on="2025-03-12T09:00")
    plan = life.plan("2025-03-13T11:00")
    (alert,) = told(plan)
    assert alert.key == "IMPOSSIBLE-ORDER[earlier=onset of CRS,later=resolution of CRS]"
    assert "2025-03-12 10:00" in alert.text
    assert any(o.id == "HIGH-GRADE" for o in plan.alerts)
    life.correct("2025-03-13T12:00", end.id, on="2025-03-13T09:00")
    assert not told(life.plan("2025-03-13T13:00"))
    same_from_scratch(life, "2025-03-13T13:00")


def test_the_end_of_one_occurrence_may_lie_before_the_onset_of_another() -> None:
    life = infused(compiled=COMPILED)
    first = life.ae("2025-03-12T10:00", "SEIZURE", 2)
    life.ae("2025-03-14T10:00", "SEIZURE", 2)
    life.ae("2025-03-15T10:00", "SEIZURE", 0, target=first.id, on="2025-03-12T11:00")
    assert not told(life.plan("2025-03-15T11:00"))


# --- unasked: time points --------------------------------------------------------------------------------------------------


def test_points_follow_each_other_where_their_windows_do() -> None:
    pairs = [
        (stated_words(o.earlier), stated_words(o.later))
        for o in implied_orders(ORDERED)
        if isinstance(o.earlier, Sample)
    ]
    assert pairs == [("level 20H", "level 44H"), ("level 20H", "level LATER"), ("level 44H", "level LATER")]


def test_samples_of_points_in_the_wrong_order_are_told_and_not_gone_by() -> None:
    life = enrolled(COMPILED)
    level(life, "2025-02-04T12:00", "20H", "6", "2025-02-04T09:00")
    late = level(life, "2025-02-05T12:00", "44H", "0.5", "2025-02-04T08:00")
    plan = life.plan("2025-02-05T13:00")
    (alert,) = told(plan)
    assert "level 20H 2025-02-04 09:00, level 44H 2025-02-04 08:00" in alert.text
    assert criterion(plan, "LOW").verdict == "REVIEW"
    same_from_scratch(life, "2025-02-05T13:00")
    life.correct("2025-02-05T14:00", late, on="2025-02-05T08:00")
    plan = life.plan("2025-02-05T15:00")
    assert (told(plan), criterion(plan, "LOW").verdict) == ([], "PASS")
    same_from_scratch(life, "2025-02-05T15:00")


def test_end_before_start_of_one_day_is_found_by_the_hour_only() -> None:
    life = enrolled(COMPILED)
    level(life, "2025-02-04T12:00", "20H", "6", "2025-02-04T09:00")
    level(life, "2025-02-05T12:00", "44H", "0.5", "2025-02-04T00:00")  # a day, and no hour
    assert not told(life.plan("2025-02-05T13:00"))


# --- unasked: ledgers --------------------------------------------------------------------------------------------------------


def test_a_restart_with_no_pause_before_it_is_told_and_ends_no_pause() -> None:
    life = infused(compiled=COMPILED)
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-15T10:00", "resumed", on="2025-03-13T10:00")
    plan = life.plan("2025-03-15T11:00")
    assert plan.ledgers[0].state == "paused"
    (alert,) = told(plan)
    assert alert.key == "IMPOSSIBLE-ORDER[ledger=blina[cycle=1]]"
    assert "no pause before it" in alert.text
    same_from_scratch(life, "2025-03-15T11:00")


def dosed(*days: tuple[str, str]) -> Patient:
    patient = Patient("ino-dli", {})
    for name, value in (
        ("consent", "GIVEN"),
        ("disease", "B_ALL"),
        ("relapse_after_hsct", "YES"),
        ("bsa", "1.73"),
    ):
        patient.fact(name, value, "2025-02-24")
    for label, day in days:
        patient.do("ino_given", f"{day} 10:00", {"cycle": "1", "dose": label})
    return patient


def test_a_dose_of_a_day_before_an_earlier_one_is_told_and_moves_nothing_forward() -> None:
    patient = dosed(("d1", "2025-03-03"), ("d15", "2025-03-07"), ("d8", "2025-03-10"))
    plan = patient.plan("2025-03-17")
    (alert,) = told(plan)
    assert "d15 is reported of 2025-03-07, before cycle 1 d8 of 2025-03-10" in alert.text
    anchors = {name: (day, actual) for name, day, actual, *_ in plan.anchors}
    assert str(anchors["C1_LAST"][0]) == "2025-03-10"
    assert anchors["C1_D15"][1] is False
    assert patient.dose("ino[cycle=1]", "d15", "2025-03-17").state == "given"


def test_doses_in_their_turn_are_not_in_doubt() -> None:
    assert not told(
        dosed(("d1", "2025-03-03"), ("d8", "2025-03-10"), ("d15", "2025-03-17")).plan("2025-03-18")
    )


def test_an_end_is_only_that_which_names_what_it_ends() -> None:
    assert stated_words(Resolution("CRS")) == "resolution of CRS"
    life = infused(compiled=COMPILED)
    life.ae("2025-03-12T10:00", "CRS", 3)
    life.ae(
        "2025-03-13T10:00", "CRS", 0, on="2025-03-11T10:00"
    )  # nothing was found that day: no end of what came later
    assert not told(life.plan("2025-03-13T11:00"))


def test_what_an_end_point_counts_does_not_come_before_its_start() -> None:
    anchors = {anchor.id: anchor for anchor in TOY.anchors}
    counted = {
        time.action
        for end_point in TOY.endpoints
        for _, event in end_point.events
        for time in anchors[event].actual
        if isinstance(time, Done)
    }
    later = {o.later for o in implied_orders(TOY) if isinstance(o.earlier, AnchorDay)}
    assert counted
    assert later >= counted


def test_samples_of_a_day_after_death_are_told_once_and_put_in_no_doubt() -> None:
    life = infused()
    life.fact("2025-03-17T10:00", "mrd", "0.002", point="EOI", unit="fraction", on="2025-03-07T09:00")
    life.fact("2025-03-17T10:00", "wbc", "3", unit="10^9/L", on="2025-03-16T09:00")
    before = life.plan("2025-03-17T12:00")
    assert not told(before)
    life.do("2025-03-18T10:00", "death", on="2025-03-05T10:00")
    after = life.plan("2025-03-18T12:00")
    assert [o.text.partition(":")[0] for o in told(after)] == ["cns is reported of a day after death"]
    assert [(c.id, c.verdict) for c in after.criteria] == [(c.id, c.verdict) for c in before.criteria]
