"""`python -m benchmarks`: all of them; `python -m benchmarks cost --help`: one, with its own options."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

ALL = ("evaluation", "proof", "slots", "designs", "store", "cost", "web")
"""What `make bench` runs, in this order."""


def main(arguments: list[str]) -> int:
    """Run the benchmarks that are asked for. A benchmark is a module of this folder with a `main`, which reads `sys.argv`."""
    known = sorted(
        {*ALL, *(module.name for module in pkgutil.iter_modules(benchmarks.__path__))}
        - {"__main__", "bare", "evaluation_child", "web_child"}
    )
    if arguments and arguments[0] not in known:
        print(f"benchmarks: there is no {arguments[0]!r}, but {', '.join(known)}", file=sys.stderr)
        return 2
    names, options = (arguments[:1], arguments[1:]) if arguments else (list(ALL), [])
    for name in names:
        sys.argv = [f"benchmarks {name}", *options]
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


sys.exit(main(sys.argv[1:]))
