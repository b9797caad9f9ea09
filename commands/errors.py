"""Wrong use of a command, and the one notice that stands under every help text."""

from __future__ import annotations

from typing import Final

from pathway.errors import AllpathError

NOTICE: Final = "Research software, not a medical device."
EPILOG: Final = f"[dim]{NOTICE}[/dim]"


class CannotCompute(AllpathError):
    """The text that a pathway is pinned to is not in this program: nothing can be computed or recorded from here."""

    exit_status = 4


class UsageError(AllpathError):
    """A command line that says something which cannot be meant. The message says what would be accepted."""
