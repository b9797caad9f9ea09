"""The coordinator's command line, installed as `allpath`; also `python -m starter`."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from runtime.process import run_to_end


def main() -> NoReturn:
    """Carry out the command of this process and end it with the status of that command."""
    # Modules and protocols live until the end, and looking for cycles among them costs a tenth of a command, a fifth of a start.
    if {"worker", "server", "demo"}.intersection(sys.argv):
        gc.set_threshold(20_000, 20, 20)
    else:
        gc.set_threshold(200_000, 20, 50)
    from commands.app import run

    run_to_end(lambda: run(sys.argv[1:]))


if __name__ == "__main__":
    main()
