"""A made-up platform of subtrials for the tests of governors, and a way to live through one report at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pathway.engine.compiler import compile_protocol
from pathway.errors import AllpathError
from pathway.events import Event, Report
from pathway.language import (
    Cap,
    DoseLevel,
    Param,
    Phase,
    PhaseOne,
    ProfileKey,
    Protocol,
    RollingSix,
    SimonTwoStage,
    StatusNote,
    Subtrial,
    ThreePlusThree,
    Track,
    Version,
    assumption,
    slot_fact,
)
from pathway.language.profile import make_profile
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.action_rules import ACTION_ROLES
from pathway.subtrial.govern import Governor, SubtrialPlan, admit_to, govern, subtrial_json

A = assumption("made up for tests")
LEVELS = tuple(DoseLevel(i, f"level {i}", A) for i in ("-1", "1", "2"))
SIMON = SimonTwoStage("0.20", "0.40", "0.05", "0.20", "optimal", A)
UNSET = SimonTwoStage(Param("p0"), Param("p1"), "0.05", "0.20", "optimal", A)
ROLLING = PhaseOne(RollingSix(Param("table")), LEVELS, "1", Param("window"), A)
FREE: dict[str, Any] = {"begins": "ACTIVATED", "activation": False}

SUBTRIALS = (
    Subtrial("D", "dose finding, then two stages", A, Param("reservation"), begins="APPROVED", phase_one=ROLLING, phase_two=UNSET,
             notes=(StatusNote("recruiting", "2023-11-14", A),)),
    Subtrial("E", "in submission", A, 7, begins="SUBMITTED", cap=Cap(3, A)),
    Subtrial("R", "dose finding, open everywhere", A, Param("reservation"), phase_one=ROLLING, **FREE),
    Subtrial("T", "three plus three", A, 7, phase_one=PhaseOne(ThreePlusThree(), LEVELS, "1", 28, A), **FREE),
    Subtrial("S", "two stages", A, 7, phase_two=SIMON, **FREE),
    Subtrial("RS", "dose finding and two stages", A, 7, phase_one=ROLLING, phase_two=SIMON, **FREE),
    Subtrial("K", "23 patients", A, 7, cap=Cap(23, A), **FREE),
    Subtrial("U", "a number that is not set", A, Param("unset_days"), cap=Cap(Param("places"), A), **FREE),
)  # fmt: skip

PLATFORM = Protocol(
    name="toy-subtrials",
    title="A made-up platform",
    registry=(),
    version=Version("1", "2026-01-01", "the only one"),
    profile_name="TOY-SUBTRIALS-0",
    references=(),
    profile=(
        ProfileKey("reservation", "days", "7", "days for which a slot is kept", A),
        ProfileKey("window", "days", "0", "days of the DLT window; with none a verdict counts at once", A),
        ProfileKey("table", "choice", "P13", "table of the rolling six", A, options=("P13", "P14")),
        ProfileKey("places", "days", None, "places", A),
        ProfileKey("unset_days", "days", None, "days for which a slot is kept", A),
        ProfileKey("p0", "number", None, "p0", A),
        ProfileKey("p1", "number", None, "p1", A),
    ),
    facts=(slot_fact(*(s.id for s in SUBTRIALS), source=A),),
    actions=(),
    anchors=(),
    criteria=(),
    decisions=(),
    tracks=(Track("treatment", "treatment", (Phase("ON", "on", A),)),),
    milestones=(),
    day_one="",
    subtrials=SUBTRIALS,
)  # fmt: skip
COMPILED = compile_protocol(PLATFORM)
SITE = Site("office", "Europe/Amsterdam", "NL")
START = datetime(2025, 11, 3, 8, tzinfo=UTC)
"""The first day of the facts file's cases: 2025-11-03, 09:00 in Amsterdam."""


class Life:
    """A governor's record and clock, moved one report at a time. `confirm`: sole proposals are taken when they appear."""

    def __init__(self, subtrial: str, *, confirm: bool = False, **profile: str) -> None:
        self.governor = Governor(COMPILED, subtrial, make_profile(PLATFORM, profile), SITE)
        self.record = Record()
        self.now = START
        self.count = 0
        self.confirm = confirm

    @property
    def plan(self) -> SubtrialPlan:
        """The plan now."""
        return govern(self.governor, self.record, self.now)

    @property
    def json(self) -> dict[str, Any]:
        """The plan now, as JSON."""
        return subtrial_json(self.governor, self.record, self.plan)

    def report(self, kind: Any, name: str = "", **more: Any) -> Event | None:
        """A report now; raises Refused."""
        self.count += 1
        fields: dict[str, Any] = {
            "id": f"g{self.count}",
            "at": self.now,
            "role": "meeting",
            "name": name,
        } | more
        event = admit_to(self.governor, self.record, Report(kind=kind, **fields), self.now, self.plan)
        if event is not None:
            self.record.append(event)
        while self.confirm and (open_ := [d for d in self.plan.plan.decisions if d.open and d.proposal]):
            self.count += 1
            taken = Report(f"g{self.count}", "decision", self.now, "meeting", open_[0].key, value=open_[0].proposal,
                           expected=open_[0].digest)  # fmt: skip
            said = admit_to(self.governor, self.record, taken, self.now, self.plan)
            assert said is not None
            self.record.append(said)
        return event

    def do(self, name: str, subject: str = "", role: str = "", **details: str) -> str:
        """An action now; gives the id of its event."""
        scope = (("subject", subject),) if subject else ()
        details = {key.rstrip("_"): value for key, value in details.items()}
        event = self.report(
            "action", name, role=role or ACTION_ROLES[name][0], scope=scope, details=tuple(details.items())
        )
        assert event is not None
        return event.id

    def ask(self, *subjects: str, country: str = "NL", site: str = "S01") -> None:
        """Patients ask for a slot, one after the other."""
        for subject in subjects:
            self.do("slot_asked", subject, country=country, site=site)

    def start(self, *subjects: str) -> None:
        """Patients receive the first dose."""
        for subject in subjects:
            self.do("slot_taken_up", subject)

    def enter(self, *subjects: str) -> None:
        """Patients ask and start at once."""
        for subject in subjects:
            self.ask(subject)
            self.start(subject)

    def dlt(self, value: str, *subjects: str) -> None:
        """The verdict on the DLT window."""
        for subject in subjects:
            self.do("dlt", subject, value=value)

    def correct(self, name: str, subject: str, value: str) -> None:
        """What was said of a patient last is said right."""
        found = [e for e in self.record.actions[name] if dict(e.scope)["subject"] == subject]
        target = self.record.latest_of_chain(found[-1].id)
        self.report("correction", target=target, details=(("value", value),))

    def responded(self, value: str, *subjects: str) -> None:
        """The verdict on the response."""
        for subject in subjects:
            self.do("response", subject, value=value)

    def decide(self, key: str, option: str, **more: Any) -> None:
        """A decision of the meeting."""
        self.report("decision", key, value=option, **more)

    def wait(self, **length: int) -> None:
        """Time passes."""
        self.now += timedelta(**length)

    def state(self, subject: str) -> str:
        """What the governor answers."""
        return self.plan.answers[subject].state

    def reason(self, subject: str) -> str:
        """The code of the reason of the answer."""
        return self.plan.answers[subject].code

    def level(self, id_: str) -> tuple[int, int, int]:
        """The counts of a level."""
        level = next(x for x in self.plan.levels if x.id == id_)
        return level.n, level.t, level.p

    def states(self) -> dict[str, str]:
        """The states of the levels."""
        return {x.id: x.state for x in self.plan.levels}

    def open_decisions(self) -> dict[str, str | None]:
        """What the meeting is asked now, with the proposals."""
        return {d.key: d.proposal for d in self.plan.plan.decisions if d.open}

    def told(self) -> list[str]:
        """Keys of the deviations and alerts that are raised."""
        plan = self.plan.plan
        return [o.key for o in (*plan.deviations, *plan.alerts) if o.state == "raised"]

    def refused(self, kind: Any, name: str = "", **more: Any) -> str:
        """The code with which a report is refused."""
        try:
            self.report(kind, name, **more)
        except AllpathError as error:
            return getattr(error, "code", "")
        raise AssertionError("it was let in")


def names(first: int, last: int) -> list[str]:
    """P1 to P3, say."""
    return [f"P{n}" for n in range(first, last + 1)]
