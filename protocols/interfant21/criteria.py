"""Eligibility (sections I and E of the registry text) and what excludes from blinatumomab only (X)."""

from pathway.language import (
    Compare,
    Crit,
    Criterion,
    Dates,
    Day,
    Decision,
    Exposure,
    Graded,
    Input,
    Is,
    LedgerIs,
    Limit,
    Moment,
    Not,
    Param,
    Passed,
    Predicate,
    Reached,
    Reading,
    Recorded,
    ReviewIf,
    VerdictIs,
    all_of,
    any_of,
    public,
    registry,
    row,
)
from protocols.interfant21.facts import CNS_BEFORE_BLINATUMOMAB, EOI_BLASTS

BIRTH, DIAGNOSED = Reading("birth_date"), Reading("diagnosis_date")
LAST_VACCINE = Reading("live_vaccine")

TOO_OLD = Dates(Day(DIAGNOSED), ">", Day(BIRTH, days=Param("age_max_days")))
CONSENT_GIVEN = Is(Reading("consent"), ("GIVEN",))

INCLUSION = (
    Criterion("I1", "newly diagnosed B-precursor ALL, or MPAL with a B component (WHO, revised 4th edition 2017)", "inclusion",
              all_of(Is(Reading("disease"), ("NEW",)), Is(Reading("lineage"), ("B_PRECURSOR", "MPAL_B"))), registry()),
    Criterion("I2", "KMT2A rearranged", "inclusion", Is(Reading("kmt2a"), ("REARRANGED",)), registry()),
    Criterion("I3", "at most 365 days old at diagnosis: days are compared, not birthdays", "inclusion", Not(TOO_OLD),
              registry("date arithmetic: assumption")),
    Criterion("I4", "written informed consent of parent or guardian, not withdrawn", "inclusion",
              all_of(CONSENT_GIVEN, Not(Recorded("consent_withdrawn"))), registry()),
)  # fmt: skip

EXCLUSION = (
    Criterion("E1", "KMT2A germline", "exclusion", Not(Is(Reading("kmt2a"), ("GERMLINE",))), registry()),
    Criterion("E2", "T-ALL", "exclusion", Not(Is(Reading("lineage"), ("T_ALL",))), registry()),
    Criterion("E3", "more than 365 days old at diagnosis", "exclusion", Not(TOO_OLD), registry()),
    Criterion("E4", "relapsed ALL", "exclusion", Not(Is(Reading("disease"), ("RELAPSED",))), registry()),
    Criterion("E5a", "systemic steroid of more than 10 mg/m2/day prednisone equivalent for more than 7 days in the 28 days "
              "before diagnosis; inhaled steroid never counts", "exclusion",
              Not(Exposure(Reading("prior_steroid"), Limit(">", "10"), Limit(">", "7"), before=Day(DIAGNOSED), window_days=28,
                           unless=("route", "inhaled"))),
              registry("that the 4-week window governs the steroid clause too is a reading")),
    Criterion("E5b", "any chemotherapeutic agent in the 28 days before diagnosis", "exclusion",
              Dates(Day(Reading("last_chemotherapy")), "<", Day(DIAGNOSED, days=-28), never="PASS"), registry()),
)  # fmt: skip


def free_of_live_vaccine(start: str, ledger: str) -> Predicate:
    """No live vaccine in the 28 days before a cycle. Waiting helps: while the cycle has not begun, today is the earliest start."""
    before = Dates(Day(start), ">", Day(LAST_VACCINE, days=Param("live_vaccine_gap")), never="PASS")
    later = all_of(Reached(start), Dates(Day(LAST_VACCINE), ">", Day(start)))
    waited = all_of(
        LedgerIs(ledger, ("not_started",)),
        Passed(Moment("LIVE_VACCINE", days=Param("live_vaccine_gap"), at="close")),
    )
    return all_of(any_of(before, later, waited), Is(Reading("live_vaccine_planned", until=start), ("NO",)))


BLINATUMOMAB = (
    Criterion("X1", "CD19-negative B-precursor ALL at diagnosis", "blinatumomab",
              all_of(Not(all_of(Is(Reading("lineage"), ("B_PRECURSOR",)), Is(Reading("cd19"), ("NEGATIVE",)))),
                     ReviewIf(all_of(Is(Reading("lineage"), ("MPAL_B",)), Is(Reading("cd19"), ("NEGATIVE",))),
                              "the registry text speaks of B-precursor ALL only")),
              registry("CD19-negative MPAL goes to a clinician: assumption")),
    Criterion("X2", "CNS2 or CNS3 at the end of induction: the last lumbar puncture before b1 decides", "blinatumomab",
              Is(CNS_BEFORE_BLINATUMOMAB, ("CNS1",)),
              registry("CNS disease at diagnosis is allowed if CNS1 is reached before cycle 1")),
    Criterion("X3", "proven hypersensitivity to blinatumomab or an excipient", "blinatumomab",
              all_of(Is(Reading("hypersensitivity"), ("NONE",)), Not(Graded("HYPERSENSITIVITY", 1))), registry()),
    Criterion("X4", "live vaccine in the 28 days before cycle 1, or one planned before B-cell recovery", "blinatumomab",
              free_of_live_vaccine("BLINA1_START", "blina[cycle=1]"), registry("inclusive of day 28: assumption")),
    Criterion("X5", "at most 28 days old at the start: pilot and US label ask for more", "blinatumomab",
              ReviewIf(Dates(Day("BLINA1_START"), "<=", Day(BIRTH, days=28)), "the Interfant-21 text is silent"),
              public("P9", "B5")),
    Criterion("X6", "marrow M3 at the end of induction: the pilot allowed M1 and M2 only", "blinatumomab",
              ReviewIf(Compare(EOI_BLASTS, Limit(">=", "25")), "the Interfant-21 text is silent"), public("P9")),
    Criterion("X2-C2", "CNS1 at the last lumbar puncture, checked again before cycle 2", "blinatumomab cycle 2",
              Is(Reading("cns", points=("EOI", "OTHER"), until="BLINA2_START"), ("CNS1",)), registry()),
    Criterion("X4-C2", "live vaccine in the 28 days before cycle 2, or one planned before B-cell recovery",
              "blinatumomab cycle 2", free_of_live_vaccine("BLINA2_START", "blina[cycle=2]"), registry()),
)  # fmt: skip

CRITERIA = (*INCLUSION, *EXCLUSION, *BLINATUMOMAB)

# A withdrawal ends the study, but it does not make a patient ineligible who was eligible: I4 is told apart here.
ALL_MET = all_of(CONSENT_GIVEN, *(Crit(c.id) for c in (*INCLUSION, *EXCLUSION) if c.id != "I4"))

ELIGIBILITY = Decision(
    "eligibility",
    "Eligibility: every inclusion criterion, no exclusion criterion",
    inputs=(Input("criteria", ALL_MET),),
    rules=(
        row("ELIGIBLE", registry(), criteria="yes"),
        row("NOT_ELIGIBLE", registry(), criteria="no"),
    ),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=registry(),
)

FREE_IN_TIME = Dates(Day("BLINA1_FREE"), "<=", Day("BLINA1_LATEST"))
VACCINE_PASSES = all_of(
    Not(Crit("X4")), Is(Reading("live_vaccine_planned", until="BLINA1_START"), ("NO",)), FREE_IN_TIME
)
"""The days since a live vaccine exclude, and they are over inside the window. Of CNS2 or CNS3 nobody can say a date."""

OTHERWISE_EXCLUDED = any_of(
    *(Not(Crit(x)) for x in ("X1", "X2", "X3", "X5", "X6")), Is(Reading("hypersensitivity", until="BLINA1_START"), ("PROVEN",))
)  # fmt: skip
EXCLUDED_BEYOND = any_of(
    OTHERWISE_EXCLUDED,
    Is(Reading("live_vaccine_planned", until="BLINA1_START"), ("YES",)),
    all_of(Not(Crit("X4")), VerdictIs(FREE_IN_TIME, ("FAIL", "PENDING", "REVIEW"))),
)
"""Excluded by what waiting inside the window does not heal. X4 has failed here: where no day is known on which it passes, there is
none to wait for."""

BLINATUMOMAB_CLEAR = all_of(*(Crit(x) for x in ("X1", "X2", "X3", "X4", "X5", "X6")))

# The same as it stood when cycle 1 began: a hypersensitivity shown by the infusion does not make its start wrong.
CYCLE1_CLEAR = all_of(
    *(Crit(x) for x in ("X1", "X2", "X4", "X5", "X6")), Is(Reading("hypersensitivity", until="BLINA1_START"), ("NONE",))
)  # fmt: skip
