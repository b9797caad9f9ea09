"""A made-up infant on Interfant-21, told in study days: what is reported goes through the door, what comes out is the plan."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from pathway.events import EventKind, Report
from pathway.language.profile import make_profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import evaluate, evaluation
from pathway.plan import DecisionState, Plan
from pathway.record import Record
from pathway.site import Site
from protocols import compiled

D1 = date(2025, 2, 3)
COMPILED = compiled("interfant-21")

ELIGIBLE: dict[str, tuple[str, str, str]] = {
    "birth_date": ("", "2024-06-06", ""),
    "diagnosis_date": ("", "2025-02-01", ""),
    "consent": ("", "GIVEN", ""),
    "disease": ("", "NEW", ""),
    "lineage": ("", "B_PRECURSOR", ""),
    "kmt2a": ("", "REARRANGED", ""),
    "cd19": ("", "POSITIVE", ""),
    "wbc": ("", "85", "10^9/L"),
    "cns": ("DIAGNOSIS", "CNS1", ""),
    "extramedullary": ("DIAGNOSIS", "NONE", ""),
    "prior_steroid": ("", "0", "mg/m2/day"),
    "last_chemotherapy": ("", "NEVER", ""),
    "hypersensitivity": ("", "NONE", ""),
    "live_vaccine": ("", "NEVER", ""),
    "live_vaccine_planned": ("", "NO", ""),
}


def day(text: str) -> datetime:
    """The instant of `D33 15:00`; 09:00 without an hour."""
    word, _, clock = text.partition(" ")
    local = datetime.combine(
        D1 + timedelta(days=int(word[1:]) - 1), time.fromisoformat(clock or "09:00"), Site("S01").tz
    )
    return local.astimezone(UTC)


@dataclass
class Infant:
    """A record that grows. `auto`: sole proposals that are no boundary cases are taken after each report, as a rehearsal does."""

    settings: dict[str, str] = field(default_factory=dict)
    auto: bool = False
    record: Record = field(default_factory=lambda: Record.of(()))
    now: datetime = field(default_factory=lambda: datetime(2025, 2, 1, 8, tzinfo=UTC))

    def __post_init__(self) -> None:
        self.site = Site("S01")
        self.profile = make_profile(COMPILED.protocol, self.settings, simulation=True)

    def plan(self, at: str = "") -> Plan:
        """The plan now, or on a study day."""
        if at:
            self.now = max(self.now, day(at))
        plan = evaluate(COMPILED, self.profile, self.site, self.record, self.now)
        while self.auto and (found := next((d for d in plan.decisions if self._sole(d)), None)) is not None:
            self._admit("decision", found.key, value=found.proposal, role="clinician")
            plan = evaluate(COMPILED, self.profile, self.site, self.record, self.now)
        return plan

    @staticmethod
    def _sole(decision: DecisionState) -> bool:
        return (
            decision.open
            and decision.proposal is not None
            and not decision.boundary
            and decision.state in ("proposed", "reopened")
        )

    def _admit(self, kind: EventKind, name: str, at: str = "", **more: object) -> None:
        if at:
            self.live_until(day(at))
        more.setdefault("role", "coordinator")
        report = Report(f"e{len(self.record.events)}", kind, self.now, name=name, **more)  # type: ignore[arg-type]
        known = evaluation(COMPILED, self.profile, self.site, self.record, self.now)
        event = admit(known, report, self.now)
        assert event is not None
        self.record.append(event)

    def live_until(self, at: datetime) -> None:
        """Let time pass, waking whenever the plan asks for it."""
        while self.now < at:
            plan = self.plan()
            self.now = min(plan.next_at or at, at)
        self.plan()

    def tell(
        self,
        fact: str,
        value: str,
        unit: str = "",
        point: str = "",
        at: str = "",
        sampled: str = "",
        **details: str,
    ) -> "Infant":
        """Report an observation."""
        self._admit(
            "observation", fact, at, value=value, unit=unit, point=point,
            occurred=day(sampled) if sampled else None, details=tuple(sorted(details.items())),
        )  # fmt: skip
        return self

    def do(self, action: str, at: str = "", role: str = "coordinator", **scope: str) -> "Infant":
        """Report an action."""
        self._admit("action", action, at, role=role, scope=tuple(sorted(scope.items())))
        return self

    def suffer(self, event: str, grade: int, at: str = "") -> "Infant":
        """Report an adverse event."""
        self._admit("adverse_event", event, at, value=str(grade))
        return self

    def lose(self, fact: str, point: str = "", at: str = "") -> "Infant":
        """Declare a value not obtainable."""
        self._admit("not_obtainable", fact, at, point=point, reason="lost")
        return self

    def decide(self, decision: str, option: str, at: str = "") -> "Infant":
        """Take an option as a clinician."""
        self._admit("decision", decision, at, value=option, role="clinician", reason="discussed")
        return self

    def judge(self, criterion: str, verdict: str) -> "Infant":
        """Judge a criterion under review."""
        self._admit("judgement", criterion, value=verdict, role="clinician", reason="discussed")
        return self


def newborn(settings: dict[str, str] | None = None, auto: bool = False, **facts: str | None) -> Infant:
    """An infant who is eligible, except for the facts named here: another value, or None for missing."""
    infant = Infant(settings or {}, auto)
    for fact, (point, value, unit) in ELIGIBLE.items():
        other = facts.get(fact, value)
        if other is not None:
            infant.tell(fact, other, unit, point)
    return infant


def induced(infant: Infant, blasts: str = "1", cns: str = "CNS1", day_8: str | None = "320") -> Infant:
    """Prephase and induction, with marrow morphology and lumbar puncture on D33."""
    infant.do("first_prednisone", "D1")
    if day_8 is not None:
        infant.tell("blood_blasts", day_8, "/uL", "D8", "D8")
    infant.do("marrow_sampled", "D33", point="EOI")
    infant.tell("marrow_blasts", blasts, "%", "EOI", "D33 15:00", "D33")
    return infant.tell("cns", cns, "", "EOI", "D33 15:00", "D33")


def mrd(infant: Infant, point: str, value: str, at: str, sampled: str, sensitivity: str = "1e-5") -> Infant:
    """An MRD result."""
    return infant.tell(
        "mrd", value, "fraction", point, at, sampled, assay="PCR-KMT2A", sensitivity=sensitivity
    )


def verdicts(plan: Plan) -> dict[str, str]:
    """Criterion verdicts by id."""
    return {c.id: c.verdict for c in plan.criteria}


def outcomes(plan: Plan) -> dict[str, str | None]:
    """What is in force, by decision."""
    return {d.id: d.in_force for d in plan.decisions}


def states(plan: Plan) -> dict[str, str]:
    """The state of each decision."""
    return {d.id: d.state for d in plan.decisions}


def phases(plan: Plan) -> dict[str, str]:
    """The phase of each track."""
    return {t.id: t.phase for t in plan.tracks}


def duties(plan: Plan) -> dict[str, str]:
    """Severity of each deviation and alert, by id."""
    return {o.id: o.severity for o in (*plan.deviations, *plan.alerts)}
