"""The calendar. D1 is the first infusion; weekly doses count from the dose before, evaluations from d1 of their course."""

from pathway.language import (
    Anchor,
    AnchorTime,
    DateOf,
    Done,
    Latest,
    Limit,
    Offset,
    Param,
    Reading,
    Sampled,
    assumption,
    registry,
)
from protocols.dara_tall.facts import DOSES, EVALUATIONS, LABELS, POINTS, SAFETY, blasts
from protocols.dara_tall.response import found


def scope(course: str, label: str) -> tuple[tuple[str, str], ...]:
    """The scope labels of a dose."""
    return (("course", course), ("dose", label))


BEFORE = {"d2": ("d1", 1), "d8": ("d1", 7), "d15": ("d8", 7), "d22": ("d15", 7)}
"""The dose that a dose counts from, and the days between them: a late one moves all that follow."""


def evaluated(course: str, next_begun: tuple[AnchorTime, ...]) -> tuple[Anchor, ...]:
    """What bounds the marrow of d29: the last dose before it, and a week after that one has had its week, or the next course."""
    start, last, day = f"C{course}_START", f"C{course}_LAST", f"C{course}_D29"
    return (
        Anchor(last, f"last dose of course {course} so far", tuple(Done("infusion_started", scope(course, label)) for label in reversed(LABELS))),
        Anchor(day, f"d29 of course {course}; a week after its last dose, if that is later",
               (Latest((Offset(start, Param("evaluation_day")), Offset(last, 7))),), source=assumption("d29 is d22 and a week")),
        Anchor(f"{day}_CLOSES", f"last day of the marrow of d29, course {course}", (Offset(day, Param("evaluation_window")), *next_begun),
               source=assumption("d29 + 7 d, before course 2"), earliest=True),
    )  # fmt: skip


def dose(course: str, label: str) -> Anchor:
    """The day of a dose."""
    before, days = BEFORE.get(label, ("", 0))
    start = "D1" if course == "1" else "C2_PLANNED"
    planned = Offset(f"C{course}_{before.upper()}", days) if before else Offset(start)
    return Anchor(
        f"C{course}_{label.upper()}",
        f"course {course}, {label}",
        (Done("infusion_started", scope(course, label)),),
        (planned,),
    )


VISIT = Sampled(Reading("disease_assessment"))
MARROW = Sampled(Reading("marrow_blasts", points=POINTS, since="C1_START"))
OTHER_MRD = Sampled(Reading("mrd", point="OTHER", since="C1_START"))

ANCHORS = (
    Anchor("D1", "first infusion", (Done("infusion_started", scope("1", "d1")),), (DateOf(Reading("dara_planned")),), assumption()),
    Anchor("C1_START", "first infusion, given", (Done("infusion_started", scope("1", "d1")),), source=assumption()),
    Anchor("C1_END", "end of the first infusion", (Done("infusion_ended", scope("1", "d1")),)),
    *(dose(c, label) for c, label in DOSES),
    *(Anchor(f"C{c}_{label.upper()}_OVER", f"course {c}, {label}, infusion over", (Done("infusion_ended", scope(c, label)),))
      for c, label in DOSES),
    Anchor("C1_EVAL", "d29 of course 1; a week after its last dose, if that is later", (),
           (Latest((Offset("C1_START", Param("evaluation_day")), Offset("C1_D22", 7))),), assumption("day 29 after EA9213")),
    Anchor("C2_PLANNED", "planned d1 of course 2: after 28 days, and a week after the last dose", (),
           (Latest((Offset("C1_START", Param("course_days")), Offset("C1_D22", 7))),)),
    Anchor("C2_START", "d1 of course 2", (Done("infusion_started", scope("2", "d1")),)),
    Anchor("C2_EVAL", "d29 of course 2; a week after its last dose, if that is later", (),
           (Latest((Offset("C2_START", Param("evaluation_day")), Offset("C2_D22", 7))),)),
    *evaluated("1", (Done("infusion_started", scope("2", "d1")),)),
    *evaluated("2", ()),
    Anchor("RELAPSE_DAY", "relapse: marrow, or stated by the team",
           (Done("relapse"), *(Sampled(blasts(at), found(at, "HAEM_RELAPSE"), beyond=Limit("<", "5")) for at in EVALUATIONS)),
           earliest=True),
    Anchor("DEATH_DAY", "death", (Done("death"),)),
    Anchor("WITHDRAWAL", "consent withdrawn", (Done("consent_withdrawn"),)),
    Anchor("LOSS", "lost to follow-up", (Done("lost_to_follow_up"),)),
    Anchor("STUDY_CLOSED", "study closed", (Done("study_closed"),), source=registry("2028-09-01")),
    # A marrow with disease in it ends the interval itself; between marrows nobody has looked, so a visit moves nothing.
    Anchor("LAST_MARROW", "last marrow that assessed the disease", (Latest((MARROW, OTHER_MRD)), MARROW, OTHER_MRD),
           source=assumption("interval end points are censored at the last marrow that assessed the disease")),
    Anchor("LAST_ASSESSED", "last assessed in remission, at a visit", (VISIT,), source=assumption("tells that the patient lives")),
    Anchor("LAST_SEEN", "last seen or reported alive", (Sampled(Reading("survival")),)),
    *SAFETY.anchors,
)  # fmt: skip
