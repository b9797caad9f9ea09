"""What holds for the whole program."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.app import shielded
from tests.commands.conftest import ROOT, Allpath

COMMANDS = (
    "server", "worker", "demo", "enrol", "record", "correct", "void", "judge", "unobtainable", "confirm", "override",
    "acknowledge", "withdraw", "show", "due", "timeline", "explain", "list", "rehearse", "protocol",
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


def test_help_and_completion_answer_without_importing_server_or_store() -> None:
    code = (
        "import sys; from commands.app import build; build(); "
        "print([m for m in ('temporalio', 'sqlalchemy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


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
