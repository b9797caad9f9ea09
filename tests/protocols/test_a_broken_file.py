"""One file of protocols that cannot be used: the others go on, and whoever names it hears which line is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

import protocols
from tests.protocols.test_a_sixth_protocol import ROOT, SCENARIO, STRANGER, WHOLE

FAULTS = {
    "syntax": ("OPEN = InPhase(", "OPEN = InPhase((", "kept.py, line 15: SyntaxError"),
    "type": ('InPhase("vaccination", ("VACCINATED",))', "InPhase()", "kept.py, line 16: TypeError"),
    "attribute": ("ENDED, AFTER = ", "Reading.nothing\nENDED, AFTER = ", "kept.py, line 10: AttributeError"),
    "import": (
        "from pathway.language import (",
        "from pathway.nowhere import X\nfrom pathway.language import (",
        "kept.py, line 3: ModuleNotFoundError",
    ),
    "version": (
        'version=Version("1.0", "2026-01-15", "first text")',
        'version="1.0"',
        "kept.py: ProtocolError: kept-1: name and version are texts",
    ),
    "comma": (
        'exits=(Exit("DONE", Passed(Moment("SECOND", days=28)), assumption("four weeks after it")),)',
        'exits=(Exit("DONE", Passed(Moment("SECOND", days=28)), assumption("four weeks after it")))',
        "phases BOOSTED, exits: expected a tuple, and got one Exit; is a comma missing?",
    ),
}


COMMANDS = (
    ("protocol", "show", "kept-1"),
    ("prove", "{folder}/kept.py"),
    ("prove", "kept-1"),
    ("protocol", "lock", "--check"),
    ("prove", "--all"),
    ("rehearse", "{folder}/K1.yaml"),
)
"""What needs the broken file. Each is asked once; the faults differ in the first two only."""


def said(folder: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", SHELL, str(folder), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


SHELL = (
    STRANGER.replace("run(sys.argv[2:])", "from runtime.process import run_to_end")
    + "\nrun_to_end(lambda: run(sys.argv[2:]))\n"
)


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_file_is_skipped_by_all_that_do_not_need_it(name: str, tmp_path: Path) -> None:
    right, wrong, told = FAULTS[name]
    text = WHOLE.replace(right, wrong).replace('name="revax-1"', 'name="kept-1"')
    assert wrong in text
    (tmp_path / "kept.py").write_text(text, encoding="utf-8")
    (tmp_path / "K1.yaml").write_text(SCENARIO.replace("revax-1", "kept-1"), encoding="utf-8")
    status, out, err = said(tmp_path, "protocol", "list")
    assert (status, "interfant-21" in out, told in err) == (0, True, True), err
    assert err.count("; skipped") == 1
    for words in COMMANDS[: None if name == "syntax" else 2]:
        status, _, err = said(tmp_path, *(word.format(folder=tmp_path) for word in words))
        assert (status, told in err) == (2, True), (words, err)
        assert err.count(told) == 1


def test_no_protocol_of_this_house_is_broken() -> None:
    # Read anew: other tests register made-up protocols for as long as their server runs.
    found, broken, _ = protocols._discovered()
    assert broken == ()
    assert {p.name for p in found} == {
        "cbc-all2024-1",
        "dara-tall",
        "hem-ismart",
        "ino-dli",
        "interfant-21",
    }
    for protocol in found:
        protocols.compiled(f"{protocol.name}@{protocol.version.number}")


def test_what_a_broken_file_may_define_is_not_taken_from_an_older_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        protocols, "BROKEN", (protocols.Broken("protocols/next.py, line 3: SyntaxError", ("dara-tall",)),)
    )
    assert protocols.find("dara-tall@1.0").name == "dara-tall"
    with pytest.raises(protocols.BrokenProtocol, match=r"next\.py, line 3"):
        protocols.find("dara-tall")
    with pytest.raises(protocols.BrokenProtocol):
        protocols.refuse_broken()
    assert protocols.find("ino-dli").name == "ino-dli"
