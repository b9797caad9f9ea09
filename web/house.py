"""What the pages work with: the store, the server, and the key of the house."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError

from contracts.base import Message
from contracts.statement import Statement
from people.errors import NotSignedIn
from people.house import House, open_house
from people.signer import Signer
from people.signing import Signing
from runtime.connection import connect
from runtime.errors import ServerUnreachable
from runtime.settings import Settings
from store import queries
from store.engine import Store, upgrade
from web.access import Viewer

SIGNER: Final[ContextVar[Signer | None]] = ContextVar("signer", default=None)
"""Who asks in this request."""
IDENTITY: Final = "allpath pages"
LOOK_EVERY: Final = 3.0
"""Seconds for which it is known whether the server answers."""
LOOK_FOR: Final = 2.0
"""Seconds that the server gets to answer."""


@dataclass
class WebHouse:
    """The surroundings of every page. `demo`: the rehearsals of this label are shown in the place of patients."""

    settings: Settings
    store: Store
    key: House | None
    demo: str = ""
    _client: Client | None = field(default=None, repr=False)
    _looked: tuple[float, bool] | None = field(default=None, repr=False)

    async def client(self) -> Client:
        """The connection to the server, made when it is first asked for. Raises `ServerUnreachable`; the pages stay."""
        if self._client is None:
            signing = [Signing(_sign)] if self.key is not None else []
            self._client = await connect(self.settings, identity=IDENTITY, interceptors=signing)
        return self._client

    async def is_server_there(self) -> bool:
        """Whether the server can be reached, as of some seconds ago at most."""
        now = time.monotonic()
        if self._looked is None or now - self._looked[0] > LOOK_EVERY:
            self._looked = (now, await self._reaches_server())
        return self._looked[1]

    async def _reaches_server(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_FOR):
                return await (await self.client()).service_client.check_health()
        except (ServerUnreachable, RPCError, TimeoutError, RuntimeError, OSError):
            return False

    def sign_as(self, viewer: Viewer) -> None:
        """What this request sends is signed for them."""
        if self.key is not None:
            SIGNER.set(Signer(self.key, self.store, viewer.signed))

    def closed_days(self, site: str) -> tuple[str, ...]:
        """The closed days of a site."""
        closed = self.settings.closed_days
        return (*closed.get("*", ()), *closed.get(site, ()))

    @property
    def is_secure(self) -> bool:
        """Whether people open the pages by https."""
        return self.settings.web_address.startswith("https://")

    @property
    def queue(self) -> str:
        """The task queue of the pathways that are enrolled here."""
        return self.settings.rehearsal_task_queue if self.demo else self.settings.task_queue


async def now_of(house: WebHouse, session: AsyncSession) -> datetime:
    """The clock of the lists (UTC): the real one, or in a demo that of its children."""
    return (await queries.rehearsed_until(session) if house.demo else None) or utc_now()


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@asynccontextmanager
async def web_house(settings: Settings, demo: str = "") -> AsyncIterator[WebHouse]:
    """The surroundings by the settings. Raises `StoreAway`, and `HouseKeyError` where roles are held and there is no key."""
    await upgrade(settings.database_url)
    async with Store(settings.database_url) as store:
        key = open_house(settings.house_key) if settings.identity == "held" else None
        yield WebHouse(settings, store, key, demo)


async def _sign(workflow_id: str, update: str, request: Message) -> Statement:
    signer = SIGNER.get()
    if signer is None:
        raise NotSignedIn("nobody asks for this; sign in again")
    return await signer(workflow_id, update, request)
