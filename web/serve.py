"""The process of the pages."""

from __future__ import annotations

import asyncio

import uvicorn

from runtime.settings import Settings
from web.app import make_app
from web.house import web_house


def server(settings: Settings, demo: str = "") -> uvicorn.Server:
    """The HTTP server by the settings, not started."""
    host, _, port = settings.web_listen.rpartition(":")
    app = make_app(lambda: web_house(settings, demo))
    config = uvicorn.Config(
        app,
        host=host.strip("[]"),
        port=int(port),
        log_level="warning",
        access_log=False,  # addresses hold pseudonyms; who looked at whom is in the audit trail
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    return uvicorn.Server(config)


async def serve(settings: Settings, demo: str = "", stop: asyncio.Event | None = None) -> None:
    """Serve until the process is told to stop, or `stop` is set. Ends the process with status 1 where nothing can listen."""
    serving = server(settings, demo)

    async def watch() -> None:
        if stop is not None:
            await stop.wait()
            serving.should_exit = True

    watching = asyncio.create_task(watch())
    try:
        await serving.serve()
    finally:
        watching.cancel()
