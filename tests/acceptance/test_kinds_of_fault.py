"""Small inputs of the kinds of clinical fault in docs/truth.md: each does what is right, or `open.txt` says that it does not yet.

`found/` holds those that were found first, the other folders ten or more of each kind on other trials, by people who had not read
the code. `expect` says what is right; a line `CHECK ... cause X` in the header says that somebody must be told of event X.
"""

import re
from pathlib import Path

import pytest

from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from pathway.rehearsal.steps import Json
from protocols import compiled
from runtime.yaml_tree import parse

HERE = Path(__file__).parent
OPEN = dict(
    line.split(": ", 1) for line in (HERE / "open.txt").read_text().splitlines() if line and line[0] != "#"
)
CASES = sorted(HERE.glob("*/*.yaml"))


def marked(path: Path) -> object:
    name = f"{path.parent.name}/{path.stem}"
    why = OPEN.get(name)
    return pytest.param(
        path, id=name, marks=[pytest.mark.xfail(strict=True, reason=why)] if why is not None else []
    )


def tells(change: Json) -> bool:
    return change["kind"] in ("deviation", "alert") or (
        change["kind"] == "decision" and "review" in change["state"].lower()
    )


@pytest.mark.parametrize("path", [marked(path) for path in CASES])
def test_case(path: Path) -> None:
    text = path.read_text()
    done = rehearse(read_scenario(parse(text, path.name), compiled)).json()
    told = {change["cause"] for change in done["timeline"] if tells(change)}
    assert done["unmet"] == []
    assert [cause for cause in re.findall(r"cause `(\w+)`", text) if cause not in told] == []


def test_every_open_case_exists() -> None:
    assert sorted(set(OPEN) - {f"{path.parent.name}/{path.stem}" for path in CASES}) == []
