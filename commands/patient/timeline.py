"""What was told about a patient, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from commands.errors import CannotCompute, UsageError
from commands.options import JsonOption, SubjectArgument, Target, where
from commands.patient.events import entry_lines
from commands.patient.stored_patient import FromStore, as_stored, asked_or_stored
from commands.protocol.options import TrialOption
from commands.screen import change_line, make_console, notice, print_json, warn
from commands.session import PatientSession, run
from commands.store_reading import stored_events, stored_timeline
from pathway.changes import Change
from pathway.language.parsing import one_of
from pathway.patient.account import account
from pathway.site import Site

if TYPE_CHECKING:
    from client.pathways import AnyHandle
    from pathway.events import Event
    from runtime.settings import Settings

KINDS: Final = (
    "phase", "decision", "item", "dose", "milestone", "deviation", "alert", "retraction", "refusal", "endpoint", "sitting",
)  # fmt: skip
QUIET: Final = ("planned", "not_set", "withdrawn", "blocked")


def timeline(
    ctx: typer.Context,
    subject: SubjectArgument,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only {', '.join(KINDS)}. May be repeated."),
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="Only the last N entries.")
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Also what was merely planned, and each entry by which it came, with who and why."
        ),
    ] = False,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was told, in order, with the event that caused it: phases, milestones, notices, what became due or late."""
    check_kinds(kind)
    with_made = everything and not (as_json or kind or last)
    found, entries, made = run(_entries(where(ctx), subject, trial, with_made=with_made))
    print_entries(
        {"subject": subject}, entries, kind, last, everything=everything, as_json=as_json, made=made
    )
    if found is not None:
        raise CannotCompute(as_stored(found))


_Made = list[tuple[datetime, list[Text]]]
"""What people entered, as it is read, and when it was recorded."""


def _made(recorded: Sequence[Event], site: Site) -> _Made:
    # What an entry caused is told to the second.
    return [
        (each.event.recorded.replace(microsecond=0), entry_lines(each, site)) for each in account(recorded)
    ]


def check_kinds(kinds: Sequence[str] | None) -> None:
    """Raises `UsageError` for a kind of entry that there is not."""
    for each in kinds or ():
        if each not in KINDS:
            raise UsageError(f"--kind {each!r}: {one_of(each, KINDS)}")


def print_entries(
    who: Mapping[str, str],
    entries: Sequence[Change],
    kind: Sequence[str] | None,
    last: int | None,
    *,
    everything: bool,
    as_json: bool,
    made: _Made | None = None,
) -> None:
    """Print the entries that were asked for. `who`: the names that JSON has, with their values; `made`: what people entered, each
    before what it caused."""
    quiet = () if everything or as_json or kind else QUIET
    chosen = [
        entry
        for entry in entries
        if (not kind or entry.kind in kind) and not (entry.kind == "item" and entry.state in quiet)
    ]
    chosen = chosen[-last:] if last else chosen
    if as_json:
        print_json({**who, "timeline": [asdict(entry) for entry in chosen]})
        return
    console = make_console()
    day, waiting = "", list(made or ())
    for entry in chosen:
        while waiting and waiting[0][0] <= datetime.fromisoformat(entry.at):
            _print_made(console, waiting.pop(0)[1])
        if entry.local[:10] != day:
            day = entry.local[:10]
            console.print(f"[bold]{day}[/bold]  [dim]{entry.day}[/dim]")
        line = change_line(entry, with_day=False)
        line.append(f"  [{entry.cause}]", style="dim")
        console.print(Text().append(f"  {entry.local[11:]}  ", style="dim").append_text(line))
    for _, lines in waiting:
        _print_made(console, lines)
    if not chosen and not made:
        console.print("Nothing yet.")
    notice(console)


def _print_made(console: Console, lines: list[Text]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)


async def _entries(
    where_: Target, subject: str, trial: str | None, *, with_made: bool
) -> tuple[FromStore | None, Sequence[Change], _Made]:
    """What was told and what was entered; `FromStore` where the pathway itself did not answer."""
    from client import pathways
    from runtime.settings import load_settings

    async def ask(pathway: PatientSession) -> tuple[list[Change], _Made]:
        entries = await all_entries(pathway.handle, pathway.settings, pathway.start.workflow_id)
        return entries, _made(await pathways.events(pathway.handle), pathway.site) if with_made else []

    found = await asked_or_stored(where_, subject, trial, ask)
    if not isinstance(found, FromStore):
        return None, *found
    row = found.stored.row
    kept = await stored_events(load_settings(), row.pathway_id) if with_made else ()
    return found, found.timeline, _made(kept, Site(row.site, row.zone))


async def all_entries(handle: AnyHandle, settings: Settings, workflow_id: str) -> list[Change]:
    """The whole timeline of a pathway or governor: the newest entries from the workflow, older ones from the store."""
    from client import pathways
    from store.errors import StoreError

    view = await pathways.timeline(handle)
    if not view.earlier:
        return list(view.entries)
    try:
        older = await stored_timeline(settings, workflow_id)
    except StoreError as away:
        warn(f"{view.earlier} older entries are in the store, which cannot be read: {away}")
        return list(view.entries)
    return [*older[: view.earlier], *view.entries]
