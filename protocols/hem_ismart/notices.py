"""Milestones that people hear of, deviations and alerts. Which, and how severe: assumption."""

from dataclasses import replace

from pathway.language import (
    Compare,
    Crit,
    Dates,
    Day,
    Deviation,
    Graded,
    Is,
    Known,
    Limit,
    Milestone,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Predicate,
    Reached,
    Reading,
    Role,
    Rung,
    Scope,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    two_slots,
    without,
)
from protocols.hem_ismart.allocation import (
    ALLOCATED,
    ARMS,
    BEGUN,
    CANDIDATE,
    EXCLUDED,
    FOR_NOW,
    IN,
    MATCHES,
    slot_is,
)
from protocols.hem_ismart.criteria import before, refused
from protocols.hem_ismart.cycles import OFF_REASON, RECOVERED
from protocols.hem_ismart.dlt import EVALUABLE, WINDOW_OVER, severe
from protocols.hem_ismart.facts import CYCLES, DLT_EVENTS, at, cycle
from protocols.hem_ismart.phases import CONSENT, FOLLOWED, ON_CYCLES, TO_PLAN, answered, treatment
from protocols.hem_ismart.profile import SUBTRIALS
from protocols.hem_ismart.qol import DEVIATIONS as QOL_DEVIATIONS
from protocols.hem_ismart.response import CLASSES, response
from protocols.hem_ismart.safety import SAFETY
from protocols.shared.consent import REFUSED_LATER, refused_after

MINOR, MAJOR, CRITICAL = Rung("minor"), Rung("major"), Rung("critical")

# --- milestones -----------------------------------------------------------------------------------------------------------

LIMITS = (
    " (recovery: by the limits recovered_anc and recovered_platelets of the profile, 0.5 and 50 unless set otherwise; a "
    "complete remission counts by its own, cr_anc and cr_platelets, 1.0 and 100)"
)
"""Which limits are meant: those of recovery are lower than those of a complete remission."""

REASONS = {
    **{state: state.replace("_", " ").lower() for state in (*FOR_NOW, "CLOSED")},
    "NOT_OPEN": "not open at this site",
}
"""Why a subtrial that matches cannot be had, by what its governor answers."""


def candidates(subtrial: str) -> tuple[Milestone, ...]:
    """That a subtrial matches, and what drops it: `E_NOT_OPEN`, `B_EXCLUDED`."""
    matches = all_of(CANDIDATE[subtrial], Not(BEGUN))
    return (
        *(
            Milestone(f"{subtrial}_{state}", f"Subtrial {subtrial} matches: {words}", all_of(matches, slot_is(subtrial, state)), assumption(),
                      to="coordinator")
            for state, words in REASONS.items()
        ),
        Milestone(f"{subtrial}_EXCLUDED", f"Subtrial {subtrial} matches, and one of its own criteria excludes", all_of(matches, EXCLUDED[subtrial]),
                  assumption()),
    )  # fmt: skip


MILESTONES = (
    Milestone("CONSENTED", "Consent and assent given", CONSENT, public("P2"), to="coordinator"),
    *(Milestone("CANDIDATE", f"{arm} matches the molecular findings", all_of(MATCHES[arm], VerdictIs(CONSENT, ("PASS",)), Not(BEGUN)), assumption(), scope=(("arm", arm),))
      for arm in ARMS),
    *(m for s in SUBTRIALS for m in candidates(s)),
    Milestone("SUGGESTION", "Several subtrials match. Engine default, not protocol, suggests",
              Taken("allocation_suggestion", ("B", "C", "D", "E_PAM")), assumption(), "allocation_suggestion", to="meeting", ends_with="treatment"),
    Milestone("ALLOCATED", "Allocated to", ALLOCATED, assumption(), "ALLOCATION_DECISION"),
    Milestone("SLOT-WAITING", "No slot now: the request waits", answered("WAITING"), assumption()),
    Milestone("SLOT-RESERVED", "A slot is reserved, or taken", answered("RESERVED", "ENROLLED"), assumption()),
    Milestone("SLOT-EXPIRED", "The reservation has expired", any_of(*(slot_is(s, "EXPIRED") for s in SUBTRIALS)), assumption()),
    Milestone("SCREENING", "Screening", Outcome("screening", ("READY", "NOT_YET", "NOT_ELIGIBLE")), public("P2"), "screening"),
    *(Milestone("CYCLE-STARTED", f"Cycle {n} started", Reached(f"C{n}D1"), public("P2"), scope=cycle(n)) for n in CYCLES),
    *(Milestone("COUNTS-RECOVERED", f"Counts have recovered after cycle {n}{LIMITS}", all_of(RECOVERED[n], Reached(f"C{n}D28")), public("P8"), scope=cycle(n))
      for n in CYCLES),
    Milestone("DLT", "DLT in cycle 1", Taken("dlt", ("YES", "NO", "INEVALUABLE")), public("P2"), "dlt", ends_with="never"),
    *(Milestone("RESPONSE", f"Response, end of cycle {n}", response(n, *CLASSES), public("P2"), f"response[cycle={n}]", scope=cycle(n))
      for n in CYCLES),
    *(Milestone("MRD", f"MRD, end of cycle {n}", Taken(f"mrd_status[cycle={n}]", ("NEGATIVE", "POSITIVE")), public("P2"), f"mrd_status[cycle={n}]",
                scope=cycle(n)) for n in CYCLES),
    Milestone("RESPONDER", "Responder in phase II", Taken("responder", ("YES", "NO", "INEVALUABLE")), public("P2"), "responder"),
    Milestone("CYCLE-2", "Cycle 2", Taken("C2_GATE", ("ALLOWED", "CLOSED")), public("P8"), "C2_GATE", ends_with="treatment"),
    Milestone("CYCLE-3", "Cycle 3", Taken("C3_GATE", ("ALLOWED", "CLOSED")), public("P8"), "C3_GATE", ends_with="treatment"),
    Milestone("OFF-REASON", "Protocol treatment ended", Taken("off_reason", OFF_REASON.options), public("P8"), "off_reason"),
    Milestone("TRANSPLANT", "Stem cells given: counted as an outcome", Reached("HSCT_DAY"), public("P2", "P11")),
    Milestone("MRD-BACK", "MRD is positive again after it was negative: an event", Reached("MOLECULAR_RELAPSE"), public("P2")),
    Milestone("RELAPSED", "Relapse or progression", Reached("RELAPSE_DAY"), public("P2")),
    Milestone("SECOND-MALIGNANCY", "Second malignancy", Reached("SECOND_CANCER"), public("P2")),
    Milestone("DEATH", "Death", Reached("DEATH_DAY"), public("P2")),
)  # fmt: skip

# --- deviations -----------------------------------------------------------------------------------------------------------


def deviation(id: str, text: str, when: Predicate, *rungs: Rung, scope: Scope = ()) -> Deviation:
    """A deviation for the coordinator."""
    return Deviation(id, text, when, rungs, assumption(), scope=scope)


def alert(
    id: str, text: str, when: Predicate, severity: Rung, to: Role = "clinician", scope: Scope = ()
) -> Deviation:
    """A notice to act on."""
    return Deviation(id, text, when, (severity,), assumption(), to=to, kind="alert", scope=scope)


LATER_MRD = Reading("mrd", point="OTHER", since="MRD_NEGATIVE")


def outlives(notice: Deviation) -> Deviation:
    """A notice about the design, which needs an answer whatever becomes of the patient."""
    return replace(notice, ends_with="never")


def unless(*parts: Predicate) -> VerdictIs:
    """Known not to hold."""
    return VerdictIs(all_of(*parts), ("FAIL",))


def open_or_failed(*parts: Predicate) -> VerdictIs:
    """Not known to hold."""
    return VerdictIs(all_of(*parts), ("FAIL", "PENDING", "REVIEW"))


def of_cycle(number: str) -> tuple[Deviation, ...]:
    """What can go wrong with the evaluation and the next cycle."""
    point, name = f"EOC{number}", cycle(number)
    here = treatment(*(f"{p}_{number}" for p in ("RECOVERY", "RESPONSE_EVAL")))
    seen = any_of(
        Known(at("marrow_blasts", point)),
        Known(at("lymphoma_response", point)),
        NotObtainable(at("marrow_blasts", point)),
    )
    no_mrd = all_of(
        Reached(f"C{number}D1"),
        VerdictIs(Outcome(f"mrd_status[cycle={number}]", ("NEGATIVE", "POSITIVE")), ("PENDING",)),
    )
    return (
        deviation("EVALUATION-MISSING", f"Cycle {number} not evaluated by day 35", all_of(here, Not(seen)),
                  Rung("minor", Moment(f"C{number}D28", days=7, at="close")), Rung("major", Moment(f"C{number}D49", at="close")), scope=name),
        deviation("MRD-MISSING", f"No MRD at the end of cycle {number}; a missing MRD is never negative", all_of(no_mrd, seen),
                  Rung("minor", Moment(f"C{number}D28", days=14, at="close")), scope=name),
        alert("NOT-RECOVERED", f"Counts have not recovered by day 49 of cycle {number}{LIMITS}",
              all_of(here, Passed(Moment(f"C{number}D49", at="close")), open_or_failed(RECOVERED[number])), MAJOR, scope=name),
    )  # fmt: skip


def next_cycle(number: str, gate: str) -> tuple[Deviation, ...]:
    """A cycle begun too early, or without its gate."""
    name, first = cycle(number), f"C{number}D1"
    before = str(int(number) - 1)
    return (
        deviation("CYCLE-NOT-ALLOWED", f"Cycle {number} begun although its gate is not open, or consent to it is refused",
                  all_of(Reached(first), any_of(open_or_failed(Outcome(gate, ("ALLOWED",))), VerdictIs(refused(first), ("PASS",)))),
                  CRITICAL, scope=name),
        deviation("CYCLE-TOO-EARLY", f"Cycle {number} begun before day 29 of cycle {before}",
                  all_of(Reached(first), VerdictIs(Dates(Day(first), "<", Day(f"C{before}D1", days=Param("cycle_days"))), ("PASS",))), MAJOR,
                  scope=name),
    )  # fmt: skip


CONSENTED = all_of(Is(before("consent"), ("GIVEN",)), Is(before("assent"), ("GIVEN", "NOT_REQUIRED")))
"""What is refused after the first dose was given is told as CONSENT-REFUSED."""
PROFILE = (Reading("molecular_report"), Reading("flow_report"), at("dasatinib_ic50", "CENTRAL"))

DEVIATIONS = (
    *SAFETY.deviations,
    *QOL_DEVIATIONS,
    deviation("PROCEDURE-BEFORE-CONSENT", "Profiling for the study or its first dose before consent",
              all_of(any_of(Reached("C1D1"), *(Known(s) for s in PROFILE)), open_or_failed(CONSENTED)), MAJOR),
    alert("CONSENT-REFUSED", REFUSED_LATER, refused_after(Reached("C1D1"), "assent"), CRITICAL),
    deviation("PROFILING-LATE", "Molecular profiling or flow still missing",
              all_of(treatment("PROFILING"), Not(all_of(Known(Reading("molecular_report")), Known(Reading("flow_report"))))),
              Rung("minor", Moment("CONSENTED", days=Param("profiling_days"), at="close"))),
    deviation("STARTED-WITHOUT-ALLOCATION", "Treatment begun without an allocation", all_of(Reached("C1D1"), without(ALLOCATED)), CRITICAL),
    deviation("STARTED-WITHOUT-SLOT", "Treatment begun without a slot",
              all_of(Reached("C1D1"), without(any_of(*(all_of(IN[s], slot_is(s, "RESERVED", "ENROLLED")) for s in SUBTRIALS)))), CRITICAL),
    deviation("STARTED-NOT-ELIGIBLE", "Treatment begun although screening was not complete, or a criterion failed",
              all_of(Reached("C1D1"), ALLOCATED, open_or_failed(Outcome("screening", ("READY",)))), CRITICAL),
    deviation("LABS-EXPIRED", "First dose with laboratory values older than 48 hours, or none", all_of(Reached("C1D1"), open_or_failed(Crit("LABS-48H"))), MAJOR),
    alert("LABS-TO-REPEAT", "Laboratory values will be older than 48 hours at the first dose: repeat them",
          all_of(treatment("SUBTRIAL_SCREENING", "SLOT_REQUESTED", "SLOT_RESERVED", "MOVED_SCREENING"), unless(Crit("LABS-48H"))), MINOR, "coordinator"),
    deviation("TWO-SUBTRIALS", "Slots in two subtrials at once", two_slots(IN), CRITICAL),
    *(d for n in CYCLES for d in of_cycle(n)),
    *next_cycle("2", "C2_GATE"),
    *next_cycle("3", "C3_GATE"),
    *(alert("TARGET-GONE", f"Treated in subtrial {s}, and by the findings as they stand now nothing matches it: the meeting reviews",
            all_of(BEGUN, IN[s], unless(CANDIDATE[s])), MAJOR, "meeting", scope=(("subtrial", s),)) for s in SUBTRIALS),
    alert("RESERVATION-LAPSED", "The reservation has expired: plan a new day, or report why treatment does not begin",
          all_of(Not(BEGUN), answered("EXPIRED"), TO_PLAN), MAJOR, "coordinator"),
    alert("MRD-UNPLACED", "MRD after it was negative that is on neither side of the limit, as it was reported: is it an event? Repeat the sample",
          all_of(Reached("MRD_NEGATIVE"), VerdictIs(Compare(LATER_MRD, Param("mrd_negative")), ("REVIEW",))), MAJOR),
    alert("BLASTS-BACK", "Blasts of 5 % or more in a later marrow after remission: is it a relapse? State it if it is",
          all_of(Reached("REMISSION"), VerdictIs(Compare(Reading("marrow_blasts", point="OTHER", since="REMISSION"), Limit(">=", "5")), ("PASS",)),
                 Not(Reached("RELAPSE_DAY"))), MAJOR),
    outlives(alert("DLT-CANDIDATE", "Toxicity of grade 3 or more in cycle 1: a DLT? It is on the meeting's agenda",
          any_of(*(all_of(severe(e), VerdictIs(Outcome(f"DLT_JUDGEMENT[event={e}]", ("DLT",)), ("PENDING",))) for e in DLT_EVENTS)), MAJOR)),
    outlives(alert("DLT-ONSET", "Toxicity of grade 3 or more reported since the first dose and dated before it: it is outside the DLT window. Is "
                   "the day right?", any_of(*(all_of(Reached("C1D1"), Graded(e, 3, until="C1D0", told_since="C1D1")) for e in DLT_EVENTS)), MAJOR)),
    outlives(alert("DLT-INEVALUABLE", "Not evaluable for DLT: to be replaced", Taken("dlt", ("INEVALUABLE",)), MAJOR, "meeting")),
    outlives(alert("NOT-EVALUABLE-SOON", "Left in the DLT window: say whether evaluable", all_of(Reached("C1D1"), Not(WINDOW_OVER), unless(EVALUABLE)), MINOR)),
    alert("INTERACTION", "A drug that interacts with CYP3A, P-gp or QT", all_of(ON_CYCLES, Is(Reading("conmed_check", since="C1D1"), ("INTERACTION",))),
          MAJOR),
    alert("ALIVE-UNKNOWN", "Not seen for 7 months", all_of(FOLLOWED, Known(Reading("survival"))), Rung("minor", Moment("LAST_SEEN", months=7)), "coordinator"),
)  # fmt: skip
