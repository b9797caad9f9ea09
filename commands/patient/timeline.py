"""What was told about a patient, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from commands.errors import CannotCompute, UsageError
from commands.options import JsonOption, SubjectArgument, Target, where
from commands.patient.stored_patient import FromStore, as_stored, asked_or_stored
from commands.protocol.options import TrialOption
from commands.screen import change_line, make_console, notice, print_json, warn
from commands.session import PatientSession, run
from commands.store_reading import stored_timeline
from pathway.changes import Change
from pathway.language.parsing import one_of

if TYPE_CHECKING:
    from client.pathways import AnyHandle
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
    everything: Annotated[bool, typer.Option("--all", help="Also what was merely planned.")] = False,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was told, in order, with the event that caused it: phases, milestones, notices, what became due or late."""
    check_kinds(kind)
    found = run(_entries(where(ctx), subject, trial))
    entries = found.timeline if isinstance(found, FromStore) else found
    print_entries({"subject": subject}, entries, kind, last, everything=everything, as_json=as_json)
    if isinstance(found, FromStore):
        raise CannotCompute(as_stored(found))


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
) -> None:
    """Print the entries that were asked for. `who`: the names that JSON has, with their values."""
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
    day = ""
    for entry in chosen:
        if entry.local[:10] != day:
            day = entry.local[:10]
            console.print(f"[bold]{day}[/bold]  [dim]{entry.day}[/dim]")
        line = change_line(entry, with_day=False)
        line.append(f"  [{entry.cause}]", style="dim")
        console.print(Text().append(f"  {entry.local[11:]}  ", style="dim").append_text(line))
    if not chosen:
        console.print("Nothing yet.")
    notice(console)


async def _entries(where_: Target, subject: str, trial: str | None) -> list[Change] | FromStore:
    async def ask(pathway: PatientSession) -> list[Change]:
        return await all_entries(pathway.handle, pathway.settings, pathway.start.workflow_id)

    return await asked_or_stored(where_, subject, trial, ask)


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
