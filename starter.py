"""The coordinator's command line, installed as `allpath`; also `python -m starter`."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from runtime.process import run_to_end


def main() -> NoReturn:
    """Carry out the command of this process and end it with the status of that command."""
    from commands.app import run

    if not {"worker", "server", "demo"}.intersection(sys.argv):
        # A command makes many objects that live until its end, and looking for cycles among them costs a tenth of its time.
        gc.set_threshold(200_000, 20, 50)
    run_to_end(lambda: run(sys.argv[1:]))


if __name__ == "__main__":
    main()
