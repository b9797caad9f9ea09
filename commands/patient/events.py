"""What was entered about a patient: every event in order, with who, when, what it replaced and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commands.known_trials import trial_named, trial_names
from commands.options import JsonOption, RoleOption, SubjectArgument, Target, where
from commands.protocol.options import TrialOption
from commands.screen import make_console, notice, print_json, warn
from commands.session import check_renamed, opened, run
from commands.store_reading import reading, stored_pathway
from pathway.patient.account import Entry, account
from pathway.patient.renaming import WAS
from pathway.site import Site
from pathway.words import instant

if TYPE_CHECKING:
    from pathway.events import Event


def events(
    ctx: typer.Context,
    subject: SubjectArgument,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="Only the last N entries.")
    ] = None,
    role: RoleOption = None,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every entry in order: when, by whom, what, what it replaced, and why; voids, corrections and judgements too.

    Nothing is left out: what was voided or corrected stands here with its reason. --as ROLE: only that role's entries.
    """
    site, found, source = run(recorded(where(ctx), subject, trial))
    entries = [each for each in account(found) if role is None or each.event.role == role]
    entries = entries[-last:] if last else entries
    if as_json:
        print_json({"subject": subject, "source": source, "events": [entry_json(each) for each in entries]})
        return
    console = make_console()
    for entry in entries:
        for line in entry_lines(entry, site):
            console.print(line, soft_wrap=True)
    if not entries:
        console.print("Nothing has been entered yet.")
    notice(console)


async def recorded(where_: Target, subject: str, trial: str | None) -> tuple[Site, Sequence[Event], str]:
    """The site of a patient, every event in order, and where they come from: `pathway`, or `store` where the pathway could
    not be asked."""
    from client import pathways
    from client.pathways import NoAnswer, PathwayClosed, PathwayStalled, UnknownPathway
    from client.renaming import PathwayRenamed
    from runtime.errors import ServerUnreachable
    from runtime.settings import load_settings
    from store import queries
    from store.errors import StoreAway

    try:
        async with opened(where_, subject, trial) as pathway:
            return pathway.site, await pathways.events(pathway.handle), "pathway"
    except PathwayRenamed:
        raise
    except (ServerUnreachable, NoAnswer, PathwayStalled, PathwayClosed, UnknownPathway) as away:
        try:
            async with reading(load_settings()) as session:
                row = await stored_pathway(session, where_, subject, trial)
                if row is None:
                    names = [trial_named(trial)[0]] if trial else trial_names()
                    await check_renamed(load_settings(), where_, subject, names)
                    raise
                warn(
                    f"{away}\nThis comes from the store, which has {subject} as of {row.stored:%Y-%m-%d %H:%M} UTC"
                )
                return Site(row.site, row.zone), await queries.events(session, row.pathway_id), "store"
        except StoreAway as both:
            if isinstance(away, UnknownPathway):
                raise away from None
            raise StoreAway(f"{away}\nNor can the store be read: {both}") from None


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as data: the whole event, what it replaced, and what became of it. Instants in UTC."""
    return {
        **asdict(entry.event),
        "what": entry.what,
        "said": entry.said,
        "replaced": entry.replaced,
        "revived": entry.revived,
        "counts": entry.counts,
        "voided_by": entry.voided_by,
        "corrected_by": entry.corrected_by,
    }


def who(entry: Entry) -> str:
    """Who entered it, as claimed: the role, and the person if one was named."""
    event = entry.event
    return f"{event.role} {event.person}".rstrip()


def entry_lines(entry: Entry, site: Site) -> list[Text]:
    """An entry as people read it: what and by whom in a line, then when it happened, what it replaced, why, and its fate."""
    event = entry.event
    style = "" if entry.counts else "dim strike"
    head = Text(f"{instant(event.recorded, site.tz)}  ", style="dim")
    head.append(event.id, style="bold")
    head.append(f"  {_words(entry)}", style=style)
    head.append(f"  by the {who(entry)}", style="cyan")
    lines = [head]
    more = []
    happened = instant(event.occurred, site.tz)
    if happened != instant(event.recorded, site.tz):
        more.append(("happened", happened))
    if event.typed_unit and event.typed_unit != event.unit:
        more.append(("typed in", event.typed_unit))
    if entry.replaced and event.kind != "void":
        more.append(("instead of", entry.replaced))
    if entry.revived:
        more.append(("counts again", entry.revived))
    if event.reason:
        more.append(("why", event.reason))
    if entry.voided_by:
        more.append(("does not count", f"voided by {entry.voided_by}"))
    elif entry.corrected_by:
        more.append(("corrected", f"by {entry.corrected_by}"))
    lines += [Text.assemble(" " * 18, (f"{name}: ", "dim"), text) for name, text in more]
    return lines


def _words(entry: Entry) -> str:
    """What was entered, in words."""
    event = entry.event
    match event.kind:
        case "void":
            return f"{event.target} does not count: {entry.replaced}"
        case "correction":
            return f"{event.target} corrected: {entry.what} {entry.said}".rstrip()
        case "not_obtainable":
            return f"{entry.what} cannot be obtained"
        case "transfer":
            return f"moved to {entry.what}: {entry.said}"
        case "annulment":
            return "the enrolment is annulled"
        case "rename":
            return f"renamed from {event.detail(WAS) or '?'} to {event.name}"
        case "acknowledgement":
            return f"{entry.what} acknowledged"
        case "decision":
            word = "overridden" if event.override else "decided"
            return f"{entry.what} {word}: {entry.said}"
        case "judgement":
            return f"{entry.what} judged: {entry.said}"
        case _:
            return f"{entry.what} {entry.said}".rstrip()
