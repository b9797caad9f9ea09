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


async def serve(settings: Settings, demo: str = "") -> None:
    """Serve until the process is told to stop."""
    serving = server(settings, demo)
    await serving.serve()
    if not serving.started:
        await asyncio.sleep(0)
        raise OSError(f"{settings.web_listen} cannot be listened on")
