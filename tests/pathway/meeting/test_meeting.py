"""The weekly meeting: its calendar, what is late of it, which agenda stands, and what its door lets in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.changes import Announced, changes
from pathway.events import Event, Report
from pathway.meeting.admission import admit, renamed_report, weekday_of
from pathway.meeting.agenda import Agenda, Entry, late
from pathway.meeting.calendar import Meeting, monday_of, week_of
from pathway.meeting.plan import MeetingPlan, convene
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Site("OFFICE", "Europe/Berlin")
W45 = "2025-W45"


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


MEETING = Meeting("hem-ismart", OFFICE, begins=local("2025-11-03 09:00"))
"""Thursdays at 14:00 in Berlin; the first one is on 6 November, in W45."""


class Office:
    """Records what is reported, at the moment at which it is reported."""

    def __init__(self, meeting: Meeting = MEETING) -> None:
        self.meeting = meeting
        self.record = Record()

    def at(self, text: str) -> MeetingPlan:
        return convene(self.meeting, self.record, local(text))

    def report(self, text: str, name: str, week: str = W45, **fields: Any) -> Event | None:
        now = local(text)
        given: dict[str, Any] = {
            "id": f"{name}-{week}-{len(self.record.events)}",
            "kind": "action",
            "at": now,
            "role": "coordinator",
            "name": name,
            "scope": (("week", week),) if week else (),
        }
        details = tuple(fields.pop("details", {}).items())
        report = Report(**{**given, "details": details, **fields})
        event = admit(self.meeting, self.record, report, now, convene(self.meeting, self.record, now))
        if event is not None:
            self.record.append(event)
        return event

    def keep(self, text: str, week: str = W45, *decisions: tuple[str, str]) -> None:
        """Keeps the agenda that is wanted for a week, as the shell does."""
        now = local(text)
        wanted = next(w for w in convene(self.meeting, self.record, now).wanted if w.week == week)
        details = (
            ("at", now.isoformat()),
            ("decisions", json.dumps(decisions)),
            ("digest", "d"),
            ("edition", wanted.edition),
            ("entries", "7"),
            ("kind", wanted.kind),
        )
        self.record.append(
            Event(
                f"agenda:{week}:{wanted.kind}:{wanted.edition}",
                "action",
                now,
                now,
                "operations",
                name="agenda",
                scope=(("week", week),),
                details=details,
            )
        )


@pytest.fixture
def office() -> Office:
    return Office()


def item(plan: MeetingPlan, key: str) -> Any:
    return next((i for i in plan.plan.items if i.key == key), None)


def alerts(plan: MeetingPlan) -> dict[str, Any]:
    return {alert.key: alert for alert in plan.plan.alerts}


MEETING_W45 = "MEETING[week=2025-W45]"
OVERDUE_W45 = "MEETING-OVERDUE[week=2025-W45]"


# --- the calendar -----------------------------------------------------------------------------------------------


def test_a_meeting_is_planned_then_its_agenda_is_frozen_then_it_is_time_then_it_is_late(
    office: Office,
) -> None:
    seen = [
        (
            office.at(text).focus.state,
            item(office.at(text), MEETING_W45).state,
            office.at(text).plan.tracks[0].phase,
        )
        for text in ("2025-11-05 13:59", "2025-11-05 14:00", "2025-11-06 14:00", "2025-11-06 18:00")
    ]
    assert seen == [
        ("planned", "planned", "PLANNED"),
        ("frozen", "due", "AGENDA_FROZEN"),
        ("due", "due", "MEETING_TIME"),
        ("overdue", "late", "OVERDUE"),
    ]


@pytest.mark.parametrize(
    ("week", "utc", "shown"),
    [
        ("2025-W43", "2025-10-23 12:00", "2025-10-23 14:00"),  # summer time
        ("2025-W44", "2025-10-30 13:00", "2025-10-30 14:00"),  # the clocks went back on Sunday the 26th
        ("2026-W13", "2026-03-26 13:00", "2026-03-26 14:00"),
        ("2026-W14", "2026-04-02 12:00", "2026-04-02 14:00"),  # forward on Sunday the 29th
    ],
)
def test_the_wall_clock_of_the_office_stays_the_same_over_a_change_of_the_clocks(
    week: str, utc: str, shown: str
) -> None:
    office = Office(replace(MEETING, begins=local("2025-10-20 09:00")))
    day = monday_of(week)
    found = convene(office.meeting, office.record, datetime(day.year, day.month, day.day, tzinfo=UTC)).week(
        week
    )
    assert found is not None
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert f"{found.at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == shown


def test_the_cut_off_counts_elapsed_hours_over_a_change_of_the_clocks() -> None:
    monday = Meeting("hem-ismart", OFFICE, local("2025-10-21 09:00"), weekday=1, hour=10, cut_off_hours=48)
    plan = convene(monday, Record(), local("2025-10-22 09:00"))
    assert plan.focus.week == "2025-W44"
    assert plan.plan.next_at == local("2025-10-25 11:00")  # 48 hours before 27 October 10:00 winter time


def test_a_wall_clock_time_that_a_night_skips_is_still_one_meeting() -> None:
    night = Meeting("hem-ismart", OFFICE, local("2026-03-23 09:00"), weekday=7, hour=2, minute=30)
    plan = convene(night, Record(), local("2026-03-24 09:00"))
    assert plan.focus.week == "2026-W13"
    assert plan.focus.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "label"), [("2025-12-28", "2025-W52"), ("2025-12-29", "2026-W01"), ("2027-01-03", "2026-W53")]
)
def test_weeks_are_iso_weeks_over_the_new_year(day: str, label: str) -> None:
    assert week_of(date.fromisoformat(day)) == label
    assert week_of(monday_of(label)) == label


def test_a_series_of_years_has_a_meeting_in_week_53(office: Office) -> None:
    plan = office.at("2026-12-30 09:00")
    assert {"2026-W53", "2027-W01"} <= {week.week for week in plan.weeks}


def test_the_first_meeting_is_the_first_after_the_beginning() -> None:
    started = Meeting("hem-ismart", OFFICE, begins=local("2025-11-06 14:00"))
    assert convene(started, Record(), started.begins).focus.week == "2025-W46"


def test_two_meetings_to_come_are_shown_and_not_a_year_of_them(office: Office) -> None:
    shown = [week.week for week in office.at("2025-11-03 10:00").weeks]
    assert shown == ["2025-W45", "2025-W46"]


# --- what became of it ------------------------------------------------------------------------------------------


def test_a_meeting_that_was_held_is_done_and_the_next_one_is_in_view(office: Office) -> None:
    office.report(
        "2025-11-06 15:30",
        "held",
        details={"attended": "sponsor, coordinator"},
        occurred=local("2025-11-06 14:05"),
    )
    plan = office.at("2025-11-06 19:00")
    week = plan.week(W45)
    assert week is not None
    assert (week.state, week.attended) == ("held", ("coordinator", "sponsor"))
    assert item(plan, MEETING_W45).state == "done"
    assert plan.focus.week == "2025-W46"
    assert OVERDUE_W45 not in alerts(plan)


def test_a_missed_meeting_is_late_and_climbs_from_coordinator_to_sponsor_to_operations(
    office: Office,
) -> None:
    office.keep("2025-11-05 14:00", W45, ("P1", "ALLOCATION_DECISION"))
    told = {
        text: (alerts(office.at(text))[OVERDUE_W45].severity, alerts(office.at(text))[OVERDUE_W45].notified)
        for text in ("2025-11-06 18:00", "2025-11-07 18:00", "2025-11-08 18:00")
    }
    assert told == {
        "2025-11-06 18:00": ("major", ("coordinator",)),
        "2025-11-07 18:00": ("critical", ("coordinator", "sponsor")),
        "2025-11-08 18:00": ("critical", ("coordinator", "sponsor", "operations")),
    }


def test_a_missed_meeting_decides_nothing(office: Office) -> None:
    office.keep("2025-11-05 14:00", W45, ("P1", "ALLOCATION_DECISION"))
    decide = "DECIDE[week=2025-W45,subject=P1,decision=ALLOCATION_DECISION]"
    assert item(office.at("2025-12-24 09:00"), decide).state == "late"


def test_an_acknowledged_notice_stops_climbing_until_it_becomes_more_severe(office: Office) -> None:
    office.report("2025-11-06 19:00", OVERDUE_W45, "", kind="acknowledgement")
    assert alerts(office.at("2025-11-06 19:00"))[OVERDUE_W45].state == "acknowledged"
    assert alerts(office.at("2025-11-07 18:00"))[OVERDUE_W45].state == "raised"
    assert item(office.at("2025-11-06 19:00"), MEETING_W45).state == "late"


def test_a_missed_meeting_is_missed_for_good_once_a_later_one_was_held(office: Office) -> None:
    office.report("2025-11-13 16:00", "held", "2025-W46", occurred=local("2025-11-13 14:00"))
    plan = office.at("2025-11-13 16:00")
    assert item(plan, MEETING_W45).state == "missed"
    assert OVERDUE_W45 not in alerts(plan)


def test_three_missed_meetings_are_three_late_tasks(office: Office) -> None:
    plan = office.at("2025-11-21 09:00")
    assert [i.key[-9:-1] for i in plan.plan.items if i.state == "late"] == [
        "2025-W45",
        "2025-W46",
        "2025-W47",
    ]


def test_years_of_missed_meetings_stay_late_and_none_is_forgotten(office: Office) -> None:
    late_ones = [i for i in office.at("2028-11-10 09:00").plan.items if i.state == "late"]
    assert len(late_ones) == 3 * 52 + 2  # 2026 has 53 weeks, and the third November begins with one more


def test_postponed_over_the_border_of_the_week_it_keeps_its_key_and_the_next_week_has_its_own(
    office: Office,
) -> None:
    office.report(
        "2025-11-06 10:00", "postponed", details={"to": "2025-11-11 10:00"}, reason="two sites cannot come"
    )
    plan = office.at("2025-11-08 10:00")
    assert (plan.focus.week, plan.focus.state) == (W45, "planned")
    assert item(plan, MEETING_W45).due == date(2025, 11, 11)
    assert item(plan, "MEETING[week=2025-W46]").due == date(2025, 11, 13)
    assert OVERDUE_W45 not in alerts(plan)
    texts = [m.text for m in plan.plan.milestones if m.id == "MEETING-POSTPONED"]
    assert texts == ["meeting 2025-W45 is postponed to Tuesday 2025-11-11 10:00: two sites cannot come"]
    assert OVERDUE_W45 in alerts(office.at("2025-11-11 14:00"))


def test_held_after_the_next_weeks_meeting_it_is_not_missed_by_that(office: Office) -> None:
    office.report("2025-11-06 10:00", "postponed", details={"to": "2025-11-18 10:00"}, reason="congress")
    office.report("2025-11-13 16:00", "held", "2025-W46", occurred=local("2025-11-13 14:00"))
    week = office.at("2025-11-14 10:00").week(W45)
    assert week is not None
    assert week.state == "planned"


def test_a_meeting_of_christmas_week_can_be_cancelled_weeks_ahead(office: Office) -> None:
    office.report("2025-11-10 10:00", "cancelled", "2025-W52", reason="Christmas")
    plan = office.at("2025-12-22 10:00")
    week = plan.week("2025-W52")
    assert week is not None
    assert (week.state, week.reason) == ("cancelled", "Christmas")
    assert item(plan, "MEETING[week=2025-W52]") is None
    assert "MEETING-OVERDUE[week=2025-W52]" not in alerts(office.at("2026-01-20 10:00"))


def test_a_cancelled_meeting_that_is_given_a_new_time_takes_place(office: Office) -> None:
    office.report("2025-11-05 09:00", "cancelled", reason="no agenda")
    office.report(
        "2025-11-06 09:00", "postponed", details={"to": "2025-11-07 09:00"}, reason="urgent after all"
    )
    assert office.at("2025-11-06 10:00").focus.state == "frozen"


def test_a_voided_record_of_a_meeting_makes_it_late_again(office: Office) -> None:
    held = office.report("2025-11-06 15:00", "held")
    assert held is not None
    office.report("2025-11-07 09:00", "", "", kind="void", target=held.id, reason="that was another meeting")
    assert item(office.at("2025-11-07 09:00"), MEETING_W45).state == "late"


def test_a_series_moves_to_another_day_from_a_week_on(office: Office) -> None:
    office.report("2025-11-10 09:00", "rescheduled", "2025-W48", details={"weekday": "tue", "time": "9:30"})
    plan = office.at("2025-11-17 10:00")
    assert [f"{week.at.astimezone(BERLIN):%a %H:%M}" for week in plan.weeks if week.week >= "2025-W47"] == [
        "Thu 14:00",
        "Tue 09:30",
    ]


# --- agendas ----------------------------------------------------------------------------------------------------


def test_an_agenda_is_wanted_from_the_cut_off_until_it_is_kept(office: Office) -> None:
    assert office.at("2025-11-05 13:59").wanted == ()
    (wanted,) = office.at("2025-11-05 14:00").wanted
    assert (wanted.week, wanted.kind, wanted.edition) == (W45, "frozen", "2025-11-06T13:00:00Z")
    office.keep("2025-11-05 14:00")
    assert office.at("2025-11-05 15:00").wanted == ()


def test_an_agenda_that_cannot_be_gathered_is_told_to_operations(office: Office) -> None:
    key = "AGENDA-MISSING[week=2025-W45]"
    assert key not in alerts(office.at("2025-11-05 14:59"))
    assert alerts(office.at("2025-11-05 15:00"))[key].notified == ("operations",)
    office.keep("2025-11-05 16:00")
    assert key not in alerts(office.at("2025-11-05 16:00"))


def test_postponed_by_a_week_a_second_agenda_is_frozen_for_the_new_day(office: Office) -> None:
    office.keep("2025-11-05 14:00")
    office.report("2025-11-06 10:00", "postponed", details={"to": "2025-11-12 10:00"}, reason="congress")
    assert office.at("2025-11-11 09:59").wanted == ()
    assert [w.edition for w in office.at("2025-11-11 10:00").wanted] == ["2025-11-12T09:00:00Z"]


def test_postponed_by_two_hours_the_agenda_that_people_have_in_hand_stands(office: Office) -> None:
    office.keep("2025-11-05 14:00")
    office.report("2025-11-06 10:00", "postponed", details={"to": "2025-11-06 16:00"}, reason="late train")
    plan = office.at("2025-11-06 10:00")
    assert plan.wanted == ()
    assert plan.focus.agenda is not None


def test_what_came_late_is_gathered_when_the_meeting_was_held(office: Office) -> None:
    office.keep("2025-11-05 14:00")
    office.report("2025-11-06 15:00", "held")
    assert [(w.kind, w.week) for w in office.at("2025-11-06 15:00").wanted] == [("closing", W45)]
    office.keep("2025-11-06 15:00")
    plan = office.at("2025-11-12 14:00")
    assert [(w.kind, w.week, w.since) for w in plan.wanted] == [
        ("frozen", "2025-W46", local("2025-11-06 15:00"))
    ]


def test_a_decision_is_done_when_it_was_taken_against_the_meeting_or_otherwise_and_else_carried_over(
    office: Office,
) -> None:
    due = (("P1", "ALLOCATION_DECISION"), ("P2", "ALLOCATION_DECISION"), ("D", "LEVEL"))
    office.keep("2025-11-05 14:00", W45, *due)
    details = {"subject": "P1", "decision": "ALLOCATION_DECISION", "option": "B", "event": "e1"}
    office.report("2025-11-06 14:30", "decided", details=details)
    states = {i.text: i.state for i in office.at("2025-11-06 14:30").plan.items if i.id == "DECIDE"}
    assert states == {
        "ALLOCATION_DECISION of P1": "done",
        "ALLOCATION_DECISION of P2": "due",
        "LEVEL of D": "due",
    }
    office.report("2025-11-06 15:00", "held")
    office.keep("2025-11-06 15:00", W45, ("D", "LEVEL"))
    states = {i.text: i.state for i in office.at("2025-11-06 15:00").plan.items if i.id == "DECIDE"}
    assert states == {
        "ALLOCATION_DECISION of P1": "done",
        "ALLOCATION_DECISION of P2": "done",
        "LEVEL of D: carried over": "missed",
    }


def entry(key: str, state: str = "OPEN", **fields: Any) -> Entry:
    return Entry("potential", key, "p", "P1", "S01", "x", "text", state, **fields)


def agenda(*entries: Entry, kind: Any = "frozen") -> Agenda:
    return Agenda("hem-ismart", W45, kind, "e", local("2025-11-05 14:00"), None, entries)


def test_what_came_after_the_freeze_is_listed_as_such_and_what_was_settled_is_not() -> None:
    found = late(
        agenda(entry("a"), entry("b"), entry("c")), agenda(entry("a"), entry("b", "NEW"), entry("d"))
    )
    assert [e.key for e in found.added] == ["d"]
    assert [e.key for e in found.changed] == ["b"]
    assert not late(agenda(entry("a")), agenda())


def test_an_agenda_is_bound_to_its_content() -> None:
    assert agenda(entry("a")).digest == agenda(entry("a")).digest
    assert agenda(entry("a")).digest != agenda(entry("a", reasons=("why",))).digest


# --- the door ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("held", {"week": "2025-W47"}, "impossible"),
        ("held", {"week": "2025-W44"}, "unknown_scope"),
        ("held", {"week": "W45"}, "unknown_scope"),
        ("held", {"week": "2025-W54"}, "unknown_scope"),
        ("held", {"week": "2025-W4٥"}, "unknown_scope"),
        ("held", {"week": "2030-W01"}, "unknown_scope"),
        ("held", {"role": "laboratory"}, "wrong_role"),
        ("held", {"details": {"attended": "sponsor, janitor"}}, "unknown_role"),
        ("held", {"details": {"minutes": "x"}}, "unknown_detail"),
        ("held", {"occurred": local("2025-11-07 12:00")}, "future"),
        ("postponed", {"details": {"to": "2025-11-08 10:00"}}, "reason_missing"),
        ("postponed", {"details": {"to": "2025-11-01 10:00"}, "reason": "x"}, "impossible"),
        ("postponed", {"details": {"to": "2026-02-01 10:00"}, "reason": "x"}, "impossible"),
        ("postponed", {"details": {"to": "tomorrow"}, "reason": "x"}, "malformed"),
        ("postponed", {"details": {"to": "2026-03-29 02:30"}, "reason": "x"}, "malformed"),
        ("postponed", {"reason": "x"}, "malformed"),
        ("cancelled", {}, "reason_missing"),
        ("noted", {}, "malformed"),
        ("noted", {"details": {"text": "x" * 4001}}, "malformed"),
        ("decided", {"details": {"subject": "P1"}}, "malformed"),
        ("rescheduled", {"details": {"weekday": "monday", "time": "10:00"}}, "impossible"),
        ("rescheduled", {"week": "2025-W48", "details": {"weekday": "t", "time": "10:00"}}, "malformed"),
        ("rescheduled", {"week": "2025-W48", "details": {"weekday": "2", "time": "25:00"}}, "malformed"),
        ("adjourned", {}, "unknown_action"),
        ("agenda", {}, "unknown_action"),
        ("x", {"kind": "observation"}, "malformed"),
        ("x", {"kind": "void", "target": "nothing", "reason": "x"}, "unknown_event"),
        ("x", {"kind": "acknowledgement", "week": ""}, "not_waiting"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_would_be_accepted(
    office: Office, name: str, fields: dict[str, Any], code: str
) -> None:
    week = fields.pop("week", W45)
    with pytest.raises(Refused) as refused:
        office.report("2025-11-06 13:00", name, week, **fields)
    assert refused.value.code == code
    assert len(str(refused.value)) > 20


def test_a_meeting_that_was_held_cannot_be_held_postponed_or_cancelled_again(office: Office) -> None:
    office.report("2025-11-06 15:00", "held")
    for name in ("held", "postponed", "cancelled"):
        with pytest.raises(Refused, match="void held-2025-W45-0 first"):
            office.report(
                "2025-11-06 16:00",
                name,
                reason="x",
                details={"to": "2025-11-08 10:00"} if name == "postponed" else {},
            )


def test_the_same_report_again_is_recorded_once_and_another_under_its_id_is_refused(office: Office) -> None:
    first = office.report("2025-11-06 15:00", "noted", id="n1", details={"text": "all well"})
    assert first is not None
    assert office.report("2025-11-06 15:30", "noted", id="n1", details={"text": "all well"}) is None
    with pytest.raises(Refused, match="another content"):
        office.report("2025-11-06 15:30", "noted", id="n1", details={"text": "not so well"})


def test_an_agenda_on_record_cannot_be_voided(office: Office) -> None:
    office.keep("2025-11-05 14:00")
    target = office.record.events[0].id
    with pytest.raises(Refused, match="cannot be voided"):
        office.report("2025-11-06 15:00", "", "", kind="void", target=target, reason="x")


@pytest.mark.parametrize(("text", "number"), [("thursday", 4), ("Thu", 4), ("7", 7), ("mo", 1)])
def test_weekdays_are_read_by_name_beginning_or_number(text: str, number: int) -> None:
    assert weekday_of(text) == number


# --- promises ---------------------------------------------------------------------------------------------------

REPORTS = st.tuples(
    st.sampled_from(["held", "postponed", "cancelled", "noted", "void", "keep", "rescheduled"]),
    st.integers(0, 5),
    st.integers(1, 40),
    st.integers(-30, 90),
)


def played(steps: list[tuple[str, int, int, int]]) -> tuple[Office, datetime]:
    """An office to which things happened; what the door refuses did not."""
    office, now = Office(), local("2025-11-03 10:00")
    for name, week, hours, shift in steps:
        now += timedelta(hours=hours)
        text = f"{now.astimezone(BERLIN):%Y-%m-%d %H:%M}"
        label = week_of((now + timedelta(weeks=week - 3)).date())
        to = f"{(now + timedelta(hours=shift)).astimezone(BERLIN):%Y-%m-%d %H:%M}"
        details = {
            "postponed": {"to": to},
            "noted": {"text": "t"},
            "rescheduled": {"weekday": str(week + 1), "time": f"{hours % 24}:00"},
        }
        try:
            if name == "keep":
                for wanted in office.at(text).wanted:
                    office.keep(text, wanted.week)
            elif name == "void" and office.record.events:
                target = office.record.events[hours % len(office.record.events)].id
                office.report(text, "", "", kind="void", target=target, reason="r")
            elif name != "void":
                office.report(text, name, label, reason="r", details=details.get(name, {}))
        except Refused:
            pass
    return office, now


@settings(max_examples=150, deadline=None)
@given(st.lists(REPORTS, max_size=14), st.integers(0, 1000))
def test_the_plan_is_constant_until_its_next_moment(
    steps: list[tuple[str, int, int, int]], part: int
) -> None:
    office, now = played(steps)
    for _ in range(4):
        plan = convene(office.meeting, office.record, now)
        following = plan.plan.next_at
        assert following is not None
        assert following > now
        between = now + (following - now) * part / 1001
        then = convene(office.meeting, office.record, between)
        then.plan.at = plan.plan.at
        assert then == plan
        now = following


@settings(max_examples=100, deadline=None)
@given(st.lists(REPORTS, max_size=14))
def test_keys_are_unique_and_every_week_that_is_open_has_its_task(
    steps: list[tuple[str, int, int, int]],
) -> None:
    office, now = played(steps)
    plan = convene(office.meeting, office.record, now)
    keys = [item.key for item in plan.plan.items]
    keys += [milestone.key for milestone in plan.plan.milestones]
    keys += [alert.key for alert in plan.plan.alerts]
    assert len(keys) == len(set(keys))
    for week in plan.weeks:
        found = item(plan, f"MEETING[week={week.week}]")
        assert (found is None) == (week.state == "cancelled")
        assert week.state != "overdue" or found.state == "late"


def test_what_was_settled_long_ago_leaves_the_plan_without_a_retraction(office: Office) -> None:
    told = Announced()
    lines = []
    text = "2025-11-03 10:00"
    for week in range(12):
        now = local("2025-11-06 15:00") + timedelta(weeks=week)
        text = f"{now.astimezone(BERLIN):%Y-%m-%d %H:%M}"
        office.report(text, "held", week_of(now.date()))
        plan = office.at(text)
        made, told = changes(
            told.without(plan.retired), plan.plan, subject="x", cause="c", tz=BERLIN, day_one=None
        )
        lines += made
    assert not [line for line in lines if line.kind == "retraction" or line.state == "withdrawn"]
    assert len(told.statements) < 40


# --- a patient who gets another pseudonym ---------------------------------------------------------------------------


def test_a_renamed_patient_is_asked_about_and_decided_under_the_present_pseudonym(office: Office) -> None:
    pairs = json.dumps([["JM-1", "risk"], ["P2", "risk"]])
    kept = {
        "kind": "frozen",
        "edition": "2025-11-06T13:00:00Z",
        "at": "2025-11-05T13:00:00Z",
        "decisions": pairs,
    }
    office.report(
        "2025-11-05 14:00", "agenda", id="agenda:1", details={**kept, "digest": "d", "entries": "2"}
    )
    before = office.at("2025-11-05 15:00")
    assert item(before, "DECIDE[week=2025-W45,subject=JM-1,decision=risk]")
    report = renamed_report("P1", "JM-1", "rn1", local("2025-11-05 15:00"))
    for _ in range(2):  # whoever tells it may do so again
        plan = convene(MEETING, office.record, report.at)
        event = admit(MEETING, office.record, report, report.at, plan)
        if event is not None:
            office.record.append(event)
    assert [each.name for each in office.record.events] == ["agenda", "renamed"]
    after = office.at("2025-11-05 15:00")
    assert {each.key for each in after.plan.items if each.id == "DECIDE"} == {
        "DECIDE[week=2025-W45,subject=P1,decision=risk]",
        "DECIDE[week=2025-W45,subject=P2,decision=risk]",
    }
    with pytest.raises(Refused, match="is called P1 now"):
        office.report("2025-11-05 16:00", "noted", details={"text": "x", "subject": "JM-1"})
    said = {"subject": "P1", "decision": "risk", "option": "HR", "event": "e1"}
    office.report("2025-11-06 14:30", "decided", details=said)
    found = office.at("2025-11-06 14:31")
    assert item(found, "DECIDE[week=2025-W45,subject=P1,decision=risk]").state == "done"


def test_whatever_is_recorded_of_a_meeting_says_who_recorded_it() -> None:
    office = Office()
    said: dict[str, dict[str, str]] = {
        "noted": {"text": "slots go out by Friday"},
        "decided": {"subject": "P1", "decision": "D", "option": "A", "event": "e1"},
        "held": {"attended": "coordinator"},
    }
    for name, details in said.items():
        event = office.report("2025-11-06 15:00", name, details=details, person="ME1")
        assert event is not None, name
        assert event.person == "ME1", name
    week = office.at("2025-11-06 15:01").week(W45)
    assert week is not None
    assert [*(each.person for each in week.notes), *(each.person for each in week.decided)] == ["ME1", "ME1"]
    void = office.report(
        "2025-11-06 15:02", "", "", kind="void", target="held-2025-W45-2", reason="wrong week", person="CO1"
    )
    assert void is not None
    assert void.person == "CO1"
