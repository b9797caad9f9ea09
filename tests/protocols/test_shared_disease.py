"""CNS class, MRD wording, remission, relapse, lymphoma, NCI risk: every row of the shared rules, and every case beside them."""

from functools import cache

import pytest

from pathway.errors import ProtocolError
from pathway.language import (
    Always,
    Compare,
    Decision,
    Fact,
    Input,
    Limit,
    Predicate,
    Protocol,
    Reading,
    Unit,
    row,
)
from protocols.shared import cns, lymphoma, mrd, relapse, remission, risk_nci
from protocols.shared.rule_set import RuleSet
from tests.protocols.shared_trial import SOURCE, patient, trial
from tests.protocols.test_shared_toxicity import holes

DAY, NOON = "2025-03-10", "2025-03-10 12:00"
YES_NO = ("YES", "NO")


def choice(id: str, values: tuple[str, ...], points: tuple[str, ...] = ()) -> Fact:
    return Fact(id, "choice", id, "clinician", SOURCE, values=values, points=points, cardinality="latest")


def number(id: str, unit: str = "", points: tuple[str, ...] = (), *, qualifiers: bool = False) -> Fact:
    return Fact(id, "number", id, "laboratory", SOURCE, units=(Unit(unit),) if unit else (), points=points, cardinality="latest",
                qualifiers=qualifiers)  # fmt: skip


# --- CNS ----------------------------------------------------------------------------------------------------------


@cache
def punctured() -> Protocol:
    return trial(cns.parts(("LP",), SOURCE), facts=(choice("cns", ("CNS1", "CNS2", "CNS3"), ("LP",)),))


def fluid(
    wbc: str = "",
    blasts: str = "",
    rbc: str = "",
    blood: tuple[str, str] = ("", ""),
    signs: str = "NO",
    entered: str = "",
) -> list[str]:
    """The class, then what is raised and asked for."""
    of = patient(punctured())
    values = {"csf_wbc": wbc, "csf_blasts": blasts, "csf_rbc": rbc, "blood_wbc": blood[0], "blood_rbc": blood[1],
              "cns_signs": signs, "cns": entered}  # fmt: skip
    for fact, value in values.items():
        if value:
            of.fact(fact, value, DAY, "LP")
    plan = of.plan(NOON)
    items = [i.id for i in plan.items if i.state in ("due", "late", "open", "planned")]
    return [of.decision("cns_class[point=LP]", NOON), *of.raised(NOON), *items]


BLOOD = ("50000", "3000000")


@pytest.mark.parametrize(
    ("wbc", "blasts", "rbc", "blood", "found"),
    [
        ("4", "YES", "9", ("", ""), "CNS2a"),
        ("4", "YES", "10", ("", ""), "CNS2b"),
        ("5", "YES", "9", ("", ""), "CNS3a"),
        # 60/500 = 0.12 against 2 x 50/3000 = 0.0333.
        ("60", "YES", "500", BLOOD, "CNS3b"),
        # 8/400 = 0.02.
        ("8", "YES", "400", BLOOD, "CNS2c"),
        # Exactly twice is not more than twice: 40/1200 = 2 x 50000/3000000.
        ("40", "YES", "1200", BLOOD, "CNS2c"),
        ("41", "YES", "1200", BLOOD, "CNS3b"),
        ("60", "YES", "500", ("50000", ""), "INDETERMINATE"),
        ("60", "YES", "500", ("", "3000000"), "INDETERMINATE"),
        ("0", "NO", "", ("", ""), "CNS1"),
        ("400", "NO", "2000", ("", ""), "CNS1"),
        # What is missing is never negative.
        ("4", "YES", "", ("", ""), "waiting"),
        ("", "YES", "", ("", ""), "waiting"),
    ],
)
def test_cns_class_by_the_counts(wbc: str, blasts: str, rbc: str, blood: tuple[str, str], found: str) -> None:
    assert fluid(wbc, blasts, rbc, blood)[0] == found


def test_blood_counts_are_read_in_the_laboratory_s_units() -> None:
    of = patient(punctured())
    for fact, value in (("csf_wbc", "60"), ("csf_blasts", "YES"), ("csf_rbc", "500"), ("cns_signs", "NO")):
        of.fact(fact, value, DAY, "LP")
    for fact, value, unit in (("blood_wbc", "50", "10^9/L"), ("blood_rbc", "3.0", "10^12/L")):
        of._submit("observation", DAY, name=fact, value=value, unit=unit, point="LP")
    assert of.decision("cns_class[point=LP]", NOON) == "CNS3b"


def test_clinical_signs_make_cns3_without_blasts() -> None:
    assert fluid(wbc="2", blasts="NO", signs="YES")[0] == "CNS3c"
    assert fluid(signs="YES")[0] == "CNS3c"


def test_signs_that_nobody_reported_keep_the_class_open() -> None:
    assert fluid(wbc="0", blasts="NO", signs="")[0] == "waiting"


@pytest.mark.parametrize(("entered", "differs"), [("CNS2", False), ("CNS1", True), ("CNS3", True)])
def test_an_entered_class_that_the_counts_contradict_is_told(entered: str, differs: bool) -> None:
    told = fluid("4", "YES", "9", entered=entered)
    assert ("CNS-CLASS-DIFFERS" in told, "ENTER-CNS" in told) == (differs, False)


def test_a_computed_class_asks_the_clinician_to_enter_it_and_for_blood_counts_that_are_missing() -> None:
    assert "ENTER-CNS" in fluid("4", "YES", "9")
    assert "CNS-BLOOD-COUNT" in fluid("60", "YES", "500")


# --- MRD ----------------------------------------------------------------------------------------------------------

SERIES = ("EOI", "EOC", "LATER")
SLOTS = tuple(Reading("mrd", point=p) for p in SERIES)
FIRST = SLOTS[0]


def shown(id: str, test: Predicate) -> Decision:
    """A predicate as a table, to look at it."""
    rows = (row("YES", SOURCE, so="yes"), row("NO", SOURCE, so="no"))
    return Decision(id, id, (Input("so", test),), rows, YES_NO, SOURCE)


@cache
def measured() -> Protocol:
    remitted = Compare(Reading("blasts"), Limit("<", "5"))
    return trial(
        facts=(number("mrd", "fraction", SERIES, qualifiers=True), number("blasts", "%")),
        decisions=(
            mrd.assay("assay", FIRST, Limit("<=", "1e-4"), SOURCE),
            mrd.by_cutoff("inclusive", "HEM-iSMART B", FIRST, Limit("<=", "1e-4"), SOURCE),
            mrd.by_cutoff("exclusive", "DELPHINUS", FIRST, Limit("<", "1e-4"), SOURCE),
            mrd.response("response", FIRST, remitted, SOURCE),
            shown("reappeared", mrd.reappearance(SLOTS)),
            shown("confirmed", mrd.reappearance(SLOTS, confirm=2)),
            shown("persistent", mrd.persistence(SLOTS)),
            shown("newly", mrd.newly_positive(SLOTS[2], SLOTS[:2])),
        ),
    )


ND, PNQ, BAD = "not-detected", "positive-not-quantifiable", "not-evaluable"


@pytest.mark.parametrize(
    ("value", "details", "blasts", "assay", "inclusive", "exclusive", "response"),
    [
        # The cases of the shared rules: undetected, below the quantitative range, on the limit, no remission.
        (ND, {"sensitivity": "1e-5"}, "1", "NEG", "NEG", "NEG", "COMPLETE_RESPONSE"),
        (ND, {"sensitivity": "1e-4"}, "1", "NEG", "NEG", "NEG", "COMPLETE_RESPONSE"),
        (ND, {"sensitivity": "5e-4"}, "1", "INDETERMINATE", "INDETERMINATE", "INDETERMINATE", "INTERMEDIATE"),
        (PNQ, {"quantifiable_limit": "1e-4", "sensitivity": "1e-5"}, "1", "POS_NQ", "POS_NQ", "POS_NQ", "INTERMEDIATE"),
        (PNQ, {"quantifiable_limit": "1e-3"}, "1", "POS_NQ", "INDETERMINATE", "INDETERMINATE", "INDETERMINATE"),
        ("9.9e-5", {}, "1", "POS_QUANT", "NEG", "NEG", "INTERMEDIATE"),
        ("1.0e-4", {}, "1", "POS_QUANT", "NEG", "POS_QUANT", "FAILURE"),
        ("2e-4", {}, "7", "POS_QUANT", "POS_QUANT", "POS_QUANT", "NOT_EVALUATED"),
        # Without a stated sensitivity nothing is negative.
        (ND, {}, "1", "INDETERMINATE", "INDETERMINATE", "INDETERMINATE", "INTERMEDIATE"),
        (BAD, {}, "1", "INDETERMINATE", "INDETERMINATE", "INDETERMINATE", "INDETERMINATE"),
        ("1.1e-4", {}, "1", "POS_QUANT", "POS_QUANT", "POS_QUANT", "FAILURE"),
    ],
)  # fmt: skip
def test_mrd_in_words(
    value: str,
    details: dict[str, str],
    blasts: str,
    assay: str,
    inclusive: str,
    exclusive: str,
    response: str,
) -> None:
    of = patient(measured())
    of.fact("mrd", value, DAY, "EOI", **details)
    of.fact("blasts", blasts, DAY)
    found = tuple(of.decision(k, NOON) for k in ("assay", "inclusive", "exclusive", "response"))
    assert found == (assay, inclusive, exclusive, response)


def test_no_response_is_worded_before_the_remission_is_known() -> None:
    of = patient(measured())
    of.fact("mrd", "1e-5", DAY, "EOI")
    assert of.decision("response", NOON) == "waiting"


@pytest.mark.parametrize(
    ("values", "reappeared", "confirmed", "persistent", "newly"),
    [
        ((ND, "1e-4", ""), "YES", "NO", "NO", "NO"),
        ((ND, "1e-4", "2e-4"), "YES", "YES", "NO", "YES"),
        ((ND, "9e-5", ""), "NO", "NO", "NO", "NO"),
        (("1e-3", "5e-4", ""), "NO", "NO", "YES", "NO"),
        (("1e-3", PNQ, ""), "NO", "NO", "NO", "NO"),
        (("1e-3", "1e-4", ND), "NO", "NO", "NO", "NO"),
        (("9e-5", "", "1e-4"), "NO", "NO", "NO", "YES"),
        (("", "", ""), "NO", "NO", "NO", "NO"),
    ],
)
def test_mrd_over_time(
    values: tuple[str, str, str], reappeared: str, confirmed: str, persistent: str, newly: str
) -> None:
    of = patient(measured())
    for point, value in zip(SERIES, values, strict=True):
        if value:
            of.fact(
                "mrd",
                value,
                DAY,
                point,
                **({"sensitivity": "1e-5", "quantifiable_limit": "1e-4"} if not value[0].isdigit() else {}),
            )
    found = tuple(of.decision(k, NOON) for k in ("reappeared", "confirmed", "persistent", "newly"))
    assert found == (reappeared, confirmed, persistent, newly)


# --- remission ----------------------------------------------------------------------------------------------------


def counted(name: str) -> Protocol:
    limits = remission.SETS[name]
    slots = tuple(Reading(f) for f in ("blasts", "active", "platelets", "anc"))
    rules = remission.rules(limits, SOURCE)
    options = tuple(dict.fromkeys(str(r.then) for r in rules))
    table = Decision("response", "response", remission.inputs(limits, *slots), rules, options, SOURCE)
    return trial(
        facts=(
            number("blasts", "%"),
            choice("active", YES_NO),
            number("platelets", "G/L"),
            number("anc", "G/L"),
        ),
        decisions=(table,),
    )


@pytest.mark.parametrize(
    ("name", "blasts", "platelets", "anc", "found"),
    [
        # InO +- DLI: <= 5 %, strict counts, floors.
        ("INO_DLI", "5", "101", "1.01", "CR"),
        ("INO_DLI", "5", "100", "1", "CRi"),
        ("INO_DLI", "5.1", "200", "2", "NONE"),
        ("INO_DLI", "2", "51", "0.51", "CRi"),
        ("INO_DLI", "2", "50", "0.6", "NOT_CRi"),
        ("INO_DLI", "2", "200", "0.5", "NOT_CRi"),
        # Common adult: < 5 %, >= 100 and >= 1, no floor.
        ("COMMON_ADULT", "5", "200", "2", "NONE"),
        ("COMMON_ADULT", "4.9", "100", "1", "CR"),
        ("COMMON_ADULT", "4.9", "99", "1", "CRi"),
        ("COMMON_ADULT", "4.9", "100", "0.9", "CRi"),
        ("COMMON_ADULT", "4.9", "10", "0.1", "CRi"),
        # CRp: only the platelets are low.
        ("COMMON_ADULT_CRP", "4.9", "99", "1", "CRp"),
        ("COMMON_ADULT_CRP", "4.9", "99", "0.9", "CRi"),
        ("COMMON_ADULT_CRP", "4.9", "100", "0.9", "CRi"),
        ("COMMON_ADULT_CRP", "4.9", "100", "1", "CR"),
    ],
)
def test_remission_by_the_limits_of_each_set(
    name: str, blasts: str, platelets: str, anc: str, found: str
) -> None:
    of = patient(counted(name))
    for fact, value in (("blasts", blasts), ("active", "NO"), ("platelets", platelets), ("anc", anc)):
        of.fact(fact, value, DAY)
    assert of.decision("response", NOON) == found


@pytest.mark.parametrize(("blasts", "found"), [("4.9", "M1"), ("5", "M2"), ("24.9", "M2"), ("25", "M3")])
def test_marrow_by_morphology(blasts: str, found: str) -> None:
    bands = remission.MARROW
    rows = tuple(row(b.name, SOURCE, blasts=b.name) for b in bands)
    inputs = (Input("blasts", Reading("blasts"), bands=bands),)
    table = Decision("marrow", "m", inputs, rows, ("M1", "M2", "M3"), SOURCE)
    of = patient(trial(facts=(number("blasts", "%"),), decisions=(table,)))
    of.fact("blasts", blasts, DAY)
    assert of.decision("marrow", NOON) == found


# --- relapse ------------------------------------------------------------------------------------------------------


@cache
def relapsing() -> Protocol:
    return trial(
        RuleSet(relapse.VERSION, facts=relapse.facts("P1"), decisions=(relapse.table("P1", Always()),))
    )


@pytest.mark.parametrize(
    ("marrow", "others", "repeat", "found"),
    [
        ("0.25", "", "", "RELAPSE"),
        ("0.249", "1", "", "RELAPSE"),
        ("0.249", "0", "", "REPEAT_MARROW"),
        ("0.249", "", "", "waiting"),
        ("0.249", "0", "2", "RELAPSE"),
        ("0.249", "0", "1", "NO_RELAPSE"),
        ("0.05", "1", "", "RELAPSE"),
        ("0.05", "0", "", "REPEAT_MARROW"),
        ("0.049", "1", "", "REPEAT_MARROW"),
        ("0.049", "1", "2", "RELAPSE"),
        ("0.049", "0", "2", "RELAPSE"),
        ("0.049", "1", "1", "NO_RELAPSE"),
        ("0.01", "2", "", "RELAPSE"),
        ("0.01", "1", "", "REPEAT_MARROW"),
        ("0.0099", "2", "", "NO_RELAPSE"),
    ],
)
def test_marrow_relapse(marrow: str, others: str, repeat: str, found: str) -> None:
    of = patient(relapsing())
    for fact, value in (
        ("suspected_marrow", marrow),
        ("relapse_other_tests", others),
        ("relapse_repeat_tests", repeat),
    ):
        if value:
            of.fact(fact, value, DAY)
    assert of.decision("relapse_marrow", NOON) == found


# --- lymphoma -----------------------------------------------------------------------------------------------------


@cache
def imaged(version: str) -> Protocol:
    return trial(lymphoma.parts(("C1",), SOURCE, version=version))


@pytest.mark.parametrize(
    ("base", "nadir", "now", "new", "gone", "adult", "child"),
    [
        ("40", "40", "0", "0", "GONE", "CR", "CR"),
        ("40", "40", "20", "0", "PRESENT", "PR", "PR"),
        ("40", "40", "20.1", "0", "PRESENT", "SD", "MR"),
        ("40", "40", "29.9", "0", "PRESENT", "SD", "MR"),
        ("40", "40", "30", "0", "PRESENT", "SD", "SD"),
        ("40", "40", "59.9", "0", "PRESENT", "SD", "SD"),
        ("40", "40", "60", "0", "PRESENT", "PD", "PD"),
        # Half again as much as the nadir, though less than at the beginning.
        ("40", "10", "15", "0", "PRESENT", "PD", "PD"),
        ("40", "40", "10", "1.6", "PRESENT", "PD", "PD"),
        ("40", "40", "10", "1.5", "PRESENT", "SD", "SD"),
        ("40", "40", "0", "1", "GONE", "SD", "SD"),
    ],
)
def test_response_of_lymphoma(
    base: str, nadir: str, now: str, new: str, gone: str, adult: str, child: str
) -> None:
    for version, found in (("2007", adult), ("PAEDIATRIC-2015", child)):
        of = patient(imaged(version))
        of.fact("mass_products", base, DAY, "BASELINE")
        of.fact("mass_products", nadir, DAY, "NADIR")
        of.fact("mass_products", now, DAY, "C1")
        of.fact("new_lesion", new, DAY, "C1")
        of.fact("masses", gone, DAY, "C1")
        assert of.decision("lymphoma_response[point=C1]", NOON) == found


# --- NCI/Rome -----------------------------------------------------------------------------------------------------


@cache
def stratified() -> Protocol:
    dates = tuple(Fact(f, "date", f, "coordinator", SOURCE) for f in ("birth_date", "diagnosis_date"))
    lineage = choice("lineage", ("B", "T"))
    table = risk_nci.table(
        "birth_date", "diagnosis_date", Reading("wbc"), SOURCE, t_lineage=(Reading("lineage"), ("T",))
    )
    return trial(facts=(*dates, lineage, number("wbc", "10^9/L")), decisions=(table,))


@pytest.mark.parametrize(
    ("born", "wbc", "lineage", "found"),
    [
        ("2015-03-11", "49.9", "B", "SR"),  # 9 years 364 days
        ("2015-03-10", "49.9", "B", "HR"),  # 10 years 0 days
        ("2018-03-10", "50.0", "B", "HR"),
        ("2024-03-10", "1", "B", "SR"),  # 1 year 0 days
        ("2024-03-11", "1", "B", "INFANT_HR"),  # 364 days
        ("2018-03-10", "10", "T", "not asked"),
        ("2018-03-10", "", "B", "waiting"),
        ("2014-03-10", "", "B", "HR"),
    ],
)
def test_nci_risk(born: str, wbc: str, lineage: str, found: str) -> None:
    of = patient(stratified())
    for fact, value in (
        ("birth_date", born),
        ("diagnosis_date", "2025-03-10"),
        ("lineage", lineage),
        ("wbc", wbc),
    ):
        if value:
            of.fact(fact, value, DAY)
    plan = next((d for d in of.plan(NOON).decisions if d.key == "nci_risk"), None)
    state = "not asked" if plan is None or plan.state == "not_asked" else plan.in_force or plan.state
    assert state == found


def test_an_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(ProtocolError, match="PAEDIATRIC-2015"):
        lymphoma.parts(("C1",), SOURCE, version="2014")


@pytest.mark.parametrize(
    "protocol",
    [
        punctured(),
        measured(),
        *map(counted, remission.SETS),
        relapsing(),
        imaged("2007"),
        imaged("PAEDIATRIC-2015"),
        stratified(),
    ],
    ids=lambda p: ",".join(d.id for d in p.decisions)[:40],
)
def test_the_tables_answer_every_combination_once(protocol: Protocol) -> None:
    assert holes(protocol) == []
