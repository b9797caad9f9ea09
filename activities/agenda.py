"""The activity that gathers the agenda of a coordinating meeting from the store, and keeps it there as it was shown."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from client.agenda import agenda_of, read_for
from contracts.agenda import Gathered, GatherRequest
from store.engine import Store
from store.errors import StoreError
from store.meetings import keep, kept_one


def _now() -> datetime:
    return datetime.now(UTC)


class Agendas:
    """Gathers agendas from the store. Built once per worker process; `clock` is the store's own clock."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    @activity.defn(name="gather_agenda")
    async def gather(self, request: GatherRequest) -> Gathered:
        """Gather the agenda and keep it for good. Asked again, the one that was kept is the answer.

        Fails with `StoreAway` (retried until the store is back).
        """
        try:
            async with self._store.reading() as session:
                known = await kept_one(
                    session, request.meeting_id, request.week, request.kind, request.edition
                )
                if known is not None:
                    return known
                if request.label is None:
                    # It may have waited for the store, and shows how things stand now.
                    request = request.model_copy(update={"at": max(request.at, self._clock())})
                read, shown = await read_for(session, request)
            agenda = await asyncio.to_thread(agenda_of, request, read, shown)
            async with self._store.writing() as session:
                return await keep(session, request.meeting_id, agenda, self._clock())
        except StoreError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None
