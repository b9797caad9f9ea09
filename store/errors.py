"""What can go wrong with the store, as errors a coordinator or operator can act on.

No message quotes a clinical value.
"""

from pathway.errors import AllpathError


class StoreError(AllpathError):
    """The store refused something."""


class StoreAway(StoreError):
    """The store cannot be reached or is busy for too long; the same call may succeed later."""

    exit_status = 4


class StoreTooNew(StoreError):
    """The database was migrated by a newer version of allpath than this one."""

    exit_status = 4


class RevisionGap(StoreError):
    """A batch came before the one it follows.

    `stored` is the revision that the store has reached, `entries` how far its timeline of the pathway goes. The remedy is
    to publish what lies between, or one batch with every event of the pathway (`complete`).
    """

    def __init__(self, pathway_id: str, revision: int, stored: int, entries: int) -> None:
        self.stored = stored
        self.entries = entries
        super().__init__(
            f"{pathway_id}: revision {revision} does not follow revision {stored}, the last one in the store; "
            f"publish revision {stored + 1} first, or a batch with complete=true and every event of the pathway"
        )


class BatchDiffers(StoreError):
    """The store already holds something else under the same revision or event id.

    It is kept; the batch is refused whole.
    """


class BatchRefused(StoreError):
    """The database refused the batch: a fault of the program, not of the data entered."""
