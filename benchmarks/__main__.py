"""`make bench`: what an evaluation costs, how the cost grows with the number of events, what a proof costs, slots per second.

`python -m benchmarks startup [OLDER]`: what commands cost before their answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

if sys.argv[1:2] == ["startup"]:
    from benchmarks import startup

    startup.main(Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)
else:
    from benchmarks import designs, evaluation, proof, slots

    evaluation.main()
    proof.main()
    slots.main()
    designs.main()
