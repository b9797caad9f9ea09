"""Whatever happens in whatever order: no level and no cap is over-filled, and a governor's plan keeps the core's promises."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.designs.dose_finding import Counts, advise, next_move
from pathway.events import Event, Report
from pathway.language.profile import make_profile
from pathway.record import Record
from pathway.refusal import Refused
from pathway.subtrial.govern import Governor, SubtrialPlan, admit_to, govern, subtrial_json
from tests.pathway.toy_subtrials import COMPILED, PLATFORM, SITE, START

PEOPLE = [f"P{n}" for n in range(1, 13)]
GOVERNORS = {
    s.id: Governor(COMPILED, s.id, make_profile(PLATFORM, {"places": "3"} if s.id == "U" else {}), SITE)
    for s in PLATFORM.subtrials
}

person = st.sampled_from(PEOPLE)
verdict = st.sampled_from(["YES", "NO", "NO", "NO", "INEVALUABLE"])
STEP = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 30 * 24)),
    st.tuples(st.just("ask"), person),
    st.tuples(st.just("ask"), person),
    st.tuples(st.just("start"), person),
    st.tuples(st.just("start"), person),
    st.tuples(st.just("dlt"), person, verdict),
    st.tuples(st.just("dlt"), person, verdict),
    st.tuples(st.just("response"), person, verdict),
    st.tuples(st.just("release"), person),
    st.tuples(
        st.just("standing"), person, st.sampled_from(["slot", "notice", "nothing"]), verdict, st.booleans()
    ),
    st.tuples(
        st.just("trial"),
        st.sampled_from(["suspended", "resumed", "halted_safety", "activated", "deactivated"]),
    ),
    st.tuples(st.just("decide"), st.integers(0, 3)),
    st.tuples(st.just("decide"), st.integers(0, 3)),
    st.tuples(st.just("void"), st.integers(0, 60)),
    st.tuples(st.just("correct"), st.integers(0, 60), verdict),
)
STEPS = st.lists(STEP, max_size=60)


class Run:
    """One random history of a governor; every report that is let in counts."""

    def __init__(self, id_: str) -> None:
        self.governor, self.record, self.now = GOVERNORS[id_], Record(), START
        self.plans: list[tuple[SubtrialPlan, SubtrialPlan]] = []
        self.count = 0

    def plan(self) -> SubtrialPlan:
        return govern(self.governor, self.record, self.now)

    def submit(self, kind: Any, name: str = "", subject: str = "", **more: Any) -> None:
        self.count += 1
        details = tuple(more.pop("details", {}).items())
        scope = (("subject", subject),) if subject else ()
        report = Report(
            f"e{self.count}", kind, self.now, "meeting", name, scope=scope, details=details, **more
        )
        before = self.plan()
        try:
            event = admit_to(self.governor, self.record, report, self.now, before)
        except Refused:
            return
        if event is not None:
            self.record.append(event)
            self.plans.append((before, self.plan()))

    def step(self, step: tuple[Any, ...]) -> None:
        where = {"country": "NL", "site": "S01"}
        match step:
            case ("wait", hours):
                before = self.plan()
                self.now += timedelta(hours=hours)
                self.plans.append((before, self.plan()))
            case ("ask", who):
                self.submit("action", "slot_asked", who, details=where)
            case ("start", who):
                self.submit("action", "slot_taken_up", who)
            case ("dlt" | "response", who, value):
                self.submit("action", step[0], who, details={"value": value})
            case ("release", who):
                self.submit("action", "slot_released", who)
            case ("standing", who, wants, dlt, begun):
                day = self.now.date().isoformat() if begun else ""
                details = where | {
                    "wants": wants,
                    "started": day,
                    "dlt": dlt if begun else "",
                    "number": str(self.count),
                }
                self.submit("action", "standing", who, details=details)
            case ("trial", name):
                self.submit("action", name, details={"country": "NL"} if name.endswith("activated") else {})
            case ("decide", which):
                open_ = [d for d in self.plan().plan.decisions if d.open]
                if open_:
                    chosen = open_[which % len(open_)]
                    option = chosen.options[which % len(chosen.options)]
                    self.submit("decision", chosen.key, value=option, override=True, reason="so decided")
            case ("void", which):
                if self.record.events:
                    self.submit(
                        "void", target=self.record.events[which % len(self.record.events)].id, reason="wrong"
                    )
            case ("correct", which, value):
                verdicts = [
                    e for e in self.record.events if e.name in ("dlt", "response") and e.kind == "action"
                ]
                if verdicts:
                    self.submit("correction", target=verdicts[which % len(verdicts)].id, value=value)


def lived(id_: str, steps: list[tuple[Any, ...]]) -> Run:
    run = Run(id_)
    for step in steps:
        run.step(step)
    return run


def slots(plan: SubtrialPlan, state: str) -> dict[str, str]:
    return {s.subject: s.level for s in plan.slots if s.state == state}


@pytest.mark.parametrize("id_", ["D", "R", "T", "RS"])
@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_no_slot_is_given_on_a_level_that_is_full_or_where_the_design_says_no(
    id_: str, steps: list[Any]
) -> None:
    run = lived(id_, steps)
    for before, after in run.plans:
        new = [who for who in slots(after, "RESERVED") if who not in slots(before, "RESERVED")]
        for level in after.levels:
            given_ = [who for who in new if slots(after, "RESERVED")[who] == level.id]
            phase_one = [s for s in after.slots if s.subject in given_ and s.stage == "PHASE1"]
            if phase_one and all(s.started is None for s in phase_one) and not _unstarted(before, given_):
                assert level.n <= 6
                assert level.t < 2
                assert level.state not in ("toxic", "closed", "not_opened")
                phase = run.governor.subtrial.phase_one
                assert phase is not None
                for k in range(1, len(given_) + 1):
                    said = advise(phase.design, Counts(level.n - k, level.t, level.p - k)).advice
                    assert said in ("SAME_LEVEL", "ESCALATE")


def _unstarted(before: SubtrialPlan, who: list[str]) -> bool:
    """Whether one of them had a slot that was taken up before (and the first dose has since been voided)."""
    return any(s.subject in who and s.state == "ENROLLED" for s in before.slots)


@pytest.mark.parametrize(("id_", "cap"), [("K", 23), ("U", 3)])
@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_a_cap_is_exceeded_only_by_patients_who_began_without_a_slot(
    id_: str, cap: int, steps: list[Any]
) -> None:
    run = lived(id_, steps)
    for _, plan in run.plans:
        holding = [s for s in plan.slots if s.state in ("RESERVED", "ENROLLED")]
        if len(holding) > cap:
            assert any(s.state == "ENROLLED" for s in holding)
            assert "OVER-ENROLLED" in [o.id for o in plan.plan.deviations]


@pytest.mark.parametrize("id_", list(GOVERNORS))
@given(STEPS)
@settings(max_examples=30, deadline=None)
def test_a_plan_is_the_same_however_it_was_come_by_and_constant_until_its_next_moment(
    id_: str, steps: list[Any]
) -> None:
    run = lived(id_, steps)
    plan = run.plan()
    fresh = govern(run.governor, Record.of(run.record.events), run.now)
    assert fresh == plan
    assert subtrial_json(run.governor, run.record, plan)["id"] == id_
    after = plan.plan.next_at or run.now + timedelta(days=400)
    assert after > run.now
    later = govern(run.governor, run.record, after - timedelta(microseconds=1))
    later.plan.at = plan.plan.at
    assert later == plan


@pytest.mark.parametrize("id_", list(GOVERNORS))
@given(STEPS)
@settings(max_examples=30, deadline=None)
def test_whoever_has_started_keeps_the_slot_and_nobody_who_asks_is_forgotten(
    id_: str, steps: list[Any]
) -> None:
    run = lived(id_, steps)
    for _, plan in run.plans:
        waiting = {w.subject for w in plan.waiting}
        for slot in plan.slots:
            if slot.started is not None:
                assert slot.state == "ENROLLED"
            if slot.state == "WITHDRAWN":
                assert slot.subject in waiting or plan.answers[slot.subject].state in (
                    "RELEASED",
                    "OPEN",
                    "SUSPENDED",
                    "NOT_OPEN",
                    "CLOSED",
                    "ENROLMENT_COMPLETE",
                )
        keys = [i.key for i in plan.plan.items] + [o.key for o in (*plan.plan.alerts, *plan.plan.deviations)]
        assert len(keys) == len(set(keys))


@given(st.lists(st.tuples(st.sampled_from(["action", "decision", "void", "correction", "judgement", "observation"]),
                          st.sampled_from(["standing", "slot_asked", "dlt", "activated", "LEVEL[level=2]", "RP2D", "x", ""]),
                          person, st.dictionaries(st.sampled_from(["wants", "started", "dlt", "number", "value", "from", "site"]),
                                                  st.sampled_from(["slot", "YES", "2025-13-45", "9", "", "nonsense"])),
                          st.integers(0, 9)), max_size=25), st.sampled_from(list(GOVERNORS)))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_a_governor_never_raises_even_on_events_that_no_door_would_let_in(
    events: list[Any], id_: str
) -> None:
    record = Record()
    for n, (kind, name, who, details, target) in enumerate(events):
        at = START + timedelta(hours=n * (1 if n % 3 else -1))
        record.append(Event(f"e{n}", kind, at, at, "meeting", name, scope=(("subject", who),), value=details.get("value"),
                            details=tuple(details.items()), target=f"e{target}"))  # fmt: skip
        plan = govern(GOVERNORS[id_], record, START)
        subtrial_json(GOVERNORS[id_], record, plan)


PLAUSIBLE = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["NO"] * 7 + ["YES", "INEVALUABLE", ""])), max_size=40
)
"""Patients one after the other: days until the next one asks, and what becomes of the one before."""


def conducted(id_: str, patients: list[tuple[int, str]]) -> Run:
    """A subtrial as it is usually conducted: everyone who gets a slot starts, verdicts come in, the meeting confirms."""
    run = Run(id_)
    for n, (days, dlt) in enumerate(patients):
        run.step(("ask", f"Q{n}"))
        run.step(("wait", days * 24))
        for slot in run.plan().slots:
            if slot.state == "RESERVED":
                run.step(("start", slot.subject))
        begun = [s.subject for s in run.plan().slots if s.state == "ENROLLED" and not s.dlt]
        if begun and dlt:
            run.step(("dlt", begun[0], dlt))
            run.step(("response", begun[0], dlt))
        run.step(("decide", 0))
    return run


@pytest.mark.parametrize("id_", ["R", "RS", "T", "S"])
@given(PLAUSIBLE)
@settings(max_examples=40, deadline=None)
def test_a_subtrial_that_is_conducted_as_planned_never_has_a_patient_too_many(
    id_: str, patients: list[tuple[int, str]]
) -> None:
    run = conducted(id_, patients)
    for _, plan in run.plans:
        assert all(level.n <= 6 for level in plan.levels)
        assert "OVER-ENROLLED" not in [o.id for o in plan.plan.deviations]
        assert all(o.id != "STARTED-WITHOUT-SLOT" for o in plan.plan.deviations)
        (track, entry) = plan.plan.tracks
        assert [at for _, at, _ in track.path] == sorted(at for _, at, _ in track.path)
        assert [at for _, at, _ in entry.path] == sorted(at for _, at, _ in entry.path)
        toxic = [n for n, level in enumerate(plan.levels) if level.state == "toxic"]
        entering = [n for n, level in enumerate(plan.levels) if level.state == "open"]
        assert all(n < min(toxic, default=9) for n in entering)


def test_the_histories_reach_every_end() -> None:
    ends = {}
    for name, id_, verdicts in (
        ("RP2D", "R", ["NO"] * 12),
        ("toxic", "R", ["YES"] * 8),
        ("phase two", "RS", ["NO"] * 16),
        ("futility", "S", ["NO"] * 16),
        ("final", "S", ["YES"] * 46),
    ):
        ends[name] = conducted(id_, [(5, verdict) for verdict in verdicts]).plan().status
    assert ends == {
        "RP2D": "RP2D_DECLARED",
        "toxic": "STOP_PHASE1_TOXIC",
        "phase two": "PHASE2_STAGE1",
        "futility": "STOPPED_FUTILITY",
        "final": "FINAL_ANALYSIS",
    }


@given(PLAUSIBLE)
@settings(max_examples=60, deadline=None)
def test_the_governor_moves_as_the_simulated_design_does(patients: list[tuple[int, str]]) -> None:
    for _, plan in conducted("R", patients).plans:
        phase = GOVERNORS["R"].subtrial.phase_one
        assert phase is not None
        if not plan.level or any(m.id == "RP2D-DECLARED" for m in plan.plan.milestones):
            continue
        current = [level.id for level in plan.levels].index(plan.level)
        move = next_move(phase.design, [Counts(x.n, x.t, x.p) for x in plan.levels], current, "P13")
        proposed = [(d.id, d.proposal) for d in plan.plan.decisions if d.open]
        match move.kind:
            case "ENTER":
                assert plan.entry[0] == "OPEN"
            case "WAIT":
                assert plan.entry[0] == "SUSPENDED"
            case "ESCALATE":
                assert proposed == [("LEVEL", "ESCALATE")]
            case "DE_ESCALATE":
                assert plan.entry[0] in ("LEVEL_DECISION_OPEN", "SUSPENDED", "TOXICITY_REVIEW")
            case "MTD" | "TOP":
                assert proposed == [("RP2D", plan.level)]
            case _:
                raise AssertionError(move)
