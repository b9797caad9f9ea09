"""Quality of life: which questionnaire at which age. Instruments and days are not published: PedsQL is a default of ours."""

from pathway.language import (
    Assessment,
    Dates,
    Day,
    Deviation,
    Known,
    Moment,
    Not,
    NotObtainable,
    Param,
    Predicate,
    Reached,
    Rung,
    Series,
    all_of,
    any_of,
    assumption,
    public,
)
from protocols.hem_ismart.criteria import BIRTH
from protocols.hem_ismart.facts import CYCLES, at
from protocols.hem_ismart.phases import FOLLOWED, ON_CYCLES, treatment

PEDSQL = public("P18", note="that PedsQL is used, and when: assumption")
NOT_SEEN = assumption("PedsQL form; passage not seen")

MOMENTS = {"BASELINE": "C1D1", **{f"EOC{n}": f"C{n}D28" for n in CYCLES}}
"""When: before the first dose, and at the end of each cycle."""


def from_age(months: int | Param, day: str) -> Dates:
    """At least that old on the day."""
    return Dates(Day(day), ">=", Day(BIRTH, months=months))


def forms(point: str, day: str) -> tuple[Assessment, ...]:
    """The forms of one time point; each is asked at its age."""
    adult = from_age(Param("qol_adult_from"), day)
    begun: Predicate = (
        ON_CYCLES
        if point != "BASELINE"
        else any_of(
            treatment("SUBTRIAL_SCREENING", "SLOT_REQUESTED", "WAITLIST", "SLOT_RESERVED", "MOVED_SCREENING"),
            ON_CYCLES,
        )
    )

    def form(id: str, text: str, fact: str, source: object, *ages: Predicate) -> Assessment:
        done = any_of(Known(at(fact, point)), NotObtainable(at(fact, point)))
        return Assessment(id, f"{text}, {point}", Moment(day), done, "coordinator", source,  # type: ignore[arg-type]
                          window=(-7, 0) if point == "BASELINE" else (-3, 7), asked=all_of(begun, *ages), scope=(("at", point),))  # fmt: skip

    return (
        form("QOL-INFANT", "PedsQL infant form, by a parent (12 to 23 months)", "qol_proxy", NOT_SEEN, Not(from_age(24, day))),
        form("QOL-PROXY", "PedsQL generic and cancer module, by a parent (2 to 18 years)", "qol_proxy", PEDSQL, from_age(24, day), Not(adult)),
        form("QOL-SELF", "PedsQL generic and cancer module, by the patient (5 to 18 years)", "qol_self", PEDSQL, from_age(60, day), Not(adult)),
        form("QOL-YOUNG-ADULT", "PedsQL young-adult form, by the patient (from 18 years)", "qol_self", NOT_SEEN, adult),
    )  # fmt: skip


ASSESSMENTS = tuple(f for point, day in MOMENTS.items() for f in forms(point, day))

SERIES = (
    Series("QOL-FOLLOW-UP", "Quality-of-life questionnaire in follow-up, the form by age; proxy form besides below 18 years",
           Moment("C1D1", months=6), "coordinator", assumption("interval"), months=6, window=(-30, 30), fact="qol_self",
           while_=all_of(FOLLOWED, from_age(60, "C1D1")), until=Moment("CUT_OFF", at="close")),
    Series("QOL-FOLLOW-UP-PROXY", "Quality-of-life questionnaire in follow-up by a parent", Moment("C1D1", months=6), "coordinator",
           assumption("interval"), months=6, window=(-30, 30), fact="qol_proxy",
           while_=all_of(FOLLOWED, Not(from_age(60, "C1D1"))), until=Moment("CUT_OFF", at="close")),
)  # fmt: skip


def missing(point: str, day: str) -> Deviation:
    """No questionnaire of a time point."""
    answered = [Known(at(f, point)) for f in ("qol_self", "qol_proxy")]
    declared = [NotObtainable(at(f, point)) for f in ("qol_self", "qol_proxy")]
    return Deviation("QOL-MISSING", f"No quality-of-life questionnaire, {point}",
                     all_of(Reached("C1D1"), ON_CYCLES, Not(any_of(*answered, *declared))),
                     (Rung("minor", Moment(day, days=7, at="close")),), assumption(), scope=(("at", point),))  # fmt: skip


DEVIATIONS = tuple(missing(point, day) for point, day in MOMENTS.items())
