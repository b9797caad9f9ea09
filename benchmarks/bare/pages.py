"""A FastAPI application as written in an hour: the same questions to the store, plain tables, nobody signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from sqlalchemy import select

from runtime.settings import load_settings
from store import queries
from store.engine import Store
from store.schema import DecisionRow, ObligationRow, PathwayRow
from store.work_list import due

TABLE = Environment(autoescape=True).from_string(
    "<!doctype html><title>{{ title }}</title><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
MOST = 150


def application(url: str) -> FastAPI:
    """The application on a store."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with Store(url) as store:
            app.state.store = store
            yield

    app = FastAPI(lifespan=life)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/due")
    async def work_list() -> HTMLResponse:
        async with app.state.store.reading() as session:
            lines = await due(session, datetime.now(UTC), kind="patient")
        shown = [
            line
            for bucket in ("late", "today", "week")
            for line in [x for x in lines if x.bucket == bucket][:MOST]
        ]
        return _page([(x.state, x.subject, x.trial, x.site, x.text, x.key, x.due, x.owner) for x in shown])

    @app.get("/list")
    async def patients() -> HTMLResponse:
        async with app.state.store.reading() as session:
            rows = await queries.pathways(session)
        return _page(
            [(x.subject, x.trial, x.site, x.phases, x.group, x.open, x.late, x.next_at) for x in rows]
        )

    @app.get("/open")
    async def questions() -> HTMLResponse:
        async with app.state.store.reading() as session:
            asked = (await session.execute(select(DecisionRow, PathwayRow).join(PathwayRow))).all()
            raised = (await session.execute(select(ObligationRow, PathwayRow).join(PathwayRow))).all()
        found: list[tuple[Any, ...]] = [(p.subject, p.trial, d.key, d.proposal, d.role) for d, p in asked]
        found += [(p.subject, p.trial, o.text, o.severity, o.to) for o, p in raised if o.state == "raised"]
        return _page(found[:MOST])

    return app


def _page(rows: list[tuple[Any, ...]]) -> HTMLResponse:
    return HTMLResponse(TABLE.render(title="bare", rows=rows))


if __name__ == "__main__":
    settings = load_settings()
    host, _, port = settings.web_listen.rpartition(":")
    uvicorn.run(
        application(settings.database_url), host=host, port=int(port), log_level="warning", access_log=False
    )
