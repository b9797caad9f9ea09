"""What is told of a value that cannot be: in the unit that was given."""

import pytest

from pathway.language import Fact, Unit, registry
from pathway.language.parsing import MOST_NAMED, BadValue, nearest, one_of, parse_fact_value

MRD = Fact(
    "mrd",
    "number",
    "",
    "laboratory",
    registry(),
    units=(Unit("fraction"), Unit("percent", "0.01")),
    possible=("0", "1"),
)
CREATININE = Fact(
    "creatinine", "number", "", "laboratory", registry(),
    units=(Unit("umol/L"), Unit("mg/dL", "88.4")), possible=("1", "2000"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "value", "unit", "told"),
    [
        (MRD, "2", "fraction", "mrd = 2 fraction is impossible; accepted: 0 to 1 fraction"),
        (
            MRD,
            "200",
            "percent",
            "mrd = 200 percent is impossible; accepted: 0 to 100 percent (0 to 1 fraction)",
        ),
        (CREATININE, "30", "mg/dL", "accepted: 0.01132 to 22.62 mg/dL (1 to 2000 umol/L)"),
    ],
)
def test_bounds_are_told_in_the_unit_that_was_given(fact: Fact, value: str, unit: str, told: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_fact_value(fact, value, unit)
    assert str(refused.value).endswith(told)


@pytest.mark.parametrize("value", ["0.01132", "22.62"])
def test_bounds_that_are_told_rounded_are_accepted(value: str) -> None:
    assert parse_fact_value(CREATININE, value, "mg/dL")[1] == "umol/L"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rsk", "did you mean risk?"),
        ("RSIK", "did you mean risk?"),
        ("eoi", "did you mean EOI?"),
        ("zzzz", "accepted: risk, EOI"),
    ],
)
def test_a_name_that_is_not_known_is_answered_with_the_nearest_however_it_is_written(
    typed: str, said: str
) -> None:
    assert nearest(typed, ["risk", "EOI", "risk"]) == said


def test_of_very_many_names_the_first_are_listed_and_the_rest_is_counted() -> None:
    said = nearest("zzzz", [f"A{n}" for n in range(MOST_NAMED + 5)])
    assert said.startswith("accepted: A0, A1, ")
    assert said.endswith(" and 5 more")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rolling-sex", "did you mean rolling-six?; accepted: rolling-six, 3+3"),
        ("doctor", "accepted: rolling-six, 3+3"),
    ],
)
def test_of_few_names_all_are_listed_once_beside_the_nearest(typed: str, said: str) -> None:
    assert one_of(typed, ("rolling-six", "3+3")) == said
