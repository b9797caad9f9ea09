"""A made-up platform: an arm with dose levels, and one with two places only; for tests of slots and governors."""

from pathway.language import (
    Action,
    Anchor,
    Cap,
    Decision,
    Done,
    DoseLevel,
    Enrolment,
    Exit,
    Fact,
    InPhase,
    Input,
    Is,
    Milestone,
    Param,
    Phase,
    PhaseOne,
    ProfileKey,
    Protocol,
    Reading,
    Recorded,
    RollingSix,
    Subtrial,
    Track,
    Version,
    assumption,
    row,
    slot_fact,
)

A = assumption("made up for tests")
VERDICTS = ("YES", "NO", "INEVALUABLE")
ARMS = ("D", "K")


def slot(arm: str, *states: str) -> Is:
    """The governor's last answer is one of these."""
    return Is(Reading("slot", arm), states)


def verdict(id: str) -> Decision:
    """What people say of a patient, as a decision."""
    rows = tuple(row(v, A, **{id: v}) for v in VERDICTS)
    return Decision(f"{id}_verdict", id, (Input(id, Reading(id)),), rows, VERDICTS, A)


def enrolment(arm: str) -> Enrolment:
    """How patients of an arm stand towards it."""
    chosen = Is(Reading("arm"), (arm,))
    asked = tuple(f"{phase}_{arm}" for phase in ("REQUESTED", "RESERVED", "TREATMENT"))
    return Enrolment(
        arm, watch=chosen, ask=InPhase(f"treatment_{arm}", asked), started=f"FIRST_{arm}", source=A,
        dlt="dlt_verdict", response="response_verdict",
    )  # fmt: skip


def track(arm: str) -> Track:
    """From screening to treatment, by way of a slot."""
    off = Exit("OFF_" + arm, Recorded("withdrawn"), A)
    first = (("arm", arm),)

    def phase(name: str, *exits: Exit, begun: bool = False) -> Phase:
        started = (Done("first_dose", first),) if begun else ()
        return Phase(f"{name}_{arm}", name, A, exits, started, confirm=None, terminal=not exits)

    return Track(
        f"treatment_{arm}",
        f"the way into {arm}",
        (
            phase("SCREENING", Exit(f"REQUESTED_{arm}", Recorded("slot_wanted", first), A)),
            phase("REQUESTED", Exit(f"RESERVED_{arm}", slot(arm, "RESERVED", "ENROLLED"), A)),
            phase("RESERVED", Exit(f"TREATMENT_{arm}", Recorded("first_dose", first), A)),
            phase("TREATMENT", off, begun=True),
            phase("OFF"),
        ),
        anywhere=(off,),
    )


BY_ARM = (("arm", ARMS),)
LEVELS = tuple(DoseLevel(id_, f"level {id_}", A) for id_ in ("-1", "1", "2"))

PLATFORM = Protocol(
    name="toy-platform",
    title="A made-up platform",
    registry=(),
    version=Version("1", "2026-01-01", "the only one"),
    profile_name="TOY-PLATFORM-0",
    references=(),
    profile=(
        ProfileKey("reservation", "days", "7", "days for which a slot is kept", A),
        ProfileKey("places", "days", "2", "places in K", A),
    ),
    facts=(
        Fact("arm", "choice", "arm", "coordinator", A, values=ARMS, cardinality="latest"),
        Fact("dlt", "choice", "dose-limiting toxicity", "clinician", A, values=VERDICTS, cardinality="latest"),
        Fact("response", "choice", "response", "clinician", A, values=VERDICTS, cardinality="latest"),
        slot_fact(*ARMS, source=A),
    ),
    actions=(
        Action("slot_wanted", "a slot is wanted", A, scopes=BY_ARM),
        Action("first_dose", "first dose", A, scopes=BY_ARM),
        Action("withdrawn", "withdrawn", A, ends="study"),
    ),
    anchors=tuple(Anchor(f"FIRST_{a}", f"first dose in {a}", (Done("first_dose", (("arm", a),)),)) for a in ARMS),
    criteria=(),
    decisions=(verdict("dlt"), verdict("response")),
    tracks=tuple(track(a) for a in ARMS),
    milestones=tuple(
        Milestone(f"SLOT-{a}", f"slot in {a}", slot(a, "RESERVED", "ENROLLED"), A, value=Reading("slot", a)) for a in ARMS
    ),
    day_one="FIRST_D",
    subtrials=(
        Subtrial(
            "D",
            "an arm with dose levels",
            A,
            reservation_days=Param("reservation"),
            begins="APPROVED",
            phase_one=PhaseOne(RollingSix(), LEVELS, "1", 28, A),
        ),
        Subtrial("K", "an arm with two places", A, Param("reservation"), activation=False, cap=Cap(Param("places"), A)),
    ),
    enrolments=tuple(enrolment(a) for a in ARMS),
)  # fmt: skip
