"""`make bench`: what an evaluation costs and how that grows, what a proof costs, slots per second, designs.

`python -m benchmarks NAME` runs one of them.
"""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("evaluation", "proof", "slots", "designs")

for name in sys.argv[1:] or NAMES:
    if name not in NAMES:
        sys.exit(f"there is no benchmark {name!r}; accepted: {', '.join(NAMES)}")
    import_module(f"benchmarks.{name}").main()
