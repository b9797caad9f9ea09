"""High-dose methotrexate: four courses, each with its level series, rescue and excretion (C5)."""

from itertools import pairwise

from pathway.language import (
    AnyOf,
    Assessment,
    Choice,
    Compare,
    Decision,
    Deviation,
    InPhase,
    Input,
    Known,
    Milestone,
    Moment,
    Not,
    Outcome,
    Param,
    Predicate,
    Reading,
    Recorded,
    Rung,
    Setting,
    Taken,
    Task,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.cbc_all2024.anchors import course
from protocols.cbc_all2024.facts import HDMTX, LEVELS

IN_CONSOLIDATION = InPhase("treatment", ("EOI_ASSESSMENT", "CONSOLIDATION"))
ALL_GIVEN = Setting("hdmtx_courses", ("4",))


def level(n: str, hours: str) -> Reading:
    """A level of a course: `20H` is 20 to 24 h after its start."""
    return Reading("mtx_level", point=f"C{n}-{hours}")


def recovered(n: str, until: str = "") -> Compare:
    """The latest level of a course, by the time of an anchor, is at most 0.2 umol/L."""
    return Compare(
        Reading("mtx_level", points=tuple(f"C{n}-{hours}" for hours in LEVELS), until=until),
        Param("mtx_safe"),
    )


def delayed(n: str) -> Compare:
    """More than 1 umol/L at 44 h."""
    return Compare(level(n, "44H"), Param("mtx_delayed"))


IN_SIGHT = Not(Recorded("lost_to_follow_up"))
"""Methotrexate that has been given is measured and answered for until it is gone, whoever has left the study: only death, or that
nobody knows where the patient is, ends it."""


def was_delayed(n: str) -> Taken:
    """The excretion was delayed: a lower level later does not unmake it."""
    return Taken(f"mtx_excretion[course={n}]", ("DELAYED",))


def given(n: str, dose: str = "") -> Recorded:
    """The course has been started, with that dose in g/m2."""
    return Recorded("hdmtx_started", course(n), where=("dose", dose) if dose else ("", ""))


def due(n: str) -> Predicate:
    """The course belongs to this patient's consolidation."""
    return IN_CONSOLIDATION if n in ("1", "2") else all_of(IN_CONSOLIDATION, ALL_GIVEN)


def measured(n: str, hours: str) -> AnyOf:
    """Measured, or an earlier level of this course already low enough."""
    before = LEVELS[: LEVELS.index(hours)]
    return any_of(Known(level(n, hours)), *(Compare(level(n, b), Param("mtx_safe")) for b in before))


DECISIONS = tuple(
    Decision("mtx_excretion", f"Excretion of methotrexate, course {n}", (Input("delayed", delayed(n)),),
             (row("DELAYED", public("C5"), delayed="yes"), row("IN_TIME", public("C5"), delayed="no")), ("DELAYED", "IN_TIME"), public("C5"),
             asked=Known(level(n, "44H")), scope=course(n), latches=("DELAYED",))
    for n in HDMTX
) + tuple(
    Decision(
        "HDMTX_CLEARED",
        f"May course {n} be given: methotrexate of the one before 0.2 umol/L or less? What is not known has not recovered",
        inputs=(Input("recovered", recovered(before)),),
        rules=(
            row("CLEARED", public("C5"), recovered="yes"),
            row(Choice(("CLEARED", "WAIT")), assumption("a clinician may give it all the same"), recovered="no"),
        ),
        options=("CLEARED", "WAIT"),
        source=public("C5"),
        asked=given(before),
        scope=course(n),
    )
    for before, n in pairwise(HDMTX)
)  # fmt: skip

ASSESSMENTS = tuple(
    item
    for n in HDMTX
    for item in (
        Assessment("HDMTX", f"High-dose methotrexate, course {n}: 24 h, 10 % in the first half hour; dose by hdmtx_dose",
                   Moment(f"HDMTX{n}_START"), given(n), "clinician", public("C5", "C8"), window=(0, 3), asked=due(n),
                   blocked_by="AFTER_EOI_ASSESSMENT" if n == "1" else f"HDMTX_CLEARED[course={n}]", kind="dose", scope=course(n),
                   ends_with="life"),
        *(
            Assessment(f"MTX-{hours}", f"Methotrexate level {text} after the start of course {n}, +- 2 h",
                       Moment(f"HDMTX{n}_START", hours=int(hours.removesuffix("H"))), measured(n, hours), "laboratory",
                       public("C5", note="tolerance: assumption"), asked=all_of(given(n), IN_SIGHT), scope=course(n), ends_with="life")
            for hours, text in (("20H", "20 to 24 h"), ("44H", "44 to 48 h"), ("68H", "68 to 72 h"))
        ),
    )
)  # fmt: skip

TASKS = tuple(
    item
    for n in HDMTX
    for item in (
        Task("MTX-UNTIL-SAFE", f"Course {n}: measure methotrexate daily until 0.2 umol/L or less",
             all_of(given(n), Known(level(n, "68H")), IN_SIGHT), recovered(n), "laboratory", public("C5"), scope=course(n), ends_with="life"),
        Task("MTX-RESCUE", f"Course {n}: delayed excretion, increase the leucovorin rescue; the next course waits", all_of(was_delayed(n), IN_SIGHT),
             any_of(Recorded("rescue_increased", course(n)), recovered(n)), "clinician", public("C5"), scope=course(n), ends_with="life"),
    )
)  # fmt: skip

MILESTONES = tuple(
    item
    for n in HDMTX
    for item in (
        Milestone("HDMTX-START", f"High-dose methotrexate, course {n}, started", given(n), public("C5"), scope=course(n)),
        Milestone("HDMTX-RECOVERED", f"Course {n}: methotrexate 0.2 umol/L or less", all_of(given(n), recovered(n)), public("C5"),
                  scope=course(n)),
    )
)  # fmt: skip

DEVIATIONS = tuple(
    item
    for n in HDMTX
    for item in (
        Deviation("MTX-DELAYED", f"Course {n}: methotrexate above 1 umol/L at 44 h, delayed excretion", was_delayed(n),
                  (Rung("critical"),), public("C5"), to="clinician", kind="alert", scope=course(n), ends_with="life"),
        Deviation("HDMTX-WRONG-DOSE", f"Course {n} was given at the other group's dose",
                  any_of(all_of(Outcome("hdmtx_dose", ("3",)), given(n, "5")), all_of(Outcome("hdmtx_dose", ("5",)), given(n, "3"))),
                  (Rung("critical"),), assumption(), scope=course(n), ends_with="life"),
        Deviation("HDMTX-DOSE-OPEN", f"Course {n} was given while its dose is open: that the right one is not known makes neither right",
                  all_of(given(n), VerdictIs(Outcome("hdmtx_dose", ("3",)), ("PENDING", "REVIEW"))), (Rung("major"),), assumption(),
                  scope=course(n), ends_with="life"),
        Deviation("MTX-LEVEL-MISSING", f"Course {n}: no methotrexate level at 44 h",
                  all_of(given(n), Not(VerdictIs(measured(n, "44H"), ("PASS",)))), (Rung("major", Moment(f"HDMTX{n}_START", hours=50)),), assumption(),
                  scope=course(n), ends_with="life"),
    )
) + tuple(
    Deviation("HDMTX-BEFORE-RECOVERY", f"Course {n} was started before the methotrexate of the one before was low enough",
              all_of(given(n), VerdictIs(recovered(before, until=f"HDMTX{n}_START"), ("FAIL", "PENDING", "REVIEW"))),
              (Rung("major"),), assumption(), scope=course(n), ends_with="life")
    for before, n in pairwise(HDMTX)
)  # fmt: skip
