"""`allpath people notify`: by which ways a person is told, and when."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from commands.errors import UsageError
from commands.options import JsonOption
from commands.people.acting import administrator, with_store
from commands.screen import make_console, print_json, table

if TYPE_CHECKING:
    from datetime import datetime

    from people.ways import Delivery, Habits, Way
    from runtime.settings import Settings
    from store.engine import Store


def notify(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the person, such as KM.")],
    mail: Annotated[
        str | None, typer.Option("--mail", metavar="ADDRESS", help="Tell them by mail, too.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="-",
            help="Tell them by a service that apprise knows: its URL, read from standard input.",
        ),
    ] = None,
    remove: Annotated[
        int | None,
        typer.Option("--remove", metavar="N", help="Way number N no longer; its address is deleted."),
    ] = None,
    quiet: Annotated[
        str | None,
        typer.Option(
            "--quiet",
            metavar="22:00-07:00",
            help="Tell nothing then by the site's clock, but what is critical; or none.",
        ),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(
            "--digest", metavar="HH:MM", help="Tell what is minor once a day, by the site's clock; or none."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How and when a person is told of what their roles are told. Without an option: as it is, and the last deliveries."""
    from people import ways
    from runtime.keys import load_keys
    from runtime.sealing import Sealer

    address = ways.mail_address(mail) if mail is not None else ""
    service = _service_url(url) if url is not None else ""
    changes = [each for each in (mail, url, remove, quiet, digest) if each is not None]

    async def work(settings: Settings, store: Store) -> None:
        by = (await administrator(settings, store)).code
        seal = Sealer(load_keys(settings.key_file))
        if changes:
            async with store.writing() as session:
                if remove is not None:
                    await ways.remove(session, by, code, remove)
                if address:
                    await ways.add(session, seal, by, code, "mail", address)
                if service:
                    await ways.add(session, seal, by, code, "url", service)
                if quiet is not None or digest is not None:
                    await ways.set_habits(session, by, code, quiet=quiet, digest=digest)
        async with store.reading() as session:
            await ways.known(session, code)
            found = await ways.ways(session, seal, code)
            habits = await ways.habits(session, code)
            told = await ways.deliveries(session, code)
        if as_json:
            print_json(
                {
                    "code": code,
                    "ways": [_instants(asdict(each)) for each in found],
                    **asdict(habits),
                    "deliveries": [_instants(asdict(each)) for each in told],
                }
            )
            return
        _show(code, found, habits, told)

    with_store(work, quiet=as_json)


def _service_url(url: str) -> str:
    from activities.people import check_url

    if url != "-":
        raise UsageError("a URL is a secret: give --url - and the URL on standard input")
    return check_url(sys.stdin.readline())


def _instants(values: dict[str, object]) -> dict[str, object]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}


def _show(code: str, found: list[Way], habits: Habits, told: list[Delivery]) -> None:
    from people.ways import fate

    console = make_console()
    rows = [
        (str(each.number), each.channel, each.shown, f"refused for good: {each.why}" if each.bounced else "")
        for each in found
    ]
    console.print(
        table(["Way", "By", "Address", ""], rows) if rows else f"{code} is told by no way of their own"
    )
    console.print(f"quiet hours  {habits.quiet or 'none'} (never for what is critical; the site's clock)")
    console.print(f"digest       {habits.digest or 'none'} (what is minor, once a day; the site's clock)")
    if told:
        lines = [
            (_utc(each.created), str(each.number), f"{each.kind} {each.id}", each.subject, fate(each))
            for each in told
        ]
        console.print(table(["Told (UTC)", "Way", "What", "Subject", "Fate"], lines))


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
