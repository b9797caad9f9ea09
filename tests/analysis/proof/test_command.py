"""`allpath prove` and `allpath protocol docs`: what they print, and their exit status."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis.proof.prove
import protocols.dara_tall
from analysis.proof.findings import Finding, Proof
from analysis.proof.source_locations import Place
from commands.app import run
from commands.errors import UsageError
from pathway.errors import UnknownName

FOUND = Finding(
    "gap:risk:young=yes", "gap", "Table risk has no row for: young yes", ("age = 3",), Place("risk.py", 4)
)
WAIVED = Finding("unused:fact:x", "unused", "Nothing uses the fact x", waived="for later")


def status(arguments: list[str]) -> int:
    """The exit status of a command line."""
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    return int(ended.value.code or 0)


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the prover finds, to be filled by a test: how it finds is tested elsewhere."""
    found: list[Finding] = []
    monkeypatch.setattr(
        analysis.proof.prove,
        "prove",
        lambda p, profile=None: Proof(p.name, p.version.number, "h", tuple(found), 7),
    )
    return found


def test_a_finding_ends_with_status_1_and_shows_facts_and_place(
    proved: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    proved.append(FOUND)
    assert status(["prove", "interfant-21"]) == 1
    out = capsys.readouterr().out
    assert "Table risk has no row for: young yes" in out
    assert "age = 3" in out
    assert "risk.py:4" in out
    assert "1 open, 0 waived" in out


def test_a_clean_protocol_ends_with_status_0(
    proved: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    proved.append(WAIVED)
    assert status(["prove", "interfant-21"]) == 0
    assert "clean, 1 waived" in capsys.readouterr().out


def test_a_finding_names_the_waiver_that_accepts_it(
    proved: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    proved.append(FOUND)
    assert status(["prove", "interfant-21"]) == 1
    assert f'waivers=(Waiver("{FOUND.id}", "why"),)' in " ".join(capsys.readouterr().out.split())


def test_json_has_stable_ids_and_places(proved: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    proved += [FOUND, WAIVED]
    assert status(["prove", "interfant-21", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["format"], data["clean"]) == ("allpath.proof/1", False)
    assert data["findings"] == [
        {
            "id": FOUND.id,
            "kind": "gap",
            "text": FOUND.text,
            "facts": ["age = 3"],
            "waived": "",
            "file": "risk.py",
            "line": 4,
        }
    ]
    assert [w["waived"] for w in data["waived"]] == ["for later"]


@pytest.mark.parametrize(
    "arguments", [[], ["interfant-21", "--all"], ["--all", "--set", "a=b"], ["interfant-21", "--set", "a"]]
)
def test_wrong_use_is_refused_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        run(["prove", *arguments])
    assert refused.value.exit_status == 2


def test_an_unknown_protocol_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="interfant-21"):
        run(["prove", "interfant-12"])


def test_docs_writes_a_page_that_its_check_calls_fresh(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["protocol", "docs", "interfant-21", "--into", str(tmp_path), "--check"]) == 1
    assert status(["protocol", "docs", "interfant-21", "--into", str(tmp_path)]) == 0
    assert status(["protocol", "docs", "interfant-21", "--into", str(tmp_path), "--check"]) == 0
    assert "fresh" in capsys.readouterr().out


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Path]:
    """A copy of a protocol's folder under another name; what it stands for is imported anew afterwards."""
    before = {name: module for name, module in sys.modules.items() if name.startswith("protocols.")}
    yield Path(shutil.copytree(Path(protocols.dara_tall.__file__ or "").parent, tmp_path / "with_a_hole"))
    for name in [name for name in sys.modules if name.startswith("protocols.")]:
        del sys.modules[name]
    sys.modules.update(before)


def test_a_copy_of_a_folder_is_proved_with_its_own_files(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copied / "daratumumab.py"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "a reaction of grade 4, or the third" not in line))
    assert status(["prove", str(copied), "--json"]) == 1
    (gap,) = (f for f in json.loads(capsys.readouterr().out)["findings"] if f["kind"] == "gap")
    assert gap["id"] == "gap:DARA_STOP:directed=yes"
    assert gap["file"].endswith("with_a_hole/daratumumab.py")
    assert gap["replay"]["events"][0]["name"] == "infusion_started"


def test_a_single_file_is_proved_and_shown_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sixth_trial.py"
    file.write_text((Path(__file__).parents[2] / "protocols" / "sixth.py").read_text(encoding="utf-8"))
    assert status(["prove", str(file)]) == 0
    assert "clean" in capsys.readouterr().out
    assert status(["protocol", "show", str(file), "--json"]) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1\n", "defines no Protocol"),
        ("x = (\n", "SyntaxError"),
        ("import nothing_of_that_name\n", "cannot be read"),
    ],
)
def test_a_file_without_a_protocol_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "odd.py"
    file.write_text(text)
    with pytest.raises(UsageError, match=why):
        run(["prove", str(file)])


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        run(["prove", str(tmp_path / "gone.py")])
