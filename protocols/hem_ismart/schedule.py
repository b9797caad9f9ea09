"""What is due when: drugs of subtrial B by their days, what nobody has published as not set, evaluations, follow-up."""

from pathway.language import (
    Assessment,
    Fresh,
    Is,
    Known,
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
    Source,
    Task,
    all_of,
    any_of,
    assumption,
    public,
    without,
)
from protocols.hem_ismart.allocation import ALLOCATED, IN
from protocols.hem_ismart.criteria import GIVEN, before
from protocols.hem_ismart.cycles import counts
from protocols.hem_ismart.facts import CYCLES, TREATMENTS, at, cycle
from protocols.hem_ismart.phases import (
    BEFORE,
    CONSENT,
    FOLLOWED,
    GONE,
    ON_CYCLES,
    TO_PLAN,
    answered,
    treatment,
)
from protocols.hem_ismart.profile import DRUGS, day_key
from protocols.hem_ismart.safety import SAFETY

Days = tuple[tuple[str, str, int], ...]

B_CYCLE_1: Days = (
    ("DASATINIB", "Dasatinib begins; last day not set: 28 days and d1-14 contradict each other", 1),
    ("VENETOCLAX", "Venetoclax d1-28, ramp-up in one day", 1),
    ("DEXAMETHASONE", "Dexamethasone d1-5", 1),
    ("CYCLOPHOSPHAMIDE", "Cyclophosphamide d3", 3),
    ("CYTARABINE", "Cytarabine d5-8", 5),
    ("CYTARABINE-2", "Cytarabine d12-15", 12),
)
B_LATER: Days = (
    ("DASATINIB", "Dasatinib d1-28", 1),
    ("VENETOCLAX", "Venetoclax d1-28", 1),
    ("DEXAMETHASONE", "Dexamethasone d1-5", 1),
    ("CYCLOPHOSPHAMIDE", "Cyclophosphamide d1", 1),
    ("CYTARABINE", "Cytarabine d3-6", 3),
    ("CYTARABINE-2", "Cytarabine d10-13", 10),
)


def in_cycle(number: str) -> Predicate:
    """The cycle is under way; the first is shown as soon as a slot is reserved."""
    phases = [f"{p}_{number}" for p in ("CYCLE", "RECOVERY")]
    return treatment(*phases, "SLOT_RESERVED") if number == "1" else treatment(*phases)


CLEAR_TO_START = ("screening", any_of(Reached("C1D1"), Outcome("screening", ("READY",))))
"""What came up on the eve blocks the first dose, whoever has a slot, and so does what nobody knows yet."""
CONSENTED_TO = ("consent", GIVEN)


def before_dose(number: str) -> tuple[tuple[str, Predicate], ...]:
    """What blocks the doses of a cycle."""
    return (CONSENTED_TO, CLEAR_TO_START) if number == "1" else (CONSENTED_TO,)


def drug(subtrial: str, number: str, name: str, text: str, due: Moment, source: Source) -> Assessment:
    """The first day of a drug, or of one of its courses, in a cycle."""
    scope = (("cycle", number), ("subtrial", subtrial))
    return Assessment(name, f"Cycle {number}, subtrial {subtrial}: {text}", due, Recorded("drug_given", (("cycle", number), ("drug", name))),
                      "clinician", source, asked=all_of(IN[subtrial], in_cycle(number)), kind="dose", scope=scope,
                      needs=before_dose(number))  # fmt: skip


def unknown(subtrial: str, name: str, number: str) -> Assessment:
    """A drug whose days nobody has published."""
    key = day_key(subtrial, name, "1" if number == "1" else "2")
    return drug(subtrial, number, name, f"{name.capitalize()} begins; day not published", Moment(f"C{number}D0", days=Param(key)),
                assumption("calendar not seen"))  # fmt: skip


DOSES = (
    *(
        drug("B", number, name, text, Moment(f"C{number}D1", days=day - 1), public("P2"))
        for number in CYCLES
        for name, text, day in (B_CYCLE_1 if number == "1" else B_LATER)
    ),
    *(unknown(s, name, number) for s, names in DRUGS.items() for name in names for number in CYCLES),
)


def intrathecal(number: str, n: str) -> Assessment:
    """An intrathecal treatment; the third and fourth only with CNS disease at entry."""
    more = (Not(Is(at("cns", "ENTRY"), ("CNS1",))),) if int(n) > 2 else ()
    return Assessment("IT", f"Cycle {number}: intrathecal treatment {n}, by age and CNS status; day not published",
                      Moment(f"C{number}D0", days=Param(f"it_{n}_day")), Recorded("it_given", (("cycle", number), ("n", n))), "clinician",
                      public("P2", note="MTX with or without prednisone, hydrocortisone, cytarabine; days: not stated"),
                      asked=all_of(in_cycle(number), *more), scope=(("cycle", number), ("n", n)),
                      needs=before_dose(number))  # fmt: skip


def evaluated(number: str) -> Predicate:
    """Marrow and counts, or the imaging of a lymphoma."""
    point = f"EOC{number}"
    return any_of(
        all_of(*(Known(at(f, point)) for f in ("marrow_blasts", "mrd", "anc", "platelets"))),
        Known(at("lymphoma_response", point)),
        NotObtainable(at("marrow_blasts", point)),
    )


def of_cycle(number: str) -> tuple[Assessment, ...]:
    """What a cycle asks for besides its drugs."""
    here = treatment(*(f"{p}_{number}" for p in ("CYCLE", "RECOVERY", "RESPONSE_EVAL")))
    start = () if number == "1" else (
        Assessment("CYCLE-START", f"First dose of cycle {number}", Moment(f"C{number}D1"), Recorded("cycle_started", cycle(number)), "clinician",
                   public("P8"), window=(0, 21), asked=treatment(f"RESPONSE_EVAL_{int(number) - 1}"),
                   blocked_by=f"AFTER_RESPONSE_EVAL_{int(number) - 1}", kind="dose", scope=cycle(number), needs=(CONSENTED_TO,)),
    )  # fmt: skip
    return (
        *start,
        Assessment("EVALUATION", f"Evaluation of cycle {number}: marrow, MRD by flow, counts; CNS and imaging where there was disease",
                   Moment(f"C{number}D28"), evaluated(number), "clinician", public("P2"), window=(-2, 21), asked=here, scope=cycle(number)),
        Assessment("RECOVERY-COUNTS", f"Counts of cycle {number}: recovered by day 28, else to day 49", Moment(f"C{number}D28"),
                   counts(number), "laboratory", public("P8"), window=(0, 21), asked=here, scope=cycle(number)),
    )  # fmt: skip


ASSESSMENTS = (
    Assessment("LABS", "Creatinine or GFR, direct bilirubin, ALT, AST within 48 hours before the first dose", Moment("C1D1_PLANNED"),
               all_of(any_of(*(Fresh(before(f), before="C1D1", hours=Param("lab_hours")) for f in ("creatinine_uln", "gfr"))),
                      *(Fresh(before(f), before="C1D1", hours=Param("lab_hours")) for f in ("bilirubin_direct_uln", "alt_uln", "ast_uln"))),
               "laboratory", public("P2"), window=(-2, 0), asked=treatment("SUBTRIAL_SCREENING", "SLOT_REQUESTED", "SLOT_RESERVED", "MOVED_SCREENING")),
    Assessment("PREGNANCY", "Pregnancy test within 7 days before the first dose", Moment("C1D1_PLANNED"),
               any_of(Is(before("pregnancy_test"), ("NOT_APPLICABLE",)), Fresh(before("pregnancy_test"), Param("pregnancy_days"), "C1D1")),
               "laboratory", public("P2"), window=(-7, 0), asked=treatment("SUBTRIAL_SCREENING", "SLOT_REQUESTED", "SLOT_RESERVED", "MOVED_SCREENING")),
    *DOSES,
    Assessment("DASATINIB-END", "Last day of dasatinib in cycle 1: 28 days or d1-14, not set", Moment("C1D0", days=Param("dasatinib_last_day_c1")),
               Reached("C1D28"), "clinician", assumption("the source contradicts itself"), asked=all_of(IN["B"], treatment("CYCLE_1")),
               kind="dose"),
    *(intrathecal(k, n) for k in CYCLES for n in TREATMENTS),
    *(each for k in CYCLES for each in of_cycle(k)),
    Assessment("PK", "Pharmacokinetics in cycle 1: venetoclax, dasatinib Cmax; day not published", Moment("C1D0", days=Param("pk_day")),
               Recorded("pk_sampled"), "clinician", public("P2"), asked=treatment("CYCLE_1")),
)  # fmt: skip

SERIES = (
    Series("CONMED-CHECK", "Concomitant drugs: CYP3A, P-gp, QT", Moment("C1D1"), "clinician", public("P2", note="weekly: assumption"), days=7,
           window=(-2, 2), fact="conmed_check", while_=ON_CYCLES),
    Series("FOLLOW-UP-VISIT", "Follow-up: alive, relapse, second malignancy, transplant; every 3 months to 7 years", Moment("C1D1", months=3),
           "coordinator", public("P2", note="interval: assumption"), months=3, window=(-30, 30), fact="survival", while_=FOLLOWED,
           until=Moment("CUT_OFF", at="close")),
)  # fmt: skip

TASKS = (
    *SAFETY.tasks,
    Task("GET-CONSENT", "Consent and assent, before anything of the study", all_of(treatment("REFERRED"), Known(Reading("disease"))), CONSENT, "coordinator", public("P2")),
    Task("GET-PROFILING", "Molecular profiling and flow of the relapsed or refractory disease", treatment("PROFILING"),
         all_of(Known(Reading("molecular_report")), Known(Reading("flow_report"))), "laboratory", public("P2"),
         due=Moment("CONSENTED", days=Param("profiling_days"))),
    Task("IC50", "Ex-vivo drug response in the centralised laboratory: recommended, not mandatory", treatment("PROFILING"),
         Known(at("dasatinib_ic50", "CENTRAL")), "laboratory", public("P2")),
    Task("PLAN-C1D1", "State the planned day of the first dose; again when it has passed without a dose, or the reservation has expired",
         all_of(treatment("SUBTRIAL_SCREENING", "SLOT_REQUESTED", "WAITLIST", "SLOT_RESERVED", "MOVED_SCREENING"), ALLOCATED, without(answered("WAITING")), Not(GONE), TO_PLAN),
         all_of(ALLOCATED, Not(TO_PLAN)), "coordinator", assumption()),
    Task("START", "A slot is reserved: give the first dose by its last day, or report why not", all_of(BEFORE, answered("RESERVED")),
         Reached("C1D1"), "clinician", assumption(), due=Moment("C1D1_PLANNED"), needs=before_dose("1")),
)  # fmt: skip
