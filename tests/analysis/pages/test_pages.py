"""The pages in docs/protocols are those of the definitions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.pages.pages import protocol_page
from commands.protocol.diagram import mermaid
from pathway.engine.compiler import compile_protocol
from pathway.language import Waiver
from protocols import ALL, compiled
from tests.analysis.sound_protocol import SOUND

PAGES = Path(__file__).resolve().parents[3] / "docs" / "protocols"
NEWEST = list(dict.fromkeys(protocol.name for protocol in ALL))


@pytest.mark.parametrize("name", NEWEST)
def test_the_page_of_a_protocol_is_fresh(name: str) -> None:
    page = protocol_page(compiled(name), mermaid(compiled(name).protocol))
    kept = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert kept == page, f"stale: run `allpath protocol docs {name}`"


def test_a_page_holds_every_rule_with_its_source_and_every_assumption_with_its_value() -> None:
    page = protocol_page(compile_protocol(SOUND), mermaid(SOUND))
    assert "| R2 | yes | low | **MR** | *registry* |" in page
    assert "| `good` | < 1e-4 | good response | *assumption* |" in page
    assert "| **wbc** | wbc | low: < 300; high: >= 300 |" in page
    assert "## Findings of the prover that were accepted\n\nNone.\n" in page


def test_a_page_shows_the_findings_that_were_waived() -> None:
    waived = replace(SOUND, waivers=(Waiver("dead-end:treatment:CHEMO", "a resting place"),))
    page = protocol_page(compile_protocol(waived), mermaid(waived))
    assert "| `dead-end:treatment:CHEMO` | a resting place |" in page
