"""What was said of a patient and was wrong: corrections, contradictions, and what the meeting had decided on them."""

import pytest

from tests.pathway.toy_subtrials import Life, names


def opened() -> Life:
    """Three without DLT on level 1; the meeting has opened level 2."""
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.decide("LEVEL[level=2]", "ESCALATE")
    return life


def test_a_decision_that_is_not_asked_any_more_is_told_when_it_falls() -> None:
    life = opened()
    life.correct("dlt", "P3", "YES")
    assert (life.plan.level, life.open_decisions()) == ("1", {})
    (told,) = [o for o in life.plan.plan.alerts if o.id == "LAPSED"]
    assert (told.key, told.severity, told.to) == ("LAPSED[decision=LEVEL[level=2]]", "critical", "meeting")


def test_an_old_decision_comes_back_only_if_a_person_confirms_it_again() -> None:
    life = opened()
    life.correct("dlt", "P3", "YES")
    life.correct("dlt", "P3", "NO")
    assert (life.plan.level, life.open_decisions()) == ("1", {"LEVEL[level=2]": "ESCALATE"})
    life.ask("P4")
    assert life.reason("P4") == "LEVEL_DECISION_OPEN"
    life.decide("LEVEL[level=2]", "ESCALATE")
    assert life.plan.answers["P4"].level == "2"
    assert not [key for key in life.told() if key.startswith(("LAPSED", "REOPENED"))]


def test_a_decision_that_its_author_voids_has_not_lost_its_ground() -> None:
    life = opened()
    life.report("void", target=life.record.events[-1].id, reason="typed for another subtrial")
    assert not [key for key in life.told() if key.startswith("LAPSED")]


@pytest.mark.parametrize("entered", [(), ("P4",)], ids=["nobody has entered", "one has entered"])
def test_a_voided_verdict_that_had_opened_a_level_is_told_to_the_meeting_at_once(
    entered: tuple[str, ...],
) -> None:
    life = opened()
    life.enter(*entered)
    life.wait(days=3)
    voided = [e.id for e in life.record.actions["dlt"] if dict(e.scope)["subject"] == "P3"]
    life.report("void", target=voided[0], reason="another patient")
    (told,) = [o for o in life.plan.plan.alerts if o.id == "VERDICT-VOIDED"]
    assert told.key == "VERDICT-VOIDED[decision=LEVEL[level=2]]"
    assert (told.severity, told.to, told.since) == ("critical", "meeting", life.now)
    assert "P3 DLT NO" in told.text
    life.dlt("NO", "P3")
    assert not [o for o in life.plan.plan.alerts if o.id == "VERDICT-VOIDED"]


@pytest.mark.parametrize(
    ("said", "level", "words"),
    [
        (("YES", "NO"), (3, 1, 0), "counts as YES"),
        (("NO", "YES"), (3, 1, 0), "counts as YES"),
        (("INEVALUABLE", "NO"), (3, 0, 1), "pending"),
        (("NO", "INEVALUABLE"), (3, 0, 1), "pending"),
        (("INEVALUABLE", "YES"), (3, 1, 0), "counts as YES"),
    ],
)
def test_contradictory_verdicts_count_on_the_cautious_side_and_open_nothing(
    said: tuple[str, str], level: tuple[int, int, int], words: str
) -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", "P1", "P2")
    life.dlt(said[0], "P3")
    life.wait(days=1)
    life.dlt(said[1], "P3")
    assert (life.level("1"), life.open_decisions()) == (level, {})
    (told,) = [o for o in life.plan.plan.alerts if o.id == "DLT-CONFLICT"]
    assert (told.key, told.severity, told.to) == ("DLT-CONFLICT[subject=P3]", "critical", "meeting")
    assert told.since == life.now
    assert words in told.text
    assert all(value in told.text for value in said)
    life.correct("dlt", "P3", said[0])
    assert "DLT-CONFLICT[subject=P3]" not in life.told()


def test_the_same_verdict_from_two_reporters_is_no_contradiction() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.dlt("NO", "P3")
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}
    assert life.told() == [key for key in life.told() if not key.startswith("DLT-CONFLICT")]


def test_a_pathway_corrects_its_own_verdict_and_outvotes_nobody_else_s() -> None:
    life = Life("R")
    life.enter(*names(1, 3))

    def standing(number: int, verdict: str) -> None:
        details = {"wants": "nothing", "number": str(number), "started": "2025-03-03", "dlt": verdict}
        life.do("standing", "P3", **details)

    standing(1, "YES")
    standing(2, "NO")
    assert life.level("1") == (3, 0, 2)
    assert "DLT-CONFLICT[subject=P3]" not in life.told()
    life.dlt("YES", "P3")
    standing(3, "NO")
    assert life.level("1") == (3, 1, 2)
    assert "DLT-CONFLICT[subject=P3]" in life.told()


def test_the_meeting_hears_which_verdict_counts_again_when_a_correction_is_voided() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("YES", "P1")
    life.correct("dlt", "P1", "NO")
    life.report("void", target=life.record.events[-1].id, reason="it was right")
    (told,) = [o for o in life.plan.plan.alerts if o.id == "REVIVED"]
    assert (told.key, told.to) == ("REVIVED[action=dlt,subject=P1]", "meeting")
    assert "value YES" in told.text
    assert "value NO" in told.text
    assert life.level("1") == (3, 1, 2)


def test_a_recommended_dose_that_has_lost_its_ground_closes_phase_two_and_is_declared_anew() -> None:
    life = Life("RS", confirm=True)
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.enter(*names(4, 9))
    life.dlt("NO", *names(4, 9))
    assert life.plan.status == "PHASE2_STAGE1"
    life.confirm = False
    for subject in ("P8", "P9"):
        life.correct("dlt", subject, "INEVALUABLE")
    told = life.told()
    assert {"LAPSED[decision=RP2D]", "LAPSED[decision=PHASE2]"} <= set(told)
    for subject in ("P8", "P9"):
        life.correct("dlt", subject, "NO")
    assert life.open_decisions() == {"RP2D": "2"}
    life.decide("RP2D", "2")
    assert life.open_decisions() == {"PHASE2": "OPEN"}


def withdrawn() -> Life:
    """P4 had a slot on level 2, which was taken back at noon."""
    life = opened()
    life.ask("P4")
    life.wait(hours=2)
    life.correct("dlt", "P1", "YES")
    life.correct("dlt", "P2", "YES")
    assert (life.state("P4"), life.reason("P4")) == ("WAITING", "TOXICITY_REVIEW")
    return life


def test_a_dose_an_hour_after_the_slot_was_taken_back_is_flagged() -> None:
    life = withdrawn()
    life.wait(hours=1)
    life.start("P4")
    assert "ENTERED-WHILE-SUSPENDED[subject=P4]" in life.told()
    assert life.state("P4") == "ENROLLED"


def test_a_dose_an_hour_before_the_slot_was_taken_back_is_not() -> None:
    life = withdrawn()
    happened = life.now
    life.wait(hours=3)
    life.report("action", "slot_taken_up", role="coordinator", scope=(("subject", "P4"),),
                occurred=happened.replace(hour=happened.hour - 1))  # fmt: skip
    assert life.state("P4") == "ENROLLED"
    assert not [key for key in life.told() if key.startswith(("ENTERED", "STARTED"))]


def test_of_a_dose_of_which_only_the_day_is_known_people_look_whether_the_slot_was_still_held() -> None:
    life = withdrawn()
    life.do("standing", "P4", wants="nothing", number="1", started=life.now.date().isoformat())
    assert "ENTERED-WHILE-SUSPENDED[subject=P4]" in life.told()
