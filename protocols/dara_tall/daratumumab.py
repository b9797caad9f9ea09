"""Daratumumab: two courses of weekly infusions of 16 mg/kg, their rates, and what reactions mean."""

from pathway.language import (
    AnyOf,
    Choice,
    Decision,
    Doses,
    Graded,
    Hold,
    Infusing,
    Input,
    LedgerFlag,
    Outcome,
    Param,
    Predicate,
    Rate,
    Reached,
    Reading,
    Recorded,
    Setting,
    Sign,
    Taken,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.dara_tall.facts import COURSES, LABELS

#                    mL   start  step  top (mL/h)
FIRST = Rate("1000-50", 1000, 50, 50, 200)
SECOND = Rate("500-50", 500, 50, 50, 200)
LATER = Rate("500-100", 500, 100, 50, 200)

INFUSING = Infusing(
    reaction="IRR",
    first=FIRST,
    part=SECOND,
    second=SECOND,
    second_reacted=FIRST,
    later=LATER,
    later_reacted=SECOND,
    early_hours=3,
    late_rate=100,
    anew_after=Param("anew_after"),
    resume_at_most="0.5",
    stop_grade=4,
    third_grade=3,
    third=3,
    paused="infusion_paused",
    resumed="infusion_resumed",
    ended="infusion_ended",
    premedicated="premedicated",
    premedication=(1, 3),
    parts=("d1", "d2"),
)


def ledger(course: str) -> str:
    """The key of a course's dose ledger."""
    return f"dara[course={course}]"


def either(flag: str) -> AnyOf:
    """A flag of one of the courses."""
    return any_of(*(LedgerFlag(ledger(c), flag) for c in COURSES))


FIRST_DOSE = Decision(
    "first_dose",
    "First dose at once, or in two parts on d1 and d2",
    inputs=(Input("split", Setting("first_dose", ("SPLIT",))),),
    rules=(row("SPLIT", public("R7"), split="yes"), row("WHOLE", assumption(), split="no")),
    options=("WHOLE", "SPLIT"),
    source=public("R7"),
)

STOP_RECORDED = any_of(*(Recorded("dara_stopped", (("course", c),)) for c in COURSES))

DARA_STOP = Decision(
    "DARA_STOP",
    "Stop daratumumab for good?",
    inputs=(
        Input("directed", either("reaction_stop")),
        Input("ocular", Graded("OCULAR", 1), bound_to_size=True),
    ),
    rules=(
        row("STOP", public("R12"), "", "a reaction of grade 4, or the third of grade 3", directed="yes"),
        row(Choice(("STOP", "CONTINUE")), public("R12"), "", "ocular symptoms: an ophthalmologist before the restart", directed="no", ocular="yes"),
        row(None, public("R12"), directed="no", ocular="no"),
    ),
    options=("STOP", "CONTINUE"),
    source=public("R12", note="third grade 3: US label 2.2, passage not seen"),
    confirm="clinician",
    asked=Reached("C1_START"),
    enacted=(("STOP", STOP_RECORDED),),
)  # fmt: skip

STOPPED = any_of(Taken("DARA_STOP", ("STOP",)), STOP_RECORDED)
OVER = any_of(STOPPED, Reached("RELAPSE_DAY"), Reached("DEATH_DAY"), Reached("WITHDRAWAL"))
"""No more daratumumab is due."""


EYES = Hold(
    "OCULAR",
    "ocular symptoms: until an ophthalmologist has seen the patient, whatever becomes of them",
    ((Sign(event="OCULAR", at_least=1),),),
    public("R12"),
    lifted_by="eye_examined",
)


def course(
    number: str, start: str, rows: tuple[tuple[str, tuple[str, ...]], ...], by: str, asked: Predicate
) -> Doses:
    """A course: a dose a week, counted from the dose before; no reduction, delay only (R14)."""
    first = number == "1"
    return Doses(
        "dara",
        f"Daratumumab course {number}",
        item="DARA-DOSE",
        scope=(("course", number),),
        labels=LABELS,
        days=(1, 2, 8, 15, 22),
        amounts=rows,
        by=by,
        unit="mg/kg",
        size=Reading("weight"),
        measure="mg",
        rounding=Param("dose_rounding"),
        start=start,
        given="infusion_started",
        omitted="dose_omitted",
        stopped="dara_stopped",
        window=(-1, 1),
        shift="interval",
        never_omitted=LABELS,
        previous="" if first else ledger("1"),
        infusing=INFUSING,
        needs=("BLOOD-BANK", "HBV", "CONSENT"),
        asked=asked,
        cancelled=OVER,
        holds=(EYES,),
        lifted_by=(("DARA_STOP", "CONTINUE"),),
        source=assumption(
            "16 mg/kg weekly, 4 doses (G1); a missed dose as soon as possible, then the interval: R10"
        ),
    )


WHOLE = ("16", "0", "16", "16", "16")
SPLIT = ("8", "8", "16", "16", "16")
DOSE_LEDGERS = (
    course("1", "D1", (("WHOLE", WHOLE), ("SPLIT", SPLIT)), "first_dose",
           all_of(Outcome("eligibility", ("ELIGIBLE",)), Setting("trial_status", ("RECRUITING",)))),
    course("2", "C2_PLANNED", (("COURSE_2", WHOLE),), "course_2", Taken("course_2", ("COURSE_2",))),
)  # fmt: skip
