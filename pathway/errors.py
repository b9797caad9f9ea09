"""The one error tree of allpath. Every message says what was wrong, which value, and what would be accepted."""

from __future__ import annotations

from collections.abc import Sequence


class AllpathError(Exception):
    """An error that a coordinator can act on. `exit_status` is the exit status of a command that ends with it."""

    exit_status = 2


class ProtocolError(AllpathError):
    """A protocol definition is malformed: unknown reference, cycle, wrong type. Raised when it is compiled.

    To find the line: `path` leads to the part, outermost first, as in `("criteria I3", "holds")`; `wrong` is the text at fault.
    `each`: the single mistakes, where several are told together.
    """

    def __init__(
        self,
        message: str,
        path: tuple[str, ...] = (),
        wrong: str | None = None,
        each: tuple[ProtocolError, ...] = (),
    ) -> None:
        super().__init__(message)
        self.path = path
        self.wrong = wrong
        self.each = each


TOLD = 10
"""How many mistakes of one definition are told; the rest is counted."""


def together(mistakes: Sequence[ProtocolError]) -> ProtocolError:
    """All mistakes of a definition as one error: whoever mends them need not ask again after each."""
    if len(mistakes) == 1:
        return mistakes[0]
    return ProtocolError(told([str(each) for each in mistakes]), each=tuple(mistakes))


def told(lines: Sequence[str]) -> str:
    """The first ten lines, and how many more there are."""
    more = [f"and {len(lines) - TOLD} more"] if len(lines) > TOLD else []
    return "\n".join([*lines[:TOLD], *more])


class UnknownName(AllpathError):
    """A name that does not exist; the message offers the nearest valid one."""
