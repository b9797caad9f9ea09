"""Publishing in a test, with the fewest words."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from contracts.publish import PublishBatch
from store.engine import Store
from store.publish import Published, publish
from tests.store.batches import T0


async def tell(
    store: Store, *batches: PublishBatch, now: datetime = T0, channels: Sequence[str] = ("console",)
) -> Published:
    """Publish each batch in a transaction of its own and return what was done with the last."""
    done = Published(0)
    for each in batches:
        done = await store.write(partial(publish, batch=each, now=now, channels=channels), each.pathway_id)
    return done
