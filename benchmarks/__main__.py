"""`make bench`: what an evaluation costs, how the cost grows with the number of events, and what a proof costs."""

from __future__ import annotations

from benchmarks import evaluation, proof

evaluation.main()
proof.main()
