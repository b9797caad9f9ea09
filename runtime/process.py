"""How a process ends."""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Final, NoReturn

from pathway.errors import AllpathError
from runtime.extras import missing_extra

BUG: Final = 70
"""Exit status of a fault of the program."""


def finish(code: int) -> NoReturn:
    """End the process with status `code`, everything written.

    The interpreter's own shutdown is skipped on purpose: threads of the Temporal SDK that outlive it can crash the
    process there, and turn a success into status 134 or 139. So whatever must be closed is closed before.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # The reader of a pipe is gone, or the stream is closed: there is nobody left to tell.
            continue
    os._exit(code)


def run_to_end(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` and end the process with the status it returns (None is 0), whatever happens in it.

    An `AllpathError` is printed as one line and ends with its own status, an extra that is not installed likewise with 2, an
    interrupt with 130, and a bug with its traceback and 70. Commands import what an extra brings when they need it: the
    answer to what is missing stands here once, so that no command can forget it.
    """
    try:
        code = main() or 0
    except AllpathError as error:
        code = _tell(error)
    except ImportError as error:
        missing = missing_extra(error)
        if missing is None:
            traceback.print_exc()
        code = _tell(missing) if missing is not None else BUG
    except KeyboardInterrupt:
        code = 130
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        code = BUG
    finish(code)


def _tell(error: AllpathError) -> int:
    print(f"allpath: {error}", file=sys.stderr)
    return error.exit_status
