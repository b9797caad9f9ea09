"""The one error tree of allpath. Every message says what was wrong, which value, and what would be accepted."""

from __future__ import annotations


class AllpathError(Exception):
    """An error that a coordinator can act on. `exit_status` is the exit status of a command that ends with it."""

    exit_status = 2


class ProtocolError(AllpathError):
    """A protocol definition is malformed: unknown reference, cycle, wrong type. Raised when it is compiled.

    To find the line: `path` leads to the part, outermost first, as in `("criteria I3", "holds")`; `wrong` is the text at fault.
    """

    def __init__(self, message: str, path: tuple[str, ...] = (), wrong: str | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.wrong = wrong


class UnknownName(AllpathError):
    """A name that does not exist; the message offers the nearest valid one."""
