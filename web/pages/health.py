"""Whether the house can work, for whoever watches it: without a word about patients."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select

from store.errors import StoreError
from store.schema import PathwayRow
from web.forms import HouseOf

router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    """That the process is there."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(house: HouseOf) -> JSONResponse:
    """Whether store and server answer; 503 where one does not."""
    try:
        async with house.store.reading() as session:
            await session.execute(select(PathwayRow.pathway_id).limit(1))
        store = True
    except StoreError:
        store = False
    server = await house.is_server_there()
    answer = {"store": "ok" if store else "away", "server": "ok" if server else "away"}
    return JSONResponse(answer, 200 if store and server else 503)
