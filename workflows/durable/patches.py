"""Patches: changes to workflow code that runs already open would replay differently.

An edit of `workflows/pathway.py` that changes which commands a given history leads to is wrapped in
`if workflow.patched(patches.NAME)`, the name is listed here with date and reason, and a history recorded before the
edit stays in `tests/workflows/histories/`. Runs are short (continue-as-new after some 20 events), but a patient for whom
nothing happens keeps the same run for months: a patch is deprecated only when no open run is older than it.

    NAME: Final = "2026-01-31-what-changes"
    "Why, and since which release."
"""

from __future__ import annotations

from typing import Final

SAID_ONCE: Final = "2026-11-30-said-once"
"""What is reported again with the same content under another id is not recorded twice, and moves nothing. Until then it was
one more event, which brought a batch for the store. Asked only where a report repeats another; whoever changes what counts as
the same (`pathway/patient/repeated.py`) so that more is taken for it needs another patch."""

STORE_IS_BACK: Final = "2026-11-30-store-is-back"
"""That the store is back leads to a command. Until then it led to none where the timer stayed as it was, and whatever came next
could be seen before it (see `shell.py`): a change of pseudonym was refused for good, and a history with an event in it did not
replay."""
