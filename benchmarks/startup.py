"""What commands cost before and beside their answer: processor time of whole processes, in turns, as ratios within one run.

`python -m benchmarks startup [OLDER]`: with the folder of an older tree, what T01 costs here against there.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ROUNDS: Final = 5
REHEARSAL: Final = ("rehearse", "--quiet", "scenarios/interfant-21/T01.yaml")
PYTHON: Final = sys.executable


def seconds(words: tuple[str, ...], tree: Path = ROOT) -> float:
    """The processor time of one process, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [PYTHON, *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(older: Path | None = None) -> None:
    """Print the least of several rounds, and the ratios that matter."""
    nowhere = {"ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    os.environ |= nowhere
    command = ("-m", "starter")
    cases: dict[str, tuple[tuple[str, ...], Path]] = {
        "import typer": (("-c", "import typer"), ROOT),
        "import temporalio.client": (("-c", "import temporalio.client"), ROOT),
        "--help": ((*command, "--help"), ROOT),
        "due": ((*command, "due"), ROOT),
        "show": ((*command, "show", "P1"), ROOT),
        "T01": ((*command, *REHEARSAL), ROOT),
    }
    if older is not None:
        cases["T01, older"] = ((*command, *REHEARSAL), older)
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (words, tree) in cases.items():
            found[name].append(seconds(words, tree))
    least = {name: min(times) for name, times in found.items()}
    print("what a command costs (CPU, least of", ROUNDS, "rounds)")
    for name, time in least.items():
        print(f"  {name:28}{time * 1000:8.0f} ms")
    print(f"  --help against import typer {least['--help'] / least['import typer']:.2f}x (at most 2)")
    for name in ("due", "show"):
        print(
            f"  {name}, no server, against import temporalio.client {least[name] / least['import temporalio.client']:.2f}x"
        )
    if older is not None:
        print(f"  T01 against the older tree {least['T01'] / least['T01, older']:.2f}x (at most 0.3)")
