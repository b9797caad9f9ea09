"""Slots: caps, reservations that expire, the activation matrix, corrections, and what patients are told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pathway.subtrial.govern import govern
from tests.pathway.toy_subtrials import Life, names


def standing(life: Life, subject: str, number: int, **details: str) -> None:
    """A letter of a patient's pathway."""
    given = {"site": "S01", "country": "NL", "wants": "nothing", "number": str(number)} | details
    life.report(
        "action",
        "standing",
        id=f"{subject}:{number}",
        role="coordinator",
        scope=(("subject", subject),),
        details=tuple(sorted(given.items())),
    )


def test_the_twenty_fourth_of_twenty_three_is_told_that_enrolment_is_complete() -> None:
    life = Life("K")
    life.ask(*names(1, 24))
    assert [life.state(p) for p in names(1, 23)] == ["RESERVED"] * 23
    assert (life.state("P24"), life.reason("P24")) == ("ENROLMENT_COMPLETE", "ENROLMENT_COMPLETE")
    life.start(*names(1, 22))
    life.wait(days=9)
    assert life.state("P23") == "EXPIRED"
    assert life.state("P24") == "RESERVED"


def test_places_of_a_cap_are_those_of_patients_and_an_inevaluable_one_keeps_the_place() -> None:
    life = Life("K")
    life.enter(*names(1, 23))
    life.dlt("INEVALUABLE", "P1")
    life.ask("P24")
    assert life.state("P24") == "ENROLMENT_COMPLETE"


def test_a_reservation_expires_at_the_end_of_its_last_local_day() -> None:
    life = Life("R")
    life.ask("P1")
    until = life.plan.answers["P1"].until
    assert until is not None
    assert until == life.plan.plan.next_at
    assert until.isoformat() == "2025-11-10T23:00:00+00:00"
    life.now = until - timedelta(microseconds=1)
    assert life.state("P1") == "RESERVED"
    assert life.level("1") == (1, 0, 1)
    life.now = until
    assert life.state("P1") == "EXPIRED"
    assert life.level("1") == (0, 0, 0)


def test_whoever_waits_longest_is_served_first_when_a_reservation_expires() -> None:
    life = Life("R")
    life.ask(*names(1, 6))
    life.wait(days=1)
    life.ask("P10")
    life.ask("P9")
    assert [w.subject for w in life.plan.waiting] == ["P10", "P9"]
    life.start(*names(1, 5))
    life.wait(days=8)
    assert life.state("P6") == "EXPIRED"
    assert (life.state("P10"), life.state("P9")) == ("RESERVED", "WAITING")


def test_who_let_a_slot_expire_must_ask_anew_and_queues_behind_the_others() -> None:
    life = Life("R")
    life.ask("P1")
    life.wait(days=10)
    assert life.state("P1") == "EXPIRED"
    assert life.plan.waiting == ()
    life.ask("P1")
    assert life.state("P1") == "RESERVED"


def test_a_slot_that_is_given_back_goes_to_the_next() -> None:
    life = Life("R")
    life.ask(*names(1, 7))
    life.do("slot_released", "P2")
    assert (life.state("P2"), life.state("P7")) == ("RELEASED", "RESERVED")


def test_who_has_started_never_loses_the_slot() -> None:
    life = Life("R")
    life.enter("P1")
    assert (
        life.refused("action", "slot_released", scope=(("subject", "P1"),), role="coordinator")
        == "not_waiting"
    )
    standing(life, "P1", 1, wants="nothing", started="2025-11-03")
    life.wait(days=400)
    assert life.state("P1") == "ENROLLED"
    assert life.level("1") == (1, 0, 1)


def test_slots_open_site_by_site_and_on_the_day_named() -> None:
    life = Life("D")
    assert life.plan.status == "APPROVED"
    life.ask("P1")
    assert (life.state("P1"), life.reason("P1")) == ("WAITING", "NOT_ACTIVATED")
    life.do("activated", country="NL", site="S01", from_="2025-11-10")
    assert life.plan.status == "APPROVED"
    assert life.state("P1") == "WAITING"
    assert life.plan.plan.next_at == datetime.fromisoformat("2025-11-09T23:00:00+00:00")
    life.now = life.plan.plan.next_at
    assert life.plan.status == "PHASE1_LEVEL(1)"
    assert life.state("P1") == "RESERVED"
    life.ask("P2", site="S02")
    life.ask("P3", country="DE", site="S09")
    assert (life.reason("P2"), life.reason("P3")) == ("NOT_ACTIVATED", "NOT_ACTIVATED")
    assert "S09" in life.plan.answers["P3"].reason
    life.do("activated", country="DE")
    assert life.state("P3") == "RESERVED"
    assert life.state("P2") == "WAITING"


def test_a_status_note_opens_nothing() -> None:
    life = Life("D")
    assert life.plan.entry[0] == "NOT_ACTIVATED"
    assert life.json["notes"][0]["status"] == "recruiting"


def test_a_site_that_is_deactivated_takes_nobody_and_takes_back_what_is_not_taken_up() -> None:
    life = Life("D")
    life.do("activated", country="NL")
    life.ask("P1", "P2")
    life.start("P1")
    life.do("deactivated", country="NL", site="S01")
    assert (life.state("P1"), life.state("P2"), life.reason("P2")) == ("ENROLLED", "WAITING", "NOT_ACTIVATED")
    life.ask("P3", site="S02")
    assert life.state("P3") == "RESERVED"


def test_an_activation_before_an_approval_is_said() -> None:
    life = Life("E")
    life.do("activated", country="NL")
    assert life.plan.status == "ACTIVATED"
    assert life.told() == ["ACTIVATED-BEFORE-APPROVAL"]
    life.do("approved", country="NL")
    assert life.told() == []


@pytest.mark.parametrize("stop", ["suspended", "halted_safety"])
def test_whoever_may_not_start_any_more_waits_in_the_old_place_until_the_subtrial_resumes(stop: str) -> None:
    life = Life("R")
    life.ask("P1", "P2")
    life.start("P1")
    life.do(stop, reason="a signal")
    assert (life.state("P1"), life.state("P2")) == ("ENROLLED", "WAITING")
    assert "a signal" in life.plan.answers["P2"].reason
    life.ask("P3")
    assert life.refused("action", "resumed", role="coordinator") == "wrong_role"
    life.do("resumed")
    assert (life.state("P2"), life.state("P3")) == ("RESERVED", "RESERVED")


def test_a_first_dose_while_entry_is_suspended_counts_and_is_a_deviation() -> None:
    life = Life("R")
    life.ask("P1")
    life.do("suspended")
    life.wait(days=2)
    life.start("P1")
    assert life.state("P1") == "ENROLLED"
    assert life.level("1") == (1, 0, 1)
    assert life.told() == ["ENTERED-WHILE-SUSPENDED[subject=P1]"]


def test_a_first_dose_within_a_reservation_reported_after_it_expired_is_no_deviation() -> None:
    life = Life("R")
    life.ask("P1")
    life.wait(days=9)
    assert life.state("P1") == "EXPIRED"
    life.report("action", "slot_taken_up", scope=(("subject", "P1"),), occurred=life.now - timedelta(days=5))
    assert life.state("P1") == "ENROLLED"
    assert life.told() == []


def test_a_first_dose_after_the_reservation_expired_is_one() -> None:
    life = Life("R")
    life.ask("P1")
    life.wait(days=9)
    life.start("P1")
    assert life.told() == ["STARTED-WITHOUT-SLOT[subject=P1]"]


def test_a_first_dose_that_was_recorded_wrongly_leaves_a_reservation_with_a_new_term() -> None:
    life = Life("R")
    life.ask("P1")
    wrong = life.do("slot_taken_up", "P1")
    life.wait(days=20)
    life.report("void", target=wrong, reason="another patient")
    assert life.state("P1") == "RESERVED"
    assert life.plan.plan.next_at == life.plan.answers["P1"].until


def test_a_voided_request_gives_the_slot_back() -> None:
    life = Life("R")
    asked = life.do("slot_asked", "P1", country="NL", site="S01")
    life.report("void", target=asked, reason="typed twice")
    assert life.state("P1") == "RELEASED"
    assert life.level("1") == (0, 0, 0)


def test_slots_that_were_given_stay_when_an_activation_is_voided_after_the_first_dose() -> None:
    life = Life("D")
    active = life.do("activated", country="NL")
    life.enter("P1")
    life.report("void", target=active, reason="wrong subtrial")
    life.ask("P2")
    assert (life.state("P1"), life.reason("P2")) == ("ENROLLED", "NOT_ACTIVATED")


def test_a_second_request_of_an_enrolled_patient_gives_no_second_slot() -> None:
    life = Life("R")
    life.enter("P1")
    life.ask("P1")
    assert life.level("1") == (1, 0, 1)
    assert life.told() == ["SECOND-SLOT[subject=P1]"]


def test_who_only_watches_hears_whether_there_are_slots() -> None:
    life = Life("D")
    standing(life, "P1", 1, wants="notice")
    assert life.state("P1") == "NOT_OPEN"
    life.do("activated", country="NL")
    assert (life.state("P1"), life.plan.answers["P1"].reason) == ("OPEN", "")
    life.enter(*names(2, 7))
    assert (life.state("P1"), life.reason("P1")) == ("SUSPENDED", "SUSPENDED")
    life.do("withdrawn")
    assert life.state("P1") == "CLOSED"


def test_a_standing_replaces_all_that_was_known_and_an_older_one_changes_nothing() -> None:
    life = Life("R")
    standing(life, "P1", 1, wants="slot")
    standing(life, "P1", 3, wants="slot", started="2025-11-03", dlt="YES")
    standing(life, "P1", 2, wants="slot", started="2025-11-03", dlt="NO")
    assert life.level("1") == (1, 1, 0)
    standing(life, "P1", 4, wants="slot", started="2025-11-03")
    assert life.level("1") == (1, 0, 1)


def test_a_letter_that_comes_twice_is_recorded_once() -> None:
    life = Life("R")
    standing(life, "P1", 1, wants="slot")
    events = len(life.record.events)
    standing(life, "P1", 1, wants="slot")
    assert len(life.record.events) == events


def test_numbers_that_are_not_set_are_asked_for() -> None:
    life = Life("U")
    life.ask("P1")
    assert (life.state("P1"), life.reason("P1")) == ("WAITING", "NOT_SET")
    assert [i.key for i in life.plan.plan.items] == ["PARAMETERS[of=CAP]"]
    life = Life("U", places="3")
    life.ask("P1")
    life.wait(days=300)
    assert life.state("P1") == "RESERVED"
    assert [i.state for i in life.plan.plan.items] == ["not_set"]


def test_the_json_says_what_the_plan_says() -> None:
    life = Life("D")
    life.do("activated", country="NL", site="S01")
    life.ask("P1")
    data: dict[str, Any] = life.json
    assert data["status"] == "PHASE1_LEVEL(1)"
    assert data["slots"][0]["state"] == "RESERVED"
    assert [a["key"] for a in data["assumptions"]] == ["reservation", "window", "table", "p0", "p1"]
    assert data["activations"] == [
        {"country": "NL", "site": "S01", "state": "activated", "on": "2025-11-03", "event": "g1"}
    ]
    assert [p for p, _, _ in data["tracks"][0]["path"]] == ["APPROVED", "ACTIVATED", "PHASE1_LEVEL(1)"]


def test_a_subtrial_without_events_has_a_plan() -> None:
    life = Life("D")
    plan = govern(life.governor, life.record, life.now)
    assert (plan.status, plan.plan.next_at) == ("APPROVED", None)


def test_a_verdict_of_one_whose_first_dose_nobody_recorded_counts_and_is_said() -> None:
    life = Life("R")
    life.ask("P1")
    verdict = life.do("dlt", "P1", value="YES")
    assert life.state("P1") == "ENROLLED"
    assert life.level("1") == (1, 1, 0)
    assert life.told() == ["FIRST-DOSE-MISSING[subject=P1]"]
    life.report("void", target=verdict, reason="another patient")
    assert life.state("P1") == "RESERVED"
    assert life.level("1") == (1, 0, 1)


def test_a_verdict_of_one_without_a_slot_is_refused_until_the_first_dose_is_recorded() -> None:
    life = Life("R")
    life.ask(*names(1, 7))
    more: dict[str, Any] = {"scope": (("subject", "P7"),), "details": (("value", "NO"),)}
    assert life.refused("action", "dlt", **more) == "not_waiting"
    life.start("P7")
    assert life.report("action", "dlt", **more) is not None


def slots_told(life: Life) -> list[str]:
    """What became of each patient's slot, as the timeline tells it."""
    return [m.text for m in life.plan.plan.milestones if m.id.startswith("SLOT-")]


def test_an_expired_slot_stays_expired_for_a_pathway_that_then_only_watches() -> None:
    life = Life("R")
    standing(life, "P1", 1, wants="slot")
    life.wait(days=9)
    standing(life, "P1", 2, wants="notice")
    assert life.state("P1") == "EXPIRED"
    life.do("suspended", role="meeting", reason="a question")
    assert life.state("P1") == "EXPIRED"
    standing(life, "P1", 3, wants="slot")
    assert life.state("P1") == "WAITING"
    life.do("resumed", role="meeting")
    assert life.state("P1") == "RESERVED"
    assert [m.key for m in life.plan.plan.milestones if m.id == "SLOT-RESERVED"] == [
        "SLOT-RESERVED[subject=P1]", "SLOT-RESERVED[n=2,subject=P1]",
    ]  # fmt: skip


def test_after_an_expired_slot_who_wants_nothing_and_then_watches_anew_hears_of_slots() -> None:
    life = Life("R")
    standing(life, "P1", 1, wants="slot")
    life.wait(days=9)
    for number, wants in ((2, "notice"), (3, "nothing"), (4, "notice")):
        standing(life, "P1", number, wants=wants)
    assert life.state("P1") == "OPEN"


def test_whoever_had_an_expired_slot_is_told_when_the_subtrial_is_over() -> None:
    life = Life("R")
    standing(life, "P1", 1, wants="slot")
    life.wait(days=9)
    standing(life, "P1", 2, wants="notice")
    life.do("closed", role="meeting")
    assert life.state("P1") == "CLOSED"


def test_the_timeline_names_who_waits_who_gets_a_slot_on_which_level_and_what_becomes_of_it() -> None:
    life = Life("R")
    life.enter(*names(1, 5))
    life.ask("P6", "P7")
    life.dlt("YES", "P1", "P2")
    life.decide("LEVEL[level=-1]", "DE_ESCALATE")
    life.start("P6")
    life.wait(days=9)
    told = slots_told(life)
    assert told[:2] == ["P1: RESERVED at level 1", "P1: ENROLLED at level 1"]
    assert told[10:] == [
        "P6: RESERVED at level 1",
        "P7: WAITING (SUSPENDED)",
        "P6: the slot at level 1 was taken back (LEVEL_DECISION_OPEN); WAITING anew",
        "P6: RESERVED at level -1",
        "P7: RESERVED at level -1",
        "P6: ENROLLED at level -1",
        "P7: EXPIRED, the slot at level -1 was not taken up in time",
    ]


def test_what_was_told_of_slots_stays_told_when_verdicts_are_corrected() -> None:
    life = Life("R")
    life.enter(*names(1, 2))
    wrong = life.do("dlt", "P1", value="YES")
    life.dlt("YES", "P2")
    told = slots_told(life)
    life.report("void", target=wrong, reason="another patient")
    assert slots_told(life) == told


def test_entry_is_not_open_once_the_last_site_is_deactivated() -> None:
    life = Life("D", p0="0.2", p1="0.4")
    life.do("activated", country="NL", site="S01")
    life.ask("P1")
    life.start("P1")
    assert life.plan.entry[0] == "OPEN"
    life.do("deactivated", country="NL", site="S01")
    assert life.plan.entry[0] == "NOT_ACTIVATED"
    assert life.plan.plan.tracks[1].phase == "NOT_OPEN"
    life.do("activated", country="DE", site="S02")
    assert life.plan.entry[0] == "OPEN"


def test_a_plain_cap_is_open_before_its_first_event() -> None:
    life = Life("K")
    assert (life.plan.entry[0], life.plan.plan.tracks[1].phase) == ("OPEN", "OPEN")
