"""`allpath audit`: whether the trail is whole, and the trail itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from commands.screen import make_console, notice
from commands.session import run
from commands.store_reading import opened

app = typer.Typer(help="The audit trail: verify it, export it.", no_args_is_help=True)


@app.command()
def verify(
    head: Annotated[
        str,
        typer.Option(
            "--head", metavar="DIGEST", help="A head that was kept elsewhere, and must be in the trail."
        ),
    ] = "",
) -> None:
    """Look at every line: changed, missing or cut off. Prints the head, to be kept elsewhere. Status 1 if not whole."""
    from people import audit
    from runtime.settings import load_settings

    settings = load_settings()

    async def work() -> audit.Verified:
        async with opened(settings) as store, store.reading() as session:
            return await audit.verify(session, head)

    found = run(work())
    if found.fault is not None:
        make_console().print(
            f"not whole: line {found.fault.number} {found.fault.why}; {found.lines} lines before it hold"
        )
        raise typer.Exit(1)
    make_console().print(f"whole: {found.lines} lines, head {found.head}")
    notice(make_console())


@app.command()
def export() -> None:
    """Every line as JSON, one a line, on standard output. It holds codes and digests, no values."""
    from people import audit
    from runtime.settings import load_settings

    settings = load_settings()

    async def work() -> None:
        async with opened(settings) as store, store.reading() as session:
            async for kept in audit.lines(session):
                whole = {"number": kept.number, "at": kept.at.isoformat(), **asdict(kept.line)}
                typer.echo(json.dumps({**whole, "before": kept.before, "digest": kept.digest}))

    run(work())
