"""Trial designs: what a search for a two-stage design costs, and how many trials are simulated in a second."""

from __future__ import annotations

from time import perf_counter

from analysis.statistics.simulate_doses import Doses, simulate_doses
from pathway.designs.simon_search import find_designs
from pathway.language import RollingSix

LIMITS = (
    (".10", ".30", ".05", ".20"),
    (".20", ".35", ".05", ".20"),
    (".40", ".55", ".05", ".10"),
    (".45", ".55", ".05", ".20"),
)
TRIALS = 5000


def main() -> None:
    """Print a line per search, and the trials per second."""
    print("two-stage designs (ms, once)")
    for limits in LIMITS:
        begun = perf_counter()
        found = find_designs(*limits)
        print(
            f"{'/'.join(limits):>20} {1000 * (perf_counter() - begun):>8.1f}  {found.optimal}  {found.minimax}"
        )
    begun = perf_counter()
    simulate_doses(Doses(RollingSix(), (0.05, 0.15, 0.35), ("-1", "1", "2"), 1), TRIALS, 1)
    print(f"rolling six: {TRIALS / (perf_counter() - begun):,.0f} simulated trials per second")
