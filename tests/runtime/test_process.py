"""How a process ends: with its own status and everything written."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("print('done', end='')", 0, ""),
        ("return 1", 1, ""),
        ("raise SystemExit(2)", 2, ""),
        ("raise SystemExit('no such file')", 1, "no such file"),
        ("raise SystemExit", 0, ""),
        ("raise KeyboardInterrupt", 130, ""),
        ("raise ServerUnreachable('no server at x')", 4, "allpath: no server at x\n"),
        ("raise RuntimeError('bug')", 70, "RuntimeError: bug"),
    ],
)
def test_the_status_says_what_happened(body: str, status: int, error: str) -> None:
    program = (
        "from runtime.process import run_to_end\n"
        "from runtime.errors import ServerUnreachable\n"
        f"def main():\n    {body}\n"
        "run_to_end(main)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert error in done.stderr
    if "done" in body:
        assert done.stdout == "done"


def test_a_reader_that_left_does_not_change_the_status() -> None:
    program = "from runtime.process import finish\nprint('x' * 100_000, end='')\nfinish(0)\n"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() in (0, 1)
