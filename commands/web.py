"""`allpath web`: the pages where people sign in and work."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from commands.options import where
from commands.process import WithParentOption, until_input_ends
from commands.screen import make_console, notice
from commands.session import run


def web(
    ctx: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Where to listen. Default: that of the settings."),
    ] = None,
    with_parent: WithParentOption = False,
) -> None:
    """Serve the pages: today, inbox, patients. Ends with Ctrl-C.

    People are those of `allpath people`. Before others than this machine are let in, a proxy that speaks https stands in front.
    """
    from runtime.settings import load_settings
    from web.serve import serve

    overrides = {} if listen is None else {"web_listen": listen}
    settings = load_settings(**overrides)
    console = make_console()
    console.print(f"pages at {settings.web_address} (listening on {settings.web_listen})")
    notice(console)

    async def work() -> None:
        stop = asyncio.Event()
        watch = asyncio.create_task(until_input_ends(stop)) if with_parent else None
        await serve(settings, where(ctx).label or "", stop)
        if watch is not None:
            watch.cancel()

    run(work())
