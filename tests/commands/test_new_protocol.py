"""A new trial is begun from a small one that holds as it is; a file that is being written is rehearsed where it lies."""

from pathlib import Path

import pytest

from tests.commands.conftest import Allpath


def test_a_new_trial_rehearses_and_proves_as_it_is_written(
    allpath: Allpath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = allpath("protocol", "new", "first-pilot")
    assert said.status == 0
    assert "allpath rehearse --protocol first_pilot.py first-pilot.yaml" in said.out
    played = allpath("rehearse", "--protocol", "first_pilot.py", "first-pilot.yaml")
    assert (played.status, "as expected" in played.out) == (0, True)
    proved = allpath("prove", "first_pilot.py")
    assert (proved.status, "clean, 0 waived" in proved.out) == (0, True)
    assert allpath("protocol", "show", "first_pilot.py").status == 0
    assert allpath("protocol", "diagram", "first_pilot.py").status == 0
    text = (tmp_path / "first_pilot.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 130
    (tmp_path / "first_pilot.py").write_text(text + "\n# mine\n", encoding="utf-8")
    again = allpath("protocol", "new", "first-pilot")
    assert (again.status, "nothing is overwritten" in again.err) == (2, True)
    assert (tmp_path / "first_pilot.py").read_text(encoding="utf-8").endswith("# mine\n")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Pilot", "accepted: up to 40 small letters"),
        ("my trial", "accepted: up to 40 small letters"),
        ("../x", "accepted: up to 40 small letters"),
        ("p" * 41, "accepted: up to 40 small letters"),
        ("interfant-21", "there is a trial interfant-21 already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_what_is_accepted(
    allpath: Allpath, tmp_path: Path, name: str, told: str
) -> None:
    said = allpath("protocol", "new", name, "--into", tmp_path)
    assert (said.status, told in said.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_of_another_trial_is_not_played_against_the_file(allpath: Allpath, tmp_path: Path) -> None:
    assert allpath("protocol", "new", "pilot", "--into", tmp_path).status == 0
    said = allpath("rehearse", "--protocol", tmp_path / "pilot.py", "scenarios/interfant-21/T01.yaml")
    assert (said.status, "defines pilot@0.1" in said.err) == (2, True)
    durably = allpath("rehearse", "--durable", "--protocol", tmp_path / "pilot.py", tmp_path / "pilot.yaml")
    assert (durably.status, "--protocol is for rehearsals in this process" in durably.err) == (2, True)
