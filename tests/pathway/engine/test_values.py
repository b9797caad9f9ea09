"""What people type becomes one canonical value, or is refused with what would be accepted."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.engine.values import holds, observed
from pathway.errors import ProtocolError
from pathway.events import Event
from pathway.language import Fact, Limit, Unit, registry
from pathway.language.parsing import BadValue, decimal_text, parse_decimal, parse_fact_value, parse_limit
from pathway.language.profile import make_profile
from tests.pathway.toy import TOY

R = registry()
MRD = Fact(
    "mrd",
    "number",
    "",
    "laboratory",
    R,
    units=(Unit("fraction"), Unit("%", "0.01")),
    possible=("0", "1"),
    qualifiers=True,
)
WBC = Fact(
    "wbc",
    "number",
    "",
    "laboratory",
    R,
    units=(Unit("10^9/L"), Unit("/uL", "0.001")),
    possible=("0", "5000"),
    plausible=("0.1", "2000"),
)
DAY = Fact("day", "date", "", "coordinator", R, never=True)
CHOICE = Fact("cns", "choice", "", "laboratory", R, values=("CNS1", "CNS2"))
NOW = datetime(2025, 2, 1, tzinfo=UTC)


def said(fact: Fact, value: str, **details: str) -> Event:
    return Event(
        "e1", "observation", NOW, NOW, "laboratory", fact.id, value=value, details=tuple(details.items())
    )


@pytest.mark.parametrize(
    ("fact", "value", "unit", "canonical"),
    [
        (MRD, "0.02", "%", "0.0002"),
        (MRD, "2e-4", "fraction", "0.0002"),
        (MRD, " 0.00020 ", "fraction", "0.0002"),
        (MRD, "0", "%", "0"),
        (MRD, "-0", "%", "0"),
        (MRD, "100", "%", "1"),
        (WBC, "85000", "/uL", "85"),
        (WBC, "300", "10^9/L", "300"),
        (MRD, "not-detected", "", "not-detected"),
        (DAY, "2024-02-29", "", "2024-02-29"),
        (DAY, "NEVER", "", "NEVER"),
        (CHOICE, "CNS1", "", "CNS1"),
    ],
)
def test_one_value_has_one_canonical_text_whatever_unit_it_is_typed_in(
    fact: Fact, value: str, unit: str, canonical: str
) -> None:
    assert parse_fact_value(fact, value, unit)[0] == canonical


@pytest.mark.parametrize(
    ("fact", "value", "unit", "code"),
    [
        (MRD, "0.02", "", "unit_missing"),
        (MRD, "0.02", "percent", "unknown_unit"),
        (MRD, "101", "%", "impossible"),
        (MRD, "-1e-9", "fraction", "impossible"),
        (MRD, "two", "%", "malformed"),
        (MRD, "1_000", "%", "malformed"),
        (MRD, "NaN", "%", "malformed"),
        (MRD, "Infinity", "%", "malformed"),
        (MRD, "٣", "%", "malformed"),
        (MRD, "1e-40", "%", "impossible"),
        (MRD, "0.123456789012345678901", "fraction", "impossible"),
        (WBC, "5001", "10^9/L", "impossible"),
        (WBC, "not-detected", "10^9/L", "malformed"),
        (DAY, "2025-02-30", "", "malformed"),
        (DAY, "0001-01-01", "", "impossible"),
        (DAY, "9999-12-31", "", "impossible"),
        (DAY, "2025-02-03", "d", "unknown_unit"),
        (CHOICE, "CNS4", "", "malformed"),
        (CHOICE, "CNS1", "x", "unknown_unit"),
    ],
)
def test_what_cannot_be_a_value_is_refused_by_code(fact: Fact, value: str, unit: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_fact_value(fact, value, unit)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("fact", "value", "unit", "canonical"),
    [
        (WBC, "320", "/\N{MICRO SIGN}L", "0.32"),
        (WBC, "320", "/\N{GREEK SMALL LETTER MU}L", "0.32"),
        (WBC, "320", " / uL", "0.32"),
        (WBC, "85", "10\u2079/L", "85"),
        (WBC, "85", "x10^9/L", "85"),
        (WBC, "85", "\N{MULTIPLICATION SIGN}10\u2079/L", "85"),
        (WBC, "85", "10*9/L", "85"),
        (MRD, "<0.01", "%", "<0.0001"),
        (MRD, "< 1e-4", "fraction", "<0.0001"),
        (MRD, "\N{LESS-THAN OR EQUAL TO}1e-4", "fraction", "<=0.0001"),
        (WBC, ">500", "10^9/L", ">500"),
        (WBC, ">= 500000", "/uL", ">=500"),
        (MRD, "neg", "fraction", "not-detected"),
        (MRD, "Negative", "%", "not-detected"),
        (MRD, "not detected", "", "not-detected"),
        (MRD, "not_detected", "", "not-detected"),
        (MRD, "undetectable", "", "not-detected"),
        (MRD, "PNQ", "", "positive-not-quantifiable"),
        (MRD, "not evaluable", "", "not-evaluable"),
    ],
)
def test_what_laboratories_print_is_understood(fact: Fact, value: str, unit: str, canonical: str) -> None:
    assert parse_fact_value(fact, value, unit)[0] == canonical


@pytest.mark.parametrize(
    ("fact", "value", "unit", "code", "names"),
    [
        (WBC, "320", "/mL", "unknown_unit", "accepted: 10^9/L, /uL"),
        (WBC, "320", "/nL", "unknown_unit", "accepted: 10^9/L, /uL"),
        (MRD, "n.d.", "", "malformed", "not detected or not done"),
        (MRD, "positive", "", "malformed", "positive-not-quantifiable"),
        (MRD, "low", "", "malformed", "not-detected, positive-not-quantifiable, not-evaluable"),
        (WBC, "neg", "10^9/L", "malformed", "is not a number"),
        (WBC, "<", "10^9/L", "malformed", "is not a number"),
        (WBC, ">9000", "10^9/L", "impossible", "accepted: 0 to 5000"),
        (WBC, "<0", "10^9/L", "impossible", "accepted: 0 to 5000"),
        (MRD, ">100", "%", "impossible", "accepted: 0 to 1"),
    ],
)
def test_a_refusal_names_all_that_is_accepted_and_never_a_unit_of_another_size(
    fact: Fact, value: str, unit: str, code: str, names: str
) -> None:
    with pytest.raises(BadValue) as refused:
        parse_fact_value(fact, value, unit)
    assert (refused.value.code, names in str(refused.value)) == (code, True)
    assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    ("fact", "value", "limit", "answer"),
    [
        (MRD, "<0.0001", "< 0.0001", True),
        (MRD, "<=0.0001", "< 0.0001", None),
        (MRD, "<=0.0001", "<= 0.0001", True),
        (MRD, "<0.01", "< 0.0001", None),
        (MRD, "<0.0001", ">= 0.0001", False),
        (MRD, "<0.0001", "> 0", None),
        (WBC, ">500", "> 500", True),
        (WBC, ">=500", "> 500", None),
        (WBC, ">=500", ">= 500", True),
        (WBC, ">500", "<= 500", False),
        (WBC, ">500", ">= 300", True),
        (WBC, ">100", ">= 300", None),
        (WBC, ">500", "= 500", False),
        (WBC, "<1", "= 0.5", None),
    ],
)
def test_a_bound_answers_a_limit_only_where_the_whole_range_lies_on_one_side(
    fact: Fact, value: str, limit: str, answer: bool | None
) -> None:
    bound = parse_limit(limit)
    assert holds(bound.op, observed(fact, said(fact, value)), Decimal(bound.value)) is answer


def test_a_bound_beyond_what_is_plausible_is_reviewed_until_it_is_checked() -> None:
    assert observed(WBC, said(WBC, ">3000")).state == "review"
    assert observed(WBC, said(WBC, ">3000", checked="yes")).state == "known"
    assert observed(WBC, said(WBC, ">500")).state == "known"


@given(
    st.sampled_from(["<", "<=", ">", ">="]),
    st.integers(0, 10),
    st.sampled_from(["<", "<=", "=", ">=", ">"]),
    st.integers(0, 10),
    st.integers(0, 40),
)
def test_a_bound_never_says_what_a_number_within_it_denies(
    bound: str, at: int, op: str, limit: int, quarter: int
) -> None:
    number = Decimal(quarter) / 4
    exact = observed(WBC, said(WBC, decimal_text(number), checked="yes"))
    if holds(bound, exact, Decimal(at)):
        answer = holds(op, observed(WBC, said(WBC, f"{bound}{at}", checked="yes")), Decimal(limit))
        assert answer in (None, holds(op, exact, Decimal(limit)))


def test_a_refused_choice_names_all_that_are_accepted_and_suggests_none() -> None:
    with pytest.raises(BadValue, match=r"accepted: CNS1, CNS2$") as refused:
        parse_fact_value(CHOICE, "CNS11", "")
    assert "did you mean" not in str(refused.value)


@given(st.decimals(min_value=0, max_value=1, places=12, allow_nan=False, allow_infinity=False))
def test_a_percentage_is_exactly_a_hundred_times_the_fraction(fraction: Decimal) -> None:
    percent = parse_fact_value(MRD, decimal_text(fraction * 100), "%")
    assert percent == parse_fact_value(MRD, decimal_text(fraction), "fraction")
    assert Decimal(percent[0]) == fraction


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=8
    )
)
def test_the_canonical_text_of_a_number_is_read_back_as_itself(number: Decimal) -> None:
    text = decimal_text(number)
    assert decimal_text(parse_decimal(text)) == text
    assert Decimal(text) == number


@pytest.mark.parametrize(
    ("value", "details", "op", "limit", "answer"),
    [
        ("0.0001", {}, "<", "1e-4", False),
        ("0.0001", {}, "<=", "1e-4", True),
        ("0.0001", {}, "=", "1e-4", True),
        ("0.0001", {}, ">", "1e-4", False),
        ("0.0001", {}, ">=", "1e-4", True),
        ("0.000099", {}, "<", "1e-4", True),
        ("not-detected", {"sensitivity": "0.00001"}, "<", "1e-4", True),
        ("not-detected", {"sensitivity": "0.0001"}, "<", "1e-4", True),
        ("not-detected", {"sensitivity": "0.0005"}, "<", "1e-4", None),
        ("not-detected", {"sensitivity": "0.0005"}, ">=", "1e-4", None),
        ("not-detected", {"sensitivity": "0.0005"}, ">=", "5e-4", False),
        ("not-detected", {"sensitivity": "0.0001"}, "=", "1e-4", False),
        ("not-detected", {"sensitivity": "0.0005"}, "=", "1e-4", None),
        ("not-detected", {}, "<", "1e-4", None),
        ("positive-not-quantifiable", {"quantifiable_limit": "0.0001"}, "<", "1e-4", True),
        ("positive-not-quantifiable", {"quantifiable_limit": "0.001"}, "<", "1e-4", None),
        ("positive-not-quantifiable", {"quantifiable_limit": "0.001"}, ">", "1e-3", False),
        ("positive-not-quantifiable", {}, ">=", "5e-4", None),
    ],
)
def test_undetected_and_unquantifiable_results_answer_a_limit_only_when_their_bounds_do(
    value: str, details: dict[str, str], op: str, limit: str, answer: bool | None
) -> None:
    assert holds(op, observed(MRD, said(MRD, value, **details)), Decimal(limit)) is answer


@given(
    sensitivity=st.sampled_from(["0.00001", "0.0001", "0.0005", "0.01"]),
    op=st.sampled_from(["<", "<=", "=", ">=", ">"]),
    limit=st.sampled_from(["0.00001", "0.0001", "0.0005", "0.01"]),
    share=st.integers(1, 99),  # a plain 0 is an undetected result itself
)
def test_no_number_under_the_sensitivity_contradicts_what_an_undetected_result_answers(
    sensitivity: str, op: str, limit: str, share: int
) -> None:
    answer = holds(op, observed(MRD, said(MRD, "not-detected", sensitivity=sensitivity)), Decimal(limit))
    possible = decimal_text(Decimal(sensitivity) * share / 100)
    assert answer in (None, holds(op, observed(MRD, said(MRD, possible)), Decimal(limit)))


def test_a_sample_that_was_not_evaluable_is_there_and_needs_a_person() -> None:
    assert observed(MRD, said(MRD, "not-evaluable")).state == "review"


@pytest.mark.parametrize(
    ("value", "state"), [("0.09", "review"), ("0.1", "known"), ("2000", "known"), ("2001", "review")]
)
def test_implausible_values_are_taken_and_reviewed(value: str, state: str) -> None:
    assert observed(WBC, said(WBC, value)).state == state
    assert observed(WBC, said(WBC, value, checked="yes")).state == "known"


@pytest.mark.parametrize(
    ("text", "limit"),
    [("< 1e-4", Limit("<", "0.0001")), (">=300 10^9/L", Limit(">=", "300")), ("= 0", Limit("=", "0"))],
)
def test_a_limit_of_the_profile_is_an_operator_and_a_number(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    ("key", "value"),
    [("high", "5e-4"), ("blina_start", "day 36"), ("blina_days", "1e3"), ("blina_days", "99999"), ("course", "MAE"),
     ("warn_hour", "24"), ("warn_hour", "not set"), ("course_days", "30")],
)  # fmt: skip
def test_a_profile_value_of_the_wrong_kind_is_refused(key: str, value: str) -> None:
    with pytest.raises(ProtocolError):
        make_profile(TOY, {key: value})


def test_placeholder_lengths_exist_only_in_a_simulation() -> None:
    assert make_profile(TOY).parsed["course_days"] is None
    assert make_profile(TOY, simulation=True).parsed["course_days"] == 42
    assert make_profile(TOY, simulation=True).hash != make_profile(TOY).hash
