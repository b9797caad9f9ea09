"""`allpath rehearse`: the story, its JSON, and its exit status."""

from pathlib import Path

import pytest

from tests.commands.conftest import ROOT, Allpath, Process

T01 = ROOT / "scenarios" / "interfant-21" / "T01.yaml"
SHORT = """
format: allpath.scenario/1
protocol: interfant-21
profile: {simulation: true}
sites: {S01: {zone: Europe/Berlin, country: DE}}
subjects: {P1: {site: S01}}
events:
- {id: birth, at: 2025-02-01, fact: birth_date, value: 2024-06-06}
- {id: diagnosed, at: 2025-02-01, fact: diagnosis_date, value: 2025-02-01}
expect:
- {at: 2025-02-01 12:00, criteria: {I3: PASS}}
"""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario that is as expected."""
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    return path


def test_the_story_is_told_day_by_day(allpath: Allpath) -> None:
    said = allpath("rehearse", T01)
    assert said.status == 0
    assert "D33 · Fri 2025-03-07" in said.out
    assert "Blinatumomab cycle 1" in said.out
    assert "as expected" in said.out
    assert "not a medical device" in said.out


def test_json_is_the_fixed_format(allpath: Allpath) -> None:
    data = allpath("rehearse", T01, "--json").data
    assert (data["format"], data["ok"], data["unmet"]) == ("allpath.rehearsal/1", True, [])
    assert data["plans"]["P1"]["tracks"]
    assert data["timeline"][0]["subject"] == "P1"


def test_an_unmet_expectation_has_status_1_and_says_wanted_and_got(allpath: Allpath, short: Path) -> None:
    short.write_text(SHORT.replace("I3: PASS", "I3: FAIL"))
    said = allpath("rehearse", short)
    assert said.status == 1
    assert "expected FAIL; got PASS" in said.out
    assert allpath("rehearse", short, "--json").data["unmet"] == [
        {"expect": 0, "path": "criteria.I3", "wanted": "FAIL", "got": "PASS"}
    ]


def test_a_typo_has_status_2_with_line_column_and_nearest_name(allpath: Allpath, short: Path) -> None:
    short.write_text(
        SHORT.replace("fact: birth_date", "fact: birthdate").replace("value: 2024", "valeu: 2024")
    )
    said = allpath("rehearse", short)
    assert said.status == 2
    assert said.out == ""
    assert f"{short}:8:" in said.err
    assert "nearest: birth_date" in said.err
    assert "valeu" in said.err


def test_several_files_at_once_give_a_list_in_their_order(
    allpath: Allpath, short: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SHORT.replace("I3: PASS", "I3: FAIL"))
    said = allpath("rehearse", wrong, short, "--json")
    assert said.status == 1
    assert [result["ok"] for result in said.data] == [False, True]
    assert "1 of 2 as expected" in allpath("rehearse", "--quiet", wrong, short).out


def test_if_one_file_is_malformed_none_is_played(allpath: Allpath, short: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("format: [")
    said = allpath("rehearse", short, broken)
    assert said.status == 2
    assert said.out == ""


def test_a_folder_stands_for_its_scenarios(allpath: Allpath, short: Path, tmp_path: Path) -> None:
    assert "short.yaml" in allpath("rehearse", "--quiet", tmp_path).out


async def test_durably_the_same_is_printed(clinic: Process, allpath: Allpath, short: Path) -> None:
    said = await clinic("rehearse", "--durable", "--compare", "--json", short)
    assert said.status == 0, said.err
    assert said.data == allpath("rehearse", "--json", short).data
