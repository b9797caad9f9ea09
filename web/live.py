"""Pages hear when something has changed: one look at the store for all of them, server-sent events to each.

An event names no patient: a page that hears one asks anew, as whoever is signed in. A page holds the state from before it was
made, so that what changed while it was on its way is not missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sse_starlette import EventSourceResponse, ServerSentEvent

from people.errors import NotSignedIn
from people.sign_in import who
from store.errors import StoreError
from store.schema import PathwayRow
from web.forms import HouseOf, Signed
from web.house import WebHouse

router = APIRouter()

EVERY: Final = 0.4
"""Seconds between two looks."""
STILL_THERE: Final = 60.0
"""Seconds after which a listener's sign-in is looked at again."""


class Watch:
    """Knows how far every site's pathways have come, as a number that grows with each change. `away`: the store is."""

    def __init__(self) -> None:
        self.sites: dict[str, int] = {}
        self.away = False
        self.looked = asyncio.Condition()

    def state(self, sites: tuple[str, ...] | None) -> str:
        """What changes when something of these sites has changed."""
        if self.away:
            return "away"
        return str(sum(n for site, n in self.sites.items() if sites is None or site in sites))


@asynccontextmanager
async def watching(house: WebHouse) -> AsyncIterator[Watch]:
    """Look at the store for as long as the context lasts."""
    watch = Watch()
    task = asyncio.create_task(_look(house, watch))
    try:
        yield watch
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _look(house: WebHouse, watch: Watch) -> None:
    revisions = select(PathwayRow.site, func.sum(PathwayRow.revision)).group_by(PathwayRow.site)
    while True:
        try:
            async with house.store.reading() as session:
                watch.sites = {site: int(n) for site, n in (await session.execute(revisions)).all()}
            watch.away = False
        except StoreError:
            watch.away = True
        async with watch.looked:
            watch.looked.notify_all()
        await asyncio.sleep(EVERY)


@router.get("/live", include_in_schema=False)
async def live(request: Request, house: HouseOf, viewer: Signed) -> EventSourceResponse:
    """An event at each change of the sites that the viewer sees, and one for the state at the beginning."""
    return EventSourceResponse(_events(request.app.state.watch, house, viewer.token, viewer.sites), ping=20)


async def _events(
    watch: Watch, house: WebHouse, token: str, sites: tuple[str, ...] | None
) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    told, checked = "", loop.time()
    while True:
        async with watch.looked:
            await watch.looked.wait()
        if loop.time() - checked > STILL_THERE:
            checked = loop.time()
            try:
                await who(house.store, token, looks=False)
            except NotSignedIn:
                yield ServerSentEvent(event="over", data="")
                return
            except StoreError:
                pass
        state = watch.state(sites)
        if state != told:
            told = state
            yield ServerSentEvent(event="state", data=state)
