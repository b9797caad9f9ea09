"""What is due when: evaluations, liver tests, lumbar punctures, the watch for VOD, safety reports, follow-up."""

from pathway.language import (
    Assessment,
    Fresh,
    Known,
    LedgerFlag,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Series,
    Taken,
    Task,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    without,
)
from protocols.ino_dli.facts import CYCLES, DOSES, PUNCTURES, SAFETY, marrow
from protocols.ino_dli.inotuzumab import OVER, ledger
from protocols.ino_dli.phases import FREE, ON_STUDY
from protocols.ino_dli.response import C2_BEGUN

GOING_ON = without(OVER)


def evaluated(at: str) -> Predicate:
    """Marrow and counts of an evaluation are there, or cannot be had."""
    return any_of(
        all_of(*(Known(Reading(fact, point=at)) for fact in ("marrow_blasts", "platelets", "anc"))),
        NotObtainable(marrow(at)),
    )


def tested(day: str) -> Predicate:
    """Bilirubin and transaminases of the days before a dose are on record: one of the two alone says nothing of the other."""
    return all_of(
        *(
            Fresh(Reading(test, until=day), Param("liver_days"), before=day)
            for test in ("bilirubin_uln", "transaminase_uln")
        )
    )


def puncture(k: str) -> Assessment:
    """One lumbar puncture. Four are the least; whether a fifth and sixth follow is decided."""
    more = () if int(k) <= 4 else (Taken("LP_EXTEND", ("SIX",) if k == "6" else ("FIVE", "SIX")),)
    return Assessment("LP", f"Lumbar puncture {k}: cytarabine 50 mg, dexamethasone 5 mg, methotrexate 10 mg",
                      Moment("REMISSION", months=Param(f"lp{k}_months")), Recorded("lp_given", (("k", k),)), "clinician",
                      registry("window, platelet limit, weekends: not stated"), window=(-3, 3),
                      asked=all_of(FREE, Reached("REMISSION"), *more), scope=(("k", k),))  # fmt: skip


def liver(cycle: str, label: str) -> Assessment:
    """Liver tests before a dose. A dose that is held asks for them again through its hold."""
    day = f"C{cycle}_{label.upper()}"
    begun = (Reached("DAY0"),) if (cycle, label) != ("1", "d1") else ()
    return Assessment("LIVER-TESTS", f"Liver tests before {label} of cycle {cycle}", Moment(day), all_of(*begun, tested(day)), "laboratory",
                      public("L4", note="before and after each dose; 3 days: assumption"), window=(-3, 0), asked=all_of(ON_STUDY, GOING_ON, *begun),
                      scope=(("cycle", cycle), ("dose", label)))  # fmt: skip


ASSESSMENTS = (
    *(liver(c, label) for c in CYCLES for label in DOSES),
    Assessment("C1-EVALUATION", "Evaluation 1 month after the first dose: marrow, platelets, neutrophils, active disease",
               Moment("C1_EVAL"), evaluated("C1-EVAL"), "clinician", registry("from day 1; window: assumption"), window=(0, 7),
               asked=all_of(ON_STUDY, Reached("DAY0"))),
    Assessment("PRE-C2-CHECK", "Re-check before cycle 2: counts; marrow too where the evaluation has not been done", Moment("C2_PLANNED"),
               any_of(Known(Reading("platelets", point="PRE-C2")), C2_BEGUN), "clinician", assumption(), window=(-3, 0),
               asked=all_of(FREE, Reached("DAY0"), GOING_ON)),
    Assessment("C2-EVALUATION", "Evaluation after cycle 2", Moment("C2_END"), evaluated("C2-EVAL"), "clinician", assumption("28 days"),
               window=(0, 7), asked=all_of(ON_STUDY, C2_BEGUN)),
    *(puncture(k) for k in PUNCTURES),
)  # fmt: skip

WATCHED = all_of(ON_STUDY, Reached("DAY0"))

SERIES = (
    Series("VOD-WATCH", "Watch for VOD: bilirubin, weight, liver, ascites; to 56 days after the last dose", Moment("DAY0", days=7),
           "clinician", public("L6", note="weekly: assumption"), days=7, window=(-2, 2), fact="bilirubin_uln", while_=WATCHED,
           until=Moment("LAST_DOSE", days=Param("vod_watch"), at="close")),
    Series("FOLLOW-UP", "Follow-up: disease assessed, patient alive; every 3 months to 2 years", Moment("DAY0", months=3), "coordinator",
           assumption("interval"), months=3, window=(-14, 14), fact="disease_assessment", count=8, while_=WATCHED,
           until=Moment("CUT_OFF", days=14, at="close")),
    Series("GVHD-WATCH", "GvHD after donor lymphocytes: acute and chronic, every 2 weeks for 100 days", Moment("DLI_PLANNED", days=14),
           "clinician", assumption(), days=14, window=(-3, 3), fact="agvhd", count=7, while_=all_of(ON_STUDY, Recorded("dli_given"))),
)  # fmt: skip


TASKS = (
    *SAFETY.tasks,
    *(
        Task("OMIT-DOSE", f"Cycle {c}: a dose has been held for 7 days or more: record ino_omitted", LedgerFlag(ledger(c), "held_to_omit"),
             Not(LedgerFlag(ledger(c), "held_to_omit")), "clinician", assumption("EU SmPC table 4: passage not seen"), scope=(("cycle", c),), ends_with="treatment")
        for c in CYCLES
    ),
    Task("STOP-INO", "The stop for good is decided: record ino_stopped", Taken("INO_STOP", ("STOP",)),
         any_of(*(Recorded("ino_stopped", (("cycle", c),)) for c in CYCLES)), "clinician", public("L3"), ends_with="study"),
    Task("DLI-CONDITIONS", "Donor lymphocytes: earlier GvHD, HLA loss test, GvHD now", all_of(Reached("REMISSION"), FREE),
         all_of(*(Known(Reading(f)) for f in ("prior_agvhd", "hla_loss", "agvhd", "cgvhd"))), "clinician", registry()),
    Task("VOD-SEVERITY", "VOD: findings for the severity table", Outcome("vod", ("VOD",)),
         VerdictIs(Outcome("vod_severity", ("MILD", "MODERATE", "SEVERE", "VERY_SEVERE")), ("PASS",)), "clinician", public("V10"), ends_with="study"),
)  # fmt: skip
