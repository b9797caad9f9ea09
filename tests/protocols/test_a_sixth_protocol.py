"""A sixth, invented protocol, written from docs/writing-a-protocol.md alone, and the truth of that guide."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.pages.pages import protocol_page
from analysis.proof.prove import prove
from commands.protocol.diagram import mermaid
from pathway import language
from pathway.engine.compiler import compile_protocol
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from runtime.yaml_tree import parse
from tests.protocols import sixth

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "writing-a-protocol.md").read_text(encoding="utf-8")
FILE = Path(sixth.__file__)
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
*EXAMPLES, WHOLE = [text for kind, text in BLOCKS if kind == "python"]
SCENARIO, SLOTS = (text for kind, text in BLOCKS if kind == "yaml")
PARTS = re.findall(r"`([A-Z]\w+\([^`]*\))`", GUIDE)
COMPILED = compile_protocol(sixth.REVAX)
STRANGER = """
import importlib.util, sys
found = importlib.util.find_spec("protocols")
found.submodule_search_locations.append(sys.argv[1])  # as if the file lay beside the other protocols
sys.modules["protocols"] = package = importlib.util.module_from_spec(found)
found.loader.exec_module(package)
from commands.app import run
run(sys.argv[2:])
"""


def test_the_guide_quotes_the_file() -> None:
    assert FILE.read_text(encoding="utf-8") == WHOLE


@pytest.mark.parametrize("text", [*EXAMPLES, *PARTS])
def test_every_example_of_the_guide_is_in_the_language(text: str) -> None:
    names = {
        **vars(language),
        **vars(sixth),
        "titre": sixth.AFTER,
        "x": sixth.AFTER,
        "last": sixth.ENDED,
        "half_life": sixth.AFTER,
    }
    exec(text, names | {"p": sixth.PROTECTED})


def test_its_scenario_is_as_expected() -> None:
    done = rehearse(read_scenario(parse(SCENARIO, "R1.yaml"), lambda name: COMPILED))
    assert done.unmet == ()


def test_its_scenario_with_a_slot_is_as_expected() -> None:
    (parts,) = (text for text in EXAMPLES if "slot_fact(" in text)
    names = {**vars(language), **vars(sixth)}
    exec(parts, names)
    track = sixth.REVAX.tracks[0]
    first = replace(track.phases[0], exits=(names["WAY_IN"], *track.phases[0].exits[1:]))
    platform = replace(
        sixth.REVAX,
        facts=(*sixth.REVAX.facts, names["SLOT"]),
        anchors=(*sixth.REVAX.anchors, names["LAPSED"]),
        tracks=(replace(track, phases=(first, *track.phases[1:])),),
        subtrials=(names["PLACES"],),
        enrolments=(names["ENROLS"],),
    )
    compiled = compile_protocol(platform)
    done = rehearse(read_scenario(parse(SLOTS, "R2.yaml"), lambda name: compiled))
    assert done.unmet == ()


def test_nothing_is_found_in_it_and_nothing_was_waived() -> None:
    assert prove(sixth.REVAX).findings == ()


def test_it_has_a_page() -> None:
    page = protocol_page(COMPILED, mermaid(sixth.REVAX))
    assert "| `protective` | >= 0.1 | titre (IU/mL) that protects |" in page
    assert "| S3 | no | yes |" in page


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["protocol", "show", "revax-1", "--json"], '"second_dose"'),
        (["protocol", "diagram", "revax-1"], "BOOSTED"),
        (["prove", "revax-1"], "revax-1@1.0: clean, 0 waived"),
        (["protocol", "docs", "revax-1", "--into", "{folder}/docs"], "revax-1.md"),
        (["protocol", "lock", "--file", "{folder}/versions.lock"], "revax-1@1.0 entered"),
        (["rehearse", "--quiet", "{folder}/R1.yaml"], "as expected"),
    ],
    ids=lambda x: " ".join(x[:2]) if isinstance(x, list) else "",
)
def test_the_commands_find_it_beside_the_others(command: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "revax.py").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "R1.yaml").write_text(SCENARIO, encoding="utf-8")
    words = [word.format(folder=tmp_path) for word in command]
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(tmp_path), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, told in done.stdout) == (0, True), done.stdout + done.stderr
