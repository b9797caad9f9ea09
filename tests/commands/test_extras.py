"""What is installed only where it is needed: whoever lacks it is told, and nobody else notices."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from runtime.extras import EXTRAS
from runtime.server import free_ports
from tests.commands.conftest import ROOT

PROCESS = """
import sys
for module in {without!r}:
    sys.modules[module] = None  # as if it were not installed
from runtime.process import run_to_end
def main():
    from commands.app import run
    run({arguments!r})
run_to_end(main)
"""
SEVERAL = """
import sys
for module in {without!r}:
    sys.modules[module] = None
from commands.app import run
for arguments in {commands!r}:
    try:
        run(arguments)
    except SystemExit as end:
        assert not end.code, (arguments, end.code)
print("all done")
"""
DOCUMENT = """
import sys
sys.modules[{module!r}] = None
from datetime import UTC, datetime
from runtime.process import run_to_end
def main():
    from commands.meeting.document import View, html, pdf
    shown = View(**dict.fromkeys(View.__dataclass_fields__, ""))
    {call}
run_to_end(main)
"""
LOADED = """
import sys

import worker
from commands.app import build
from commands.patient import decide, due, enrol, explain, record, show, timeline
from commands import session, store_reading, submission
build()
print(*sorted({modules!r} & sys.modules.keys()))
"""


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def _names(done: subprocess.CompletedProcess[str], extra: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("allpath: ")
    assert f"pip install 'allpath[{extra}]'" in done.stderr


@pytest.mark.parametrize(
    ("module", "extra", "command"),
    [
        ("z3", "prove", "prove interfant-21"),
        ("numpy", "design", "design simulate rolling-six --dlt 0.1,0.2 --trials 10"),
        ("apprise", "notify", "people notify KM --url -"),
        ("scipy", "design", "design simulate simon --p0 .2 --p1 .4 --trials 10"),
        (
            "matplotlib",
            "design",
            "design simulate rolling-six --dlt 0.1,0.2 --trials 10 --plot {folder}/r6.svg",
        ),
    ],
)
def test_a_command_whose_extra_is_missing_says_which(
    module: str, extra: str, command: str, tmp_path: Path
) -> None:
    arguments = command.format(folder=tmp_path).split()
    _names(_run(PROCESS.format(without=[module], arguments=arguments)), extra)


@pytest.mark.parametrize(
    ("module", "call"), [("jinja2", "html(shown)"), ("typst", "pdf(shown, datetime(2025, 1, 1, tzinfo=UTC))")]
)
def test_a_document_of_a_meeting_says_what_it_is_made_with(module: str, call: str) -> None:
    _names(_run(DOCUMENT.format(module=module, call=call)), "documents")


def test_a_store_on_postgresql_says_which_driver_is_missing(tmp_path: Path) -> None:
    done = _run(
        PROCESS.format(without=["asyncpg"], arguments=["due"]),
        ALLPATH_DATABASE_URL="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        ALLPATH_DATA_DIR=str(tmp_path),
    )
    _names(done, "postgres")


def test_a_server_that_is_not_installed_says_which_extra_brings_it(tmp_path: Path) -> None:
    code = f"import sys; sys.executable = {str(tmp_path / 'python')!r}\n"
    port, ui_port = map(str, free_ports(2))
    done = _run(
        code + PROCESS.format(without=[], arguments=["server", "--port", port, "--ui-port", ui_port]),
        ALLPATH_DATA_DIR=str(tmp_path),
        PATH=str(tmp_path),
    )
    _names(done, "local")


def test_an_import_that_fails_for_another_reason_is_a_fault_of_the_program() -> None:
    code = "from runtime.process import run_to_end\ndef main():\n    import no_such_module\nrun_to_end(main)"
    done = _run(code)
    assert done.returncode == 70
    assert "ModuleNotFoundError" in done.stderr


def test_who_needs_no_extra_works_without_any() -> None:
    commands = (
        "rehearse --quiet scenarios/interfant-21/T01.yaml",
        "protocol show interfant-21",
        "design table rolling-six",
        "design simon --p0 .2 --p1 .4",
    )
    done = _run(SEVERAL.format(without=list(EXTRAS), commands=[command.split() for command in commands]))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "all done"), done.stderr


def test_a_worker_and_a_coordinator_load_nothing_that_an_extra_brings() -> None:
    done = _run(LOADED.format(modules=set(EXTRAS)))
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_every_extra_of_the_project_is_one_that_commands_can_name() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["optional-dependencies"]
    assert set(EXTRAS.values()) == set(declared) - {"local", "dev"}
    installed = packages_distributions()
    for extra in sorted(set(EXTRAS.values())):
        for requirement in declared[extra]:
            distribution = requirement.partition(">")[0]
            modules = {module for module, dists in installed.items() if distribution in map(str.lower, dists)}
            named = (modules | {distribution}) & EXTRAS.keys()
            assert named, requirement
            # jinja2 comes with two: the one that is named brings it.
            assert all(requirement in declared[EXTRAS[module]] for module in named), requirement
