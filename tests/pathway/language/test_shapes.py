"""A protocol that is written with a comma too few, or a number where text belongs, is told where."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Action, Band, Exit, Is, Limit, Reading, Recorded, Unit, registry
from tests.protocols.sixth import REVAX

FACTS, TRACK = REVAX.facts, REVAX.tracks[0]
SCREENING = TRACK.phases[0]


def given(value: Any) -> Any:
    """The value, as if it were of the right type."""
    return value


def in_screening(**fields: Any) -> Any:
    return replace(REVAX, tracks=(replace(TRACK, phases=(replace(SCREENING, **fields), *TRACK.phases[1:])),))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            in_screening(exits=given(Exit("OFF", Recorded("death"), registry()))),
            "tracks vaccination, phases SCREENING, exits: expected a tuple, and got one Exit; is a comma missing?",
        ),
        (
            replace(REVAX, facts=(replace(FACTS[0], values=given("GIVEN")), *FACTS[1:])),
            "facts consent, values: expected a tuple, and got 'GIVEN'; is a comma missing?",
        ),
        (
            in_screening(exits=(Exit("OFF", Is(Reading("consent"), given("REFUSED")), registry()),)),
            "phases SCREENING, exits OFF, when, values: expected a tuple, and got 'REFUSED'",
        ),
        (
            in_screening(exits=(Exit("OFF", Recorded("vaccinated", given(("dose", "1"))), registry()),)),
            "exits OFF, when, scope 1: expected a tuple, and got 'dose'; is a comma missing?",
        ),
        (
            replace(REVAX, actions=(Action("x", "X", registry(), scopes=given(("dose", ("1", "2")))),)),
            "actions x, scopes 1: expected a tuple, and got 'dose'; is a comma missing?",
        ),
        (
            replace(REVAX, tracks=given(TRACK)),
            "revax-1: tracks: expected a tuple, and got one Track; is a comma missing?",
        ),
        (
            replace(REVAX, facts=(replace(FACTS[2], units=(Unit("/uL", given(0.001)),)),)),
            'facts lymphocytes, units /uL, factor: write it as text: "0.001"',
        ),
        (
            replace(REVAX, facts=(replace(FACTS[2], possible=given((0, 500))),)),
            'facts lymphocytes, possible 1: write it as text: "0"',
        ),
        (
            replace(
                REVAX,
                decisions=(
                    replace(
                        REVAX.decisions[0],
                        inputs=(
                            replace(
                                REVAX.decisions[0].inputs[0], bands=(Band("low", (Limit("<", given(0.5)),)),)
                            ),
                        ),
                    ),
                ),
            ),
            'bands low, limits 1, value: write it as text: "0.5"',
        ),
    ],
    ids=lambda x: x[:40] if isinstance(x, str) else "",
)
def test_a_wrong_shape_is_refused_with_its_place(wrong: Any, told: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        compile_protocol(wrong)
    assert told in str(refused.value)
