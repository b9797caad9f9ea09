"""What a plan costs in this tree and in commit 9be8328, measured in one run: `python -m benchmarks evaluation`.

Both trees take turns in processes of their own. CPU time, not the clock: other work on the machine disturbs it little.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

BEFORE: Final = "9be8328"
"""The commit that this tree is compared with."""
SIZES: Final = (20, 100, 400)
ROUNDS: Final = 5
HOUSE: Final = Path(__file__).resolve().parent.parent
KINDS: Final = ("evaluate", "cold", "json")

Numbers = dict[str, dict[str, dict[str, float]]]


def main() -> None:
    """Print for every protocol and size the medians of both trees in CPU milliseconds, and their ratio."""
    with TemporaryDirectory() as folder:
        older = Path(folder)
        packed = subprocess.run(["git", "archive", BEFORE], cwd=HOUSE, check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tree:
            tree.extractall(older, filter="data")
        rounds: list[tuple[Numbers, Numbers]] = []
        for n in range(ROUNDS):
            first, second = (older, HOUSE) if n % 2 else (HOUSE, older)
            one, other = _measured(first), _measured(second)
            rounds.append((other, one) if n % 2 else (one, other))
    _table([now for now, _ in rounds], [then for _, then in rounds])


def _measured(tree: Path) -> Numbers:
    script = Path(__file__).with_name("evaluation_child.py")
    sizes = [str(size) for size in SIZES]
    done = subprocess.run(
        [sys.executable, "-P", str(script), *sizes],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        check=True,
        capture_output=True,
        text=True,
    )
    found: Numbers = json.loads(done.stdout)
    return found


def _table(now: list[Numbers], then: list[Numbers]) -> None:
    print(f"plan after one more event, CPU ms: this tree / {BEFORE} = ratio (medians of {ROUNDS} rounds)")
    print(
        f"{'protocol':<16}{'events':>7}"
        + "".join(f"{kind:>26}" for kind in KINDS)
        + f"{'growth':>9}{'json/evaluate':>15}"
    )
    for name in now[0]:
        for size in map(str, SIZES):
            line = f"{name:<16}{size:>7}"
            ours = {kind: median(each[name][size][kind] for each in now) for kind in KINDS}
            for kind in KINDS:
                theirs = median(each[name][size][kind] for each in then)
                line += f"{ours[kind]:>9.2f} /{theirs:>7.2f} = {ours[kind] / theirs:.2f}"
            base = median(each[name][str(SIZES[0])]["evaluate"] for each in now)
            print(line + f"{ours['evaluate'] / base:>9.2f}{ours['json'] / ours['evaluate']:>15.2f}")


if __name__ == "__main__":
    main()
