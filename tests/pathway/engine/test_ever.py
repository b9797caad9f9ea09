"""What was so once stays, and the last day of something is its latest day, whichever report came last."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Protocol
from tests.pathway.toy import TOY, Life, infused


def changed(**fields: object) -> Protocol:
    facts = tuple(replace(f, **fields) if f.id == "vaccine" else f for f in TOY.facts)  # type: ignore[arg-type]
    return replace(TOY, facts=facts)


def told(life: Life, at: str) -> list[str]:
    return [o.text for o in life.plan(at).alerts if o.id == "CONFLICT"]


@pytest.mark.parametrize(
    ("reports", "counts", "contradicted"),
    [
        (("2025-01-10", "2024-12-01"), "2025-01-10", False),
        (("2024-12-01", "2025-01-10"), "2025-01-10", False),
        (("NEVER", "2025-01-10"), "2025-01-10", False),
        (("2025-01-10", "NEVER"), "2025-01-10", True),
    ],
)
def test_the_latest_day_counts_and_never_contradicts_it(
    reports: tuple[str, ...], counts: str, contradicted: bool
) -> None:
    life = infused()
    for day, value in enumerate(reports):
        life.fact(f"2025-03-1{day}T09:00", "vaccine", value)
    said = told(life, "2025-03-15T10:00")
    assert [counts in text for text in said] == [True] * contradicted
    if contradicted:
        life.void("2025-03-15T11:00", life.record.events[-1].id)
        assert told(life, "2025-03-15T12:00") == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cardinality": "latest"}, "is the last day of something"),
        ({"ever_at": ("D1",)}, "is no point of it"),
        ({"type": "choice", "never": False, "values": ("YES", "NO")}, "write them in their order"),
        ({"type": "choice", "never": False, "values": ("YES",)}, "has one value"),
    ],
)
def test_a_fact_that_could_ease_in_silence_does_not_load(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ProtocolError, match=why):
        compile_protocol(changed(**fields))
