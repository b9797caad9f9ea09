"""REVAX-1 (invented): tetanus vaccination again after treatment for ALL, and a second dose for whom one was not enough."""

from pathway.language import (  # noqa: I001
    Action, AdverseEventType, Anchor, Assessment, Choice, Compare, Crit, Criterion, DateOf, Dates, Day, Decision, Deviation,
    Done, Endpoint, Exit, Fact, Graded, InPhase, Input, Is, Known, Milestone, Moment, Not, NotObtainable, Offset, Outcome,
    Param, Passed, Phase, ProfileKey, Protocol, Reached, Recorded, Rung, Sampled, Series, Reading, Taken, Task,
    TimePoint, Track, Unit, Version, all_of, any_of, assumption, public, registry, row, without,
)  # fmt: skip

ENDED, AFTER = Reading("treatment_ended"), Reading("titre", point="AFTER-1")
PROTECTED = Compare(AFTER, Param("protective"))
FIRST, SECOND = (("dose", "1"),), (("dose", "2"),)
ELIGIBLE = all_of(Crit("I1"), Crit("I2"), Crit("I3"))
OUT = any_of(Recorded("withdrawn"), Recorded("death"))
OPEN = InPhase("vaccination", ("SCREENING", "VACCINATED", "BOOSTED"))
WAITING = InPhase("vaccination", ("VACCINATED",))

REVAX = Protocol(
    name="revax-1",
    title="REVAX-1: tetanus vaccination after treatment for ALL (invented)",
    registry=("INVENTED-1",),
    version=Version("1.0", "2026-01-15", "first text"),
    profile_name="REVAX-DEFAULT-0",
    references=(("V1", "an invented recommendation"),),
    profile=(
        ProfileKey("wait_months", "months", "6", "months from the end of treatment to the first dose", public("V1")),
        ProfileKey("lymphocytes_min", "limit", ">= 1", "lymphocytes (10^9/L) from which a vaccine works", assumption()),
        ProfileKey("protective", "limit", ">= 0.1", "titre (IU/mL) that protects", public("V1")),
        ProfileKey("titre_days", "days", "28", "days from the first dose to its titre", assumption()),
    ),
    facts=(
        Fact("consent", "choice", "Consent", "coordinator", registry(), values=("GIVEN", "REFUSED"), cardinality="latest"),
        Fact("treatment_ended", "date", "Last day of treatment", "coordinator", registry()),
        Fact("lymphocytes", "number", "Lymphocytes", "laboratory", registry(), units=(Unit("10^9/L"), Unit("/uL", "0.001")),
             cardinality="latest", possible=("0", "500"), plausible=("0", "20")),
        Fact("titre", "number", "Tetanus antibodies", "laboratory", public("V1"), units=(Unit("IU/mL"),), points=("AFTER-1",),
             possible=("0", "100"), qualifiers=True, details=("sensitivity", "quantifiable_limit")),
        Fact("survival", "choice", "Seen alive", "coordinator", assumption(), values=("ALIVE",), cardinality="latest"),
    ),
    actions=(
        Action("vaccinated", "Dose given", registry(), "clinician", scopes=(("dose", ("1", "2")),)),
        Action("withdrawn", "Consent withdrawn", registry(), ends="study"),
        Action("death", "Death", registry(), ends="life"),
    ),
    adverse_events=(AdverseEventType("ALLERGY", "Allergic reaction", registry(), grades=(0, 5)),),
    anchors=(
        Anchor("TREATMENT_ENDED", "end of treatment", (DateOf(ENDED),), source=registry()),
        Anchor("D1", "first dose", (Done("vaccinated", FIRST),), (Offset("TREATMENT_ENDED", months=Param("wait_months")),),
               registry()),
        Anchor("TITRE", "titre after the first dose", (Sampled(AFTER),), (Offset("D1", Param("titre_days")),), registry()),
        Anchor("SECOND", "second dose", (Done("vaccinated", SECOND),), (Offset("TITRE", 14),), assumption()),
        Anchor("SAFE", "protective titre", (Sampled(AFTER, when=PROTECTED),), source=registry()),
        Anchor("WITHDRAWAL", "consent withdrawn", (Done("withdrawn"),), source=registry()),
        Anchor("DEATH_DAY", "death", (Done("death"),), source=registry()),
        Anchor("LAST_SEEN", "last seen alive", (Sampled(Reading("survival")),), source=assumption()),
    ),
    criteria=(
        Criterion("I1", "consent given", "inclusion", Is(Reading("consent"), ("GIVEN",)), registry()),
        Criterion("I2", "the wait after treatment is over on the day of the first dose", "inclusion",
                  Dates(Day("D1"), ">=", Day(ENDED, months=Param("wait_months"))), public("V1")),
        Criterion("I3", "enough lymphocytes", "inclusion", Compare(Reading("lymphocytes"), Param("lymphocytes_min")), registry()),
    ),
    decisions=(
        Decision("eligibility", "Eligibility", (Input("criteria", ELIGIBLE),),
                 (row("YES", registry(), criteria="yes"), row("NO", registry(), criteria="no")), ("YES", "NO"), registry()),
        Decision("second_dose", "Is a second dose needed?",
                 (Input("protected", PROTECTED, closed=("unobtainable", NotObtainable(AFTER))),
                  Input("allergy", Graded("ALLERGY", 3))),
                 (row("NO", public("V1"), "S1", protected="yes"),
                  row("YES", public("V1"), "S2", protected="no", allergy="no"),
                  row(Choice(("YES", "NO")), assumption(), "S3", protected="no", allergy="yes"),
                  row(Choice(("YES", "NO")), assumption("missing is never negative"), "S4", protected="unobtainable")),
                 ("YES", "NO"), registry(), confirm="clinician", enacted=(("YES", Recorded("vaccinated", SECOND)),)),
    ),
    points=(TimePoint("AFTER-1", "after the first dose", assumption("to two months"), of="D1", first=14, last=60),),
    tracks=(Track("vaccination", "Vaccination", (
        Phase("SCREENING", "Screening", registry(), hit="priority", exits=(
            Exit("VACCINATED", Outcome("eligibility", ("YES",)), registry(), planned="D1"),
            Exit("OFF", any_of(Outcome("eligibility", ("NO",)), NotObtainable(ENDED)), registry()),
        )),
        Phase("VACCINATED", "First dose given", registry(), started_by=(Done("vaccinated", FIRST),), only_when_started=True,
              confirm=None, exits=(
            Exit("BOOSTED", Taken("second_dose", ("YES",)), registry(), planned="SECOND"),
            Exit("DONE", Taken("second_dose", ("NO",)), registry()),
        )),
        Phase("BOOSTED", "Second dose given", registry(), started_by=(Done("vaccinated", SECOND),), only_when_started=True,
              exits=(Exit("DONE", Passed(Moment("SECOND", days=28)), assumption("four weeks after it")),)),
        Phase("DONE", "Vaccination complete", registry(), terminal=True),
        Phase("OFF", "Off study", registry(), terminal=True),
    ), anywhere=(Exit("OFF", OUT, registry()),)),),
    assessments=(
        Assessment("TITRE-1", "Titre after the first dose", Moment("TITRE"), any_of(Known(AFTER), NotObtainable(AFTER)),
                   "laboratory", registry(), window=(-2, 7), asked=WAITING),
    ),
    series=(Series("SEEN", "Seen alive, every six months", Moment("D1"), "coordinator", assumption(), months=6,
                   window=(-14, 14), fact="survival", count=4),),
    tasks=(Task("BOOK-2", "Book the second dose", all_of(WAITING, Taken("second_dose", ("YES",))),
                Recorded("vaccinated", SECOND), "coordinator", assumption(), due=Moment("TITRE", days=14)),),
    milestones=(Milestone("SAFE", "Protected", Reached("SAFE"), registry(), AFTER),),
    deviations=(
        Deviation("TOO-EARLY", "First dose given without the wait being over",
                  all_of(Reached("D1"), without(Crit("I2"))), (Rung("major"),), registry()),
        Deviation("TITRE-MISSING", "No titre after the first dose",
                  all_of(Reached("D1"), Not(Known(AFTER)), Not(NotObtainable(AFTER)), OPEN,
                         Passed(Moment("D1", days=35, at="close"))),
                  (Rung("minor"), Rung("major", Moment("D1", days=49))), registry(), blocks=("second_dose",)),
    ),
    endpoints=(Endpoint("PROTECTION", "Time to a protective titre", "D1", (("PROTECTED", "SAFE"),), registry(),
                        competing=(("DEATH", "DEATH_DAY"),), censor=("WITHDRAWAL", "LAST_SEEN")),),
)  # fmt: skip
