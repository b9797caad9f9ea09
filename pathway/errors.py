"""The one error tree of allpath. Every message says what was wrong, which value, and what would be accepted."""

from __future__ import annotations


class AllpathError(Exception):
    """An error that a coordinator can act on. `exit_status` is the exit status of a command that ends with it."""

    exit_status = 2


class ProtocolError(AllpathError):
    """A protocol definition is malformed: unknown reference, cycle, wrong type. Raised when it is compiled.

    `names`: what to look for in the text to find the line, the most telling first: a wrong text, the id of the part around it.
    """

    def __init__(self, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.names = names


class UnknownName(AllpathError):
    """A name that does not exist; the message offers the nearest valid one."""
