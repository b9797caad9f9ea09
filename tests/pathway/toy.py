"""A small but rich protocol for the tests of the core, and a way to live through it one report at a time."""

# ruff: noqa: E501
# A protocol stays a table.

from datetime import UTC, datetime, timedelta
from typing import Any

from pathway.changes import CLOCK, Announced, Change, changes, day_one_of
from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Evaluation
from pathway.events import Event, EventKind, Report
from pathway.language import (
    Action,
    AdverseEventRule,
    AdverseEventType,
    Anchor,
    Assessment,
    Band,
    Choice,
    Compare,
    Crit,
    Criterion,
    DateOf,
    Dates,
    Day,
    Decision,
    Deviation,
    Directed,
    Done,
    Endpoint,
    Entered,
    Exit,
    Exposure,
    Fact,
    Fresh,
    Graded,
    Infusion,
    InPhase,
    Input,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    LedgerPoint,
    Limit,
    Milestone,
    Moment,
    Not,
    NotObtainable,
    Offset,
    Outcome,
    Param,
    Passed,
    Phase,
    ProfileKey,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Restart,
    ReviewIf,
    Rose,
    Rung,
    Sampled,
    Series,
    Since,
    StudyDay,
    Taken,
    Task,
    Track,
    Unit,
    VerdictIs,
    Version,
    all_of,
    any_of,
    registry,
    row,
)
from pathway.language.profile import make_profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import evaluation
from pathway.plan import CriterionState, DecisionState, Item, Obligation, Plan
from pathway.record import Record
from pathway.site import Site

R = registry()
CYCLE = (("cycle", ("1", "2")),)
ONE, TWO = (("cycle", "1"),), (("cycle", "2"),)
B1, B2 = "blina[cycle=1]", "blina[cycle=2]"
EOI, BL1 = Reading("mrd", "EOI"), Reading("mrd", "BL1-END")
WBC, BLASTS, CNS = Reading("wbc", until="D1", strictly=True), Reading("blasts"), Reading("cns")
BIRTH, DIAGNOSED, VACCINE = Reading("birth_date"), Reading("diagnosis_date"), Reading("vaccine")
MARROW = Reading("mrd", points=("EOI", "BL1-END", "HSCT"))

RULES = (
    AdverseEventRule("CRS-2", "CRS", (2, 2), "consider_pause", "consider a pause", R),
    AdverseEventRule("CRS-3", "CRS", (3, 3), "interrupt", "interrupt", R, restart=Restart(0, low_days=7)),
    AdverseEventRule("CRS-4", "CRS", (4, 5), "stop", "stop for good", R),
    AdverseEventRule(
        "NEURO-3", "NEURO", (3, 3), "interrupt", "hold until <= 1 for 3 days", R,
        restart=Restart(1, for_days=3, low_days=7, resolve_within_days=7, stop_if_recurs_at_low_dose=True),
    ),
    AdverseEventRule("NEURO-4", "NEURO", (4, 5), "stop", "stop for good", R),
    AdverseEventRule("SEIZURE-2", "SEIZURE", (1, 5), "stop", "a second seizure", R, nth=2),
    AdverseEventRule(
        "OTHER-3", "OTHER", (3, 3), "interrupt", "hold until <= 1", R,
        restart=Restart(1, for_days=3, low_days=7, resolve_within_days=14),
    ),
    AdverseEventRule("OTHER-4", "OTHER", (4, 5), "review", "consider stopping", R),
)  # fmt: skip


def infusion(number: str) -> Infusion:
    """A cycle of the toy's infusion."""
    return Infusion(
        "blina", f"Cycle {number}", (("cycle", number),), Param("blina_days"), "15", "5", "ug/m2/day", RULES, R,
        same_cycle_pause=7, supervised_pause_hours=4,
        end_tolerance=1,
    )  # fmt: skip


TOY = Protocol(
    name="toy-core",
    title="A made-up trial",
    registry=("NCT00000000",),
    version=Version("1", "2025-01-01", "first"),
    profile_name="TOY-0",
    references=(),
    profile=(
        ProfileKey("eoi_day", "study_day", "D33", "end of induction", R),
        ProfileKey("blina_start", "study_day", "D36", "start of the infusion", R),
        ProfileKey("blina_days", "days", "28", "days of infusion", R),
        ProfileKey("high", "limit", ">= 5e-4", "too much residual disease", R),
        ProfileKey("off", "limit", None, "a rule that is switched off", R),
        ProfileKey("course", "choice", "IB", "course of low risk", R, options=("IB", "ADE")),
        ProfileKey("course_days", "days", "42", "length of a course", R, simulation=True),
    ),
    facts=(
        Fact("birth_date", "date", "date of birth", "coordinator", R),
        Fact("diagnosis_date", "date", "day of diagnosis", "coordinator", R),
        Fact("vaccine", "date", "last live vaccine", "clinician", R, never=True, cardinality="ever"),
        Fact("lineage", "choice", "lineage", "laboratory", R, values=("B", "T")),
        Fact("cns", "choice", "CNS status", "laboratory", R, values=("CNS1", "CNS2", "CNS3"), cardinality="latest"),
        Fact("wbc", "number", "white cells", "laboratory", R, units=(Unit("10^9/L"), Unit("/uL", "0.001")),
             possible=("0", "5000"), plausible=("0.1", "2000"), cardinality="max"),
        Fact("blasts", "number", "blasts on day 8", "laboratory", R, units=(Unit("/uL"),), possible=("0", "1e7")),
        Fact("mrd", "number", "residual disease", "laboratory", R, units=(Unit("fraction"), Unit("%", "0.01")),
             points=("EOI", "BL1-END", "HSCT"), possible=("0", "1"), qualifiers=True, details=("assay",)),
        Fact("steroid", "number", "earlier steroid", "coordinator", R, units=(Unit("mg/m2/day"),),
             cardinality="series", details=("days", "route")),
        Fact("conditioning", "date", "planned conditioning", "clinician", R, future=True, cardinality="latest"),
    ),
    actions=(
        Action("consent", "consent signed", R),
        Action("withdrawn", "consent withdrawn", R, ends="study"),
        Action("first_prednisone", "first dose", R),
        Action("infusion_started", "started", R, scopes=CYCLE, details=("dose",), repeats=True),
        Action("infusion_paused", "paused", R, scopes=CYCLE, details=("cause",), repeats=True),
        Action("infusion_resumed", "resumed", R, scopes=CYCLE, details=("dose",), repeats=True),
        Action("infusion_stopped", "stopped for good", R, scopes=CYCLE),
        Action("infusion_ended", "ended", R, scopes=CYCLE, repeats=True),
        Action("bag_change_missed", "bag change missed", R, scopes=CYCLE, repeats=True),
        Action("course_started", "a course began", R, scopes=(("course", ("IB", "ADE", "MARMA")),)),
        Action("donor_found", "donor found", R),
        Action("relapse", "relapse", R, ends="treatment"),
        Action("death", "death", R, ends="life"),
        Action("blood_count", "blood count", R, repeats=True),
    ),
    adverse_events=(
        AdverseEventType("CRS", "cytokine release", R, scales=("ASTCT",)),
        AdverseEventType("NEURO", "neurotoxicity", R, scales=("ASTCT", "CTCAE")),
        AdverseEventType("SEIZURE", "seizure", R, occurrences=True),
        AdverseEventType("OTHER", "other", R),
    ),
    ledgers=(infusion("1"), infusion("2")),
    anchors=(
        Anchor("D1", "first dose", (Done("first_prednisone"),)),
        Anchor("EOI", "end of induction", (Sampled(EOI),), (StudyDay("D1", Param("eoi_day")),)),
        Anchor("b1", "first infusion day", (LedgerPoint(B1, "start"),), (StudyDay("D1", Param("blina_start")),)),
        Anchor("bl1_off", "infusion over", (LedgerPoint(B1, "stop"), LedgerPoint(B1, "end")), (Offset("b1", 28),)),
        Anchor("course1", "course planned", (Done("course_started"),), (Offset("bl1_off", 14),)),
        Anchor("course1_end", "course over", (), (Offset("course1", Param("course_days")),)),
        Anchor("high_since", "high risk since", (Since(Outcome("risk", ("HR",))),)),
        Anchor("conditioning", "conditioning", (DateOf(Reading("conditioning")),)),
        Anchor("relapse", "relapse", (Done("relapse"),)),
        Anchor("death", "death", (Done("death"),)),
        Anchor("last_seen", "last seen", (Done("blood_count"),)),
    ),
    criteria=(
        Criterion("I2", "B lineage", "inclusion", Is(Reading("lineage"), ("B",)), R),
        Criterion("I3", "365 days at most", "inclusion", Dates(Day(DIAGNOSED), "<=", Day(BIRTH, days=365)), R),
        Criterion("I4", "consent", "inclusion", Recorded("consent"), R),
        Criterion("E5", "no long steroid", "exclusion", Not(Exposure(
            Reading("steroid"), Limit(">", "10"), Limit(">", "7"), Day(DIAGNOSED), 28, ("route", "inhaled"))), R),
        Criterion("X2", "CNS1 before the infusion", "blinatumomab", Is(Reading("cns", until="b1"), ("CNS1",)), R),
        Criterion("X4", "no live vaccine in 28 days", "blinatumomab",
                  Dates(Day(VACCINE, days=28), "<", Day("b1"), never="PASS"), R),
        Criterion("X5", "silent at 28 days", "blinatumomab",
                  ReviewIf(Dates(Day("b1"), "<=", Day(BIRTH, days=28)), "28 days or younger"), R),
        Criterion("YOUNG", "under 6 months", "risk", Dates(Day(DIAGNOSED), "<", Day(BIRTH, months=6)), R),
        Criterion("OFF", "switched off", "risk", Compare(EOI, Param("off")), R),
        Criterion("ELIGIBLE", "eligible", "screening", all_of(Crit("I2"), Crit("I3"), Crit("I4")), R),
    ),
    decisions=(
        Decision(
            "initial", "risk at diagnosis",
            (Input("young", Crit("YOUNG")), Input("wbc", WBC, (Band("low", (Limit("<", "300"),)), Band("high", (Limit(">=", "300"),)))),
             Input("d8", BLASTS, (Band("good", (Limit("<", "1000"),)), Band("poor", (Limit(">=", "1000"),))),
                   closed=("unknown", Passed(Moment("D1", 8, at="close"))))),
            (row("MR", R, young="no"), row("HR", R, young="yes", wbc="high"), row("HR", R, young="yes", wbc="low", d8="poor"),
             row("MR", R, "U", "good or unknown", young="yes", wbc="low", d8=("good", "unknown"))),
            ("MR", "HR"), R,
        ),
        Decision(
            "realloc", "reallocation after cycle 1",
            (Input("mrd", BL1, (Band("neg", (Limit("<", "1e-4"),)), Band("edge", (Limit("=", "1e-4"),)), Band("pos", (Limit(">", "1e-4"),)))),),
            (row("STAY", R, mrd="neg"), row("HR", R, "R2b", "on the limit", mrd="edge"), row("HR", R, "R2", "", mrd="pos")),
            ("STAY", "HR"), R, confirm="clinician", boundary=Compare(BL1, Limit("=", "1e-4")), on_reopen="suspend",
            asked=Not(Outcome("initial", ("HR",))),
        ),
        Decision(
            "risk", "risk in force", (Input("initial", "initial"), Input("realloc", "realloc")),
            (row("HR", R, initial="HR"), row("HR", R, initial="MR", realloc="HR"), row("MR", R, initial="MR", realloc=("STAY", "none"))),
            ("MR", "HR"), R,
        ),
        Decision(
            "course", "consolidation",
            (Input("eoi", EOI, (Band("low", (Limit("<", "5e-4"),)), Band("high", (Limit(">=", "5e-4"),)))),),
            (row(Param("course"), R, eoi="low"), row(Choice(("ADE", "MARMA")), R, eoi="high")),
            ("IB", "ADE", "MARMA"), R, confirm="clinician", on_reopen="keep",
            enacted=tuple((c, Recorded("course_started", (("course", c),))) for c in ("IB", "ADE", "MARMA")),
        ),
        Decision(
            "cycle2", "second cycle", (Input("risk", "risk"),),
            (row("YES", R, risk="MR"), row("NO", R, risk="HR")), ("YES", "NO"), R, confirm="meeting",
            enacted=(("YES", Not(LedgerIs(B2, ("not_started",)))),),
        ),
    ),
    tracks=(
        Track("registration", "registration", (
            Phase("SCREENING", "screening", R, (
                Exit("ENROLLED", Crit("ELIGIBLE"), R), Exit("FAILED", VerdictIs(Crit("ELIGIBLE"), ("FAIL",)), R))),
            Phase("ENROLLED", "enrolled", R, terminal=True),
            Phase("FAILED", "screen failure", R, terminal=True),
        )),
        Track("treatment", "treatment", (
            Phase("WAITING", "before", R, (Exit("PREPHASE", Recorded("first_prednisone"), R),), confirm=None),
            Phase("PREPHASE", "prephase", R, (Exit("INDUCTION", any_of(Known(BLASTS), Passed(Moment("D1", 8, at="close"))), R, "D1"),),
                  started_by=(Done("first_prednisone"),)),
            Phase("INDUCTION", "induction", R, (
                Exit("BLINA_1", all_of(Crit("X2"), Crit("X4")), R, "b1"), Exit("COURSE_1", Not(Crit("X2")), R, "course1"))),
            Phase("BLINA_1", "infusion 1", R, (
                Exit("COURSE_1", all_of(LedgerIs(B1, ("end_expected", "complete", "stopped", "short")), Known(BL1)), R, "course1"),),
                started_by=(Done("infusion_started", ONE),), only_when_started=True),
            Phase("COURSE_1", "course", R, (
                Exit("BLINA_2", Taken("cycle2", ("YES",)), R), Exit("FOLLOW_UP", Taken("cycle2", ("NO",)), R)),
                started_by=(Done("course_started"),), hit="priority"),
            Phase("BLINA_2", "infusion 2", R, (Exit("FOLLOW_UP", LedgerIs(B2, ("end_expected", "complete", "stopped", "short")), R),),
                  started_by=(Done("infusion_started", TWO),), only_when_started=True),
            Phase("FOLLOW_UP", "follow-up", R, terminal=True),
            Phase("OFF", "off treatment", R, terminal=True),
        ), anywhere=(Exit("OFF", any_of(Recorded("withdrawn"), Recorded("relapse"), Recorded("death")), R),)),
        Track("transplant", "transplant", (
            Phase("NO_HSCT", "none", R, (Exit("SEARCH", Outcome("risk", ("HR",)), R),), confirm=None),
            Phase("SEARCH", "donor search", R, (Exit("READY", all_of(
                Recorded("donor_found"), Compare(MARROW, Limit("<", "1e-4")), Fresh(MARROW, 14, "conditioning")), R),)),
            Phase("READY", "ready", R, terminal=True),
        )),
    ),
    assessments=(
        Assessment("D8-BLASTS", "blasts", Moment("D1", 7), Known(BLASTS), "laboratory", R, (0, 1)),
        Assessment("EOI-MARROW", "marrow", Moment("D1", 32), Known(EOI), "laboratory", R, (-2, 7), InPhase("treatment", ("INDUCTION",))),
        Assessment("BL1-MARROW", "marrow", Moment("bl1_off"), Known(BL1), "laboratory", R, (-1, 4), Entered("treatment", "BLINA_1")),
        Assessment("BLINA2-START", "start cycle 2", Moment("course1", 42), Not(LedgerIs(B2, ("not_started",))), "clinician", R,
                   (0, 3), InPhase("treatment", ("COURSE_1",)), blocked_by="cycle2", kind="dose"),
        Assessment("COURSE-END", "end of course", Moment("course1_end"), Recorded("death"), "coordinator", R, (0, 0),
                   InPhase("treatment", ("COURSE_1",))),
    ),
    series=(
        Series("COUNT", "blood count", Moment("D1"), "coordinator", R, days=7, window=(-1, 1), action="blood_count",
               while_=InPhase("treatment", ("PREPHASE", "INDUCTION"))),
        Series("CNS-LP", "lumbar puncture", Moment("D1", 14), "clinician", R, months=1, window=(-3, 3), fact="cns", count=3),
    ),
    tasks=(
        Task("DONOR-SEARCH", "look for a donor", Outcome("risk", ("HR",)), Recorded("donor_found"), "coordinator", R,
             due=Moment("high_since", 14), ends_with="study"),
        Task("SIGN", "obtain consent", Not(Recorded("consent")), Recorded("consent"), "coordinator", R, ends_with="study"),
        Task("WAIT", "prepare the course", Known(EOI), Recorded("course_started"), "clinician", R, due=Moment("course1"), blocked_by="course",
             ends_with="study"),
    ),
    milestones=(
        Milestone("RISK", "risk", Outcome("initial", ("MR", "HR")), R, value="initial"),
        Milestone("EOI-RESULT", "MRD at the end of induction", Known(EOI), R, value=EOI),
        Milestone("BLINA1-DONE", "infusion 1 complete", LedgerIs(B1, ("end_expected", "complete")), R),
        Milestone("NOT-HAD", "cannot be had", NotObtainable(BL1), R),
        Milestone("RISE", "MRD rises", Rose(MARROW, "10"), R),
        Milestone("ON-D1", "treatment has begun", Reached("D1"), R),
    ),
    deviations=(
        Deviation("D8-MISSING", "no blasts", all_of(Reached("D1"), Not(Known(BLASTS))), (Rung("major", Moment("D1", 8)),), R),
        Deviation("BL1-MISSING", "no marrow after cycle 1", all_of(Reached("b1"), Not(Known(BL1)), Not(NotObtainable(BL1))),
                  (Rung("minor", Moment("bl1_off", 4)), Rung("major", Moment("bl1_off", 10))), R),
        Deviation("LONG-PAUSE", "paused for more than 7 days", LedgerFlag(B1, "pause_over_limit"), (Rung("critical"),), R, to="clinician"),
        Deviation("STOP-NOW", "the table says stop", all_of(Directed(B1, ("stop",)), Not(LedgerIs(B1, ("stopped",)))),
                  (Rung("critical"),), R, to="clinician", kind="alert"),
        Deviation("HIGH-GRADE", "grade 3 or more now", any_of(Graded("CRS", 3, current=True), Graded("NEURO", 3, current=True)),
                  (Rung("major"),), R, kind="alert"),
    ),
    endpoints=(
        Endpoint("EFS", "event-free survival", "D1", (("relapse", "relapse"), ("death", "death")), R, censor=("last_seen",)),
        Endpoint("CIR", "relapse", "D1", (("relapse", "relapse"),), R, (("death", "death"),), ("last_seen",)),
    ),
    day_one="D1",
    enrolled_group="risk",
)  # fmt: skip

COMPILED = compile_protocol(TOY)
PROFILE = make_profile(TOY)
SITE = Site("S01")


def berlin(text: str) -> datetime:
    """An instant (UTC) from a time that the clock in Berlin shows."""
    return datetime.fromisoformat(text).replace(tzinfo=SITE.tz).astimezone(UTC)


class Life:
    """One patient of a protocol: reports go in through the door, plans come out."""

    def __init__(self, compiled: Any = COMPILED, profile: Any = PROFILE, site: Site = SITE) -> None:
        self.compiled, self.profile, self.site = compiled, profile, site
        self.record = Record()
        self.announced = Announced()
        self.count = 0

    def plan(self, at: str | datetime) -> Plan:
        """The plan at that moment (text: Berlin time)."""
        return self.evaluation(at).plan

    def evaluation(self, at: str | datetime) -> Evaluation:
        """The evaluation at that moment, with its plan."""
        now = berlin(at) if isinstance(at, str) else at
        return evaluation(self.compiled, self.profile, self.site, self.record, now)

    def submit(
        self, kind: EventKind, at: str | datetime, name: str = "", value: str | None = None, **more: Any
    ) -> Event | None:
        """Submit a report; raises Refused. `on`: clinical time in Berlin."""
        now = berlin(at) if isinstance(at, str) else at
        self.count += 1
        on = more.pop("on", None)
        details = tuple((more.pop("details", None) or {}).items())
        more.setdefault("role", "clinician")
        more.setdefault("id", f"e{self.count}")
        report = Report(
            kind=kind,
            at=now,
            name=name,
            value=value,
            details=details,
            occurred=berlin(on) if on else None,
            **more,
        )
        event = admit(self.evaluation(now), report, now)
        if event is not None:
            self.record.append(event)
        return event

    def fact(self, at: str, name: str, value: str, **more: Any) -> Event:
        """A value."""
        return self._accepted(self.submit("observation", at, name, value, **more))

    def do(self, at: str, name: str, **more: Any) -> Event:
        """An action."""
        return self._accepted(self.submit("action", at, name, **more))

    def blina(self, at: str, what: str, cycle: str = "1", **more: Any) -> Event:
        """Something about an infusion."""
        return self.do(at, f"infusion_{what}", scope=(("cycle", cycle),), **more)

    def ae(self, at: str, name: str, grade: int, **more: Any) -> Event:
        """A grade of an adverse event."""
        return self._accepted(self.submit("adverse_event", at, name, str(grade), **more))

    def correct(self, at: str, target: str, value: str | None = None, **more: Any) -> Event:
        """A correction."""
        return self._accepted(self.submit("correction", at, value=value, target=target, **more))

    def void(self, at: str, target: str, **more: Any) -> Event:
        """A void."""
        return self._accepted(self.submit("void", at, target=target, reason="a mistake", **more))

    def decide(self, at: str, name: str, option: str, **more: Any) -> Event:
        """A decision."""
        more.setdefault("reason", "discussed")
        return self._accepted(self.submit("decision", at, name, option, **more))

    def tell(self, at: str | datetime, cause: str = "") -> list[Change]:
        """What has changed since the last time."""
        plan = self.plan(at)
        cause = cause or (CLOCK if self._at(plan.at) is None else "e")
        found, self.announced = changes(
            self.announced, plan, subject="P1", cause=cause, tz=self.site.tz,
            day_one=day_one_of(plan, self.compiled.protocol.day_one), event=self._at(plan.at),
        )  # fmt: skip
        return found

    def _at(self, at: datetime) -> Event | None:
        """The newest event, if it was recorded at this instant."""
        newest = self.record.events[-1:]
        return newest[0] if newest and newest[0].recorded == at else None

    @staticmethod
    def _accepted(event: Event | None) -> Event:
        assert event is not None
        return event


def decision(plan: Plan, key: str) -> DecisionState:
    """The decision of that key."""
    return next(d for d in plan.decisions if d.key == key)


def criterion(plan: Plan, name: str) -> CriterionState:
    """The criterion of that name."""
    return next(c for c in plan.criteria if c.id == name)


def item(plan: Plan, key: str) -> Item | None:
    """The item of that key, if the plan has it."""
    return next((i for i in plan.items if i.key == key), None)


def notice(plan: Plan, key: str) -> Obligation | None:
    """The deviation or alert of that key or id, if it is raised."""
    every = (*plan.deviations, *plan.alerts)
    return next((o for o in every if key in (o.key, o.id)), None)


def phase(plan: Plan, track: str = "treatment") -> str:
    """Where the patient is."""
    return next(t.phase for t in plan.tracks if t.id == track)


def enrolled(compiled: Any = COMPILED) -> Life:
    """T01 of the toy: 240 days old, WBC 85, first dose on 2025-02-03 09:00."""
    life = Life(compiled)
    life.fact("2025-02-01T09:00", "birth_date", "2024-06-08")
    life.fact("2025-02-01T09:01", "diagnosis_date", "2025-02-01")
    life.fact("2025-02-01T09:02", "lineage", "B")
    life.fact("2025-02-01T09:03", "wbc", "85", unit="10^9/L")
    life.do("2025-02-01T09:04", "consent")
    life.do("2025-02-03T09:00", "first_prednisone")
    return life


def infused(start: str = "2025-03-10T10:00", compiled: Any = COMPILED) -> Life:
    """The same child at the start of the infusion, 20 days before the clocks change in Berlin."""
    life = enrolled(compiled)
    life.fact("2025-02-10T12:00", "blasts", "320", unit="/uL", on="2025-02-10T09:00")
    life.decide("2025-02-10T13:00", "AFTER_PREPHASE", "INDUCTION")
    life.fact("2025-03-07T12:00", "cns", "CNS1", on="2025-03-07T09:00")
    life.fact("2025-03-07T12:01", "vaccine", "NEVER")
    life.decide("2025-03-08T12:00", "AFTER_INDUCTION", "BLINA_1")
    life.blina(start, "started")
    return life


DAY = timedelta(days=1)
