"""What `docs/scenarios.md` teaches is true."""

import re
from pathlib import Path

import protocols
from pathway.refusal import CODES
from pathway.rehearsal.expectations import ASPECTS, DECISION_STATES
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import TOP, read_scenario
from pathway.rehearsal.scenario_events import COMMON, KINDS
from pathway.rehearsal.story import as_text, tell
from runtime.yaml_tree import parse

TEXT = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text()
EXAMPLE = TEXT.split("```yaml\n")[1].split("```")[0]


def test_the_worked_example_comes_out_as_it_says() -> None:
    rehearsed = rehearse(read_scenario(parse(EXAMPLE, "docs/scenarios.md"), protocols.compiled))
    assert rehearsed.unmet == ()
    story = as_text(tell(rehearsed))
    shown = TEXT.split("tells, among other things:\n\n```\n")[1].split("```")[0]
    for line in shown.splitlines():
        assert line in story


def test_every_key_state_and_code_is_explained() -> None:
    words = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`\n]+)`", TEXT))))
    keys = {key for _, keys, _ in KINDS.values() for key in keys}
    for name in (*TOP, *COMMON, *KINDS, *sorted(keys), *ASPECTS, *DECISION_STATES, *CODES):
        assert name in words, name
