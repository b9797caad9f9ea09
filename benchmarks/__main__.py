"""`make bench`: what an evaluation costs, how the cost grows with the number of events, what a proof costs, slots per second."""

from __future__ import annotations

from benchmarks import designs, evaluation, proof, slots

evaluation.main()
proof.main()
slots.main()
designs.main()
