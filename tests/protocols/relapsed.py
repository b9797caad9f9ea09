"""A made-up child with relapsed leukaemia on the platform: referred, profiled, treated in D, evaluated."""

from protocols import compiled
from tests.protocols.bedside import Patient

WHO = {
    "consent": "GIVEN", "assent": "GIVEN", "birth_date": "2016-05-14", "diagnosis_date": "2023-02-01", "disease": "T_ALL",
    "disease_status": "RELAPSED", "weight": "31", "karnofsky": "80", "lansky": "80", "oral_intake": "YES",
    "molecular_report": "RELAPSE", "flow_report": "RELAPSE", "shortening_fraction": "34", "lvef": "60", "qtcf": "410",
    "arrhythmia": "NO", "contraception": "YES", "pregnancy_test": "NOT_APPLICABLE", "gilbert": "NO",
    "last_cytotoxic": "2025-10-10", "last_bridging": "NEVER", "last_radiotherapy": "NEVER", "last_auto_hsct": "NEVER",
    "last_allo_hsct": "NEVER", "last_cell_therapy": "NEVER", "last_antibody": "NEVER", "last_surgery": "NEVER",
    "last_immunosuppression": "NEVER", "last_interacting_drug": "NEVER", "prior_dasatinib_venetoclax": "NONE",
    "agvhd": "NONE", "cgvhd": "NONE", "gvhd_drug": "NO", "toxicity_grade": "1", "c1d1_planned": "2025-11-03",
}  # fmt: skip
LABS = {"creatinine_uln": "0.8", "gfr": "110", "bilirubin_direct_uln": "0.5", "alt_uln": "1", "ast_uln": "1"}
BOARD = "2025-10-29"
FRIDAY, SUNDAY = "2025-10-31", "2025-11-02 10:00"


def referred(
    known: dict[str, str] | None = None,
    settings: dict[str, str] | None = None,
    drawn: str = "2025-11-02 08:00",
) -> Patient:
    """All that eligibility asks for, with NRAS and a slot for the asking in D; `known` replaces values, "" leaves one out."""
    patient, known = Patient("hem-ismart", settings or {}), known or {}
    patient.fact("alteration", "PRESENT", "2025-10-28", "NRAS")
    for fact, value in (WHO | {k: v for k, v in known.items() if k in WHO}).items():
        if value:
            patient.fact(fact, value, "2025-10-28")
    for item in compiled("hem-ismart").facts["exclusion"].points:
        patient.fact("exclusion", "ABSENT", "2025-10-28", item)
    patient.fact("marrow_blasts", known.get("entry_blasts", "62"), "2025-10-28", "ENTRY")
    patient.fact("slot", "OPEN", "2025-10-28 10:00", "D")
    if any(d.proposal == "D" for d in patient.plan(BOARD).decisions):
        patient.decide("ALLOCATION_DECISION", "D", BOARD)
    for fact, value in (LABS | {k: v for k, v in known.items() if k in LABS}).items():
        if value:
            patient.fact(fact, value, drawn)
    return patient


def verdict(patient: Patient, criterion: str, when: str = SUNDAY) -> str:
    """What a criterion says."""
    return next(c.verdict for c in patient.plan(when).criteria if c.id == criterion)


def profiled(
    *lesions: str, slots: dict[str, str] | None = None, settings: dict[str, str] | None = None
) -> Patient:
    """A complete report with these lesions, and what the governors have answered."""
    patient = Patient("hem-ismart", settings or {})
    patient.fact("consent", "GIVEN", "2025-11-03")
    patient.fact("assent", "GIVEN", "2025-11-03")
    for lesion in lesions:
        patient.fact("alteration", "PRESENT", "2025-11-03", lesion)
    patient.fact("molecular_report", "RELAPSE", "2025-11-03")
    for subtrial, state in (slots or {}).items():
        patient.fact("slot", state, "2025-11-03 10:00", subtrial)
    return patient


OPEN = dict.fromkeys(("B", "C", "D", "E"), "OPEN")
NOON = "2025-11-03 12:00"


def treated(blasts: str = "62", **settings: str) -> Patient:
    """First dose in D on 3 November; entry blasts as given, and no disease outside the marrow."""
    patient = profiled("NRAS", slots={"D": "OPEN"}, settings=settings)
    patient.fact("disease", "T_ALL", "2025-11-03")
    patient.fact("birth_date", "2016-05-14", "2025-11-03")
    patient.fact("marrow_blasts", blasts, "2025-11-03", "ENTRY")
    patient.fact("extramedullary", "ABSENT", "2025-11-03", "ENTRY")
    patient.fact("cns", "CNS1", "2025-11-03", "ENTRY")
    patient.decide("ALLOCATION_DECISION", "D", "2025-11-03 10:30")
    patient.fact("slot", "RESERVED", "2025-11-03 11:00", "D")
    patient.do("cycle_started", "2025-11-03 12:00", {"cycle": "1"})
    return patient


def evaluated(
    patient: Patient, blasts: str, anc: str, platelets: str, mrd: str = "", when: str = "2025-11-30"
) -> Patient:
    """The evaluation at the end of cycle 1."""
    for fact, value in (("marrow_blasts", blasts), ("anc", anc), ("platelets", platelets), ("mrd", mrd)):
        if value:
            patient.fact(fact, value, when, "EOC1")
    return patient
