"""`make bench`: what an evaluation costs, and how the cost grows with the number of events."""

from __future__ import annotations

from benchmarks.evaluation import main

main()
