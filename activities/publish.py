"""The activity that takes a revision of a pathway into the store."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from temporalio import activity
from temporalio.exceptions import ApplicationError

from contracts.publish import PublishBatch, PublishReceipt
from store.engine import Store
from store.errors import BatchDiffers, RevisionGap, StoreError
from store.outbox import CONSOLE
from store.publish import publish


def _now() -> datetime:
    return datetime.now(UTC)


class Publisher:
    """Writes to the store. Built once per worker process.

    `channels`: the ways by which people are notified (`console`, `mail`); the outbox of every worker must
    serve them. `published` is called when notices were put in, so that the outbox need not wait for its next round.
    `clock` is the store's own clock, always the real one, whatever clock the pathway runs on.
    """

    def __init__(
        self,
        store: Store,
        *,
        channels: Sequence[str] = (CONSOLE,),
        published: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._channels = tuple(channels)
        self._published = published
        self._clock = clock

    @activity.defn(name="publish")
    async def publish(self, batch: PublishBatch) -> PublishReceipt:
        """Store the batch; when this returns, it is on disk. Repeating it is harmless.

        Fails with an `ApplicationError` of these types: `RevisionGap` (details: the revision that the store
        has reached, and how far its timeline of the pathway goes) and `BatchDiffers`, which no retry cures; `StoreAway`
        and `BatchRefused`, which are retried until they succeed.
        """
        job = partial(publish, batch=batch, now=self._clock(), channels=self._channels)
        try:
            done = await self._store.write(job, batch.pathway_id)
        except RevisionGap as gap:
            raise ApplicationError(
                str(gap), gap.stored, gap.entries, type="RevisionGap", non_retryable=True
            ) from None
        except BatchDiffers as differs:
            raise ApplicationError(str(differs), type="BatchDiffers", non_retryable=True) from None
        except StoreError as error:
            # A full disk or a constraint that a newer program lifts: the event is accepted, so it is tried for ever.
            raise ApplicationError(str(error), type=type(error).__name__) from None
        if done.notices:
            self._published()
        return PublishReceipt(revision=done.revision, next_at=batch.next_at)
