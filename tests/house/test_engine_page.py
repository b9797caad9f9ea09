"""What docs/engine.md tells of one event is what happens."""

import re

from pathway.engine.compiler import compile_protocol
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from runtime.yaml_tree import parse
from tests.house.import_graph import ROOT
from tests.house.trace import trace
from tests.protocols import sixth

PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
(SCENARIO,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BLOCKS = dict(re.findall(r"^```trace (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
COMPILED = compile_protocol(sixth.REVAX)
PLAYED = read_scenario(parse(SCENARIO, "docs/engine.md"), lambda name: COMPILED)


def test_the_scenario_of_the_page_is_as_expected() -> None:
    assert rehearse(PLAYED).unmet == ()


def test_every_stratum_says_what_the_page_says() -> None:
    traced = trace(PLAYED, PLAYED.events[-1].report.id)
    assert {stratum: "".join(f"{line}\n" for line in lines) for stratum, lines in traced.items()} == BLOCKS
