"""Units and values as laboratories print them, with the facts of the trials: nothing of another size is suggested or taken."""

import pytest

from pathway.language.parsing import BadValue, bound_of, parse_fact_value, plain_unit
from protocols import ALL

FACTS = [(trial.name, fact) for trial in ALL for fact in trial.facts if fact.type == "number"]
MEASURED = [(name, fact) for name, fact in FACTS if fact.qualifiers]


@pytest.mark.parametrize("micro", ["\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"])
def test_both_micro_signs_are_the_u_of_every_unit(micro: str) -> None:
    for _, fact in FACTS:
        for unit in fact.units:
            if "u" in unit.name:
                said = parse_fact_value(fact, "1", unit.name)
                assert parse_fact_value(fact, "1", unit.name.replace("u", micro)) == said


def test_a_unit_that_is_not_accepted_is_answered_with_all_and_a_guess_at_none() -> None:
    for _, fact in FACTS:
        with pytest.raises(BadValue) as refused:
            parse_fact_value(fact, "1", "/nonsense")
        assert "did you mean" not in str(refused.value)
        assert all(unit.name in str(refused.value) for unit in fact.units)


def test_every_mrd_takes_the_words_and_bounds_of_a_laboratory() -> None:
    assert MEASURED
    for _, fact in MEASURED:
        assert parse_fact_value(fact, "not detected", "")[0] == "not-detected"
        text, _unit = parse_fact_value(fact, "<0.01", "%")
        assert (text, bound_of(text) is not None) == ("<0.0001", True)


def test_no_two_units_of_a_fact_are_one_in_the_signs_of_a_keyboard() -> None:
    for _, fact in FACTS:
        assert len({plain_unit(unit.name) for unit in fact.units}) == len(fact.units)
