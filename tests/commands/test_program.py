"""What holds for the whole program."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from commands.app import shielded
from commands.catalogue import ENTRIES, Entry
from tests.commands.conftest import ROOT, Allpath

COMMANDS = (
    "server", "worker", "demo", "enrol", "record", "correct", "void", "judge", "unobtainable", "confirm", "override",
    "acknowledge", "withdraw", "show", "due", "timeline", "events", "undo", "annul", "transfer",
    "explain", "list", "rehearse", "protocol",
)  # fmt: skip


def test_help_lists_every_command_and_says_what_this_is_not(allpath: Allpath) -> None:
    said = allpath("--help")
    assert said.status == 0
    assert all(f" {command} " in said.out for command in COMMANDS)
    assert "not a medical device" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(allpath: Allpath, command: str) -> None:
    said = allpath(command, "--help")
    assert said.status == 0
    assert "not a medical device" in said.out


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_line_of_help_of_every_command_is_that_of_its_definition(entry: Entry) -> None:
    found = getattr(import_module(entry.module), entry.attribute)
    text = str(found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found))
    assert entry.help == " ".join(text.split("\n\n", maxsplit=1)[0].split())


def test_help_answers_without_importing_server_store_engine_or_any_command() -> None:
    code = (
        "import sys; from commands.app import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('temporalio', 'sqlalchemy', 'pathway.language', 'protocols', 'commands.patient.show') "
        "if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (["rehearse", "--quiet", "scenarios/interfant-21/T01.yaml"],
         ("temporalio", "sqlalchemy", "z3", "scipy", "matplotlib", "protocols.hem_ismart", "protocols.ino_dli")),
        (["protocol", "show", "dara-tall"], ("temporalio", "sqlalchemy", "z3", "protocols.hem_ismart")),
        (["due"], ("temporalio", "z3", "protocols.hem_ismart", "pathway.engine")),
    ],
    ids=lambda x: x[0] if isinstance(x, list) else "",
)  # fmt: skip
def test_a_command_imports_only_what_it_needs(words: list[str], unneeded: tuple[str, ...]) -> None:
    code = (
        "import sys; from runtime.errors import *; from pathway.errors import AllpathError; from commands.app import run\n"
        f"try: run({words!r})\n"
        "except (SystemExit, AllpathError): pass\n"
        f"print([m for m in {unneeded!r} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_shells_complete_commands() -> None:
    environment = {
        "_ALLPATH_COMPLETE": "complete_bash",
        "COMP_WORDS": "allpath unob",
        "COMP_CWORD": "1",
        "PYTHONPATH": str(ROOT),
    }
    code = "import sys; sys.argv = ['allpath']; from starter import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert found.stdout.strip() == "unobtainable"


def test_a_negative_number_is_a_value_and_not_an_option() -> None:
    assert shielded(["record", "P1", "wbc", "-5", "--unit", "10^9/L"])[3] == "\N{MINUS SIGN}5"
    assert shielded(["-h", "--unit", "-x"]) == ["-h", "--unit", "-x"]


def test_a_user_error_is_one_message_and_never_a_traceback(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "starter", "record", "Anna Schmidt", "wbc", "85"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert found.stderr.startswith("allpath: 'Anna Schmidt' is not a pseudonym")
    assert "never be used" in found.stderr
