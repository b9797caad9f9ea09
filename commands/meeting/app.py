"""`allpath meeting`: the weekly coordinating meeting of a trial, its agenda, what became of it, and what it decided."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.meeting import decide as meeting_decide
from commands.meeting import record as meeting_record
from commands.meeting.document import html, local, pdf, view
from commands.meeting.read import (
    checked_week,
    minutes,
    opened,
    stored_meeting,
    stored_meetings,
)
from commands.meeting.record import TrialArgument, WeekOption
from commands.options import JsonOption, Target, where
from commands.reading import utc_now
from commands.screen import make_console, notice, print_json, styled, table, warn
from commands.session import run
from commands.store_reading import reading, tell_lag
from pathway.meeting.agenda import SECTIONS, Agenda, Entry
from pathway.meeting.calendar import Meeting, Week
from pathway.meeting.output import week_json
from pathway.meeting.plan import day_and_time
from pathway.site import zone
from pathway.words import instant

if TYPE_CHECKING:
    from client.minutes import Stored

app = typer.Typer(
    help="The weekly coordinating meeting of a trial: agenda, what became of it, decisions, document.",
    no_args_is_help=True,
)
for command in (
    meeting_record.start,
    meeting_record.hold,
    meeting_record.postpone,
    meeting_record.cancel,
    meeting_record.reschedule,
    meeting_record.note,
    meeting_decide.decide,
    meeting_record.void,
    meeting_record.acknowledge,
):
    app.command(command.__name__)(command)

STYLES: Final = {
    "planned": "dim",
    "frozen": "yellow",
    "due": "bold yellow",
    "overdue": "bold red",
    "held": "green",
    "cancelled": "magenta",
    "missed": "red",
}


@app.command("list")
def list_(
    ctx: typer.Context,
    trial: Annotated[str | None, typer.Argument(metavar="[TRIAL]", help="Only this trial's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The meetings of every trial: those to come, those that are late, and the last weeks. From the read model."""
    found = run(_stored(where(ctx), trial))
    if as_json:
        print_json(
            {
                "meetings": [
                    {
                        "trial": each.meeting.trial,
                        "office": each.meeting.office.id,
                        "zone": each.meeting.office.zone,
                        "archived": each.row.archived,
                        "weeks": [week_json(each.meeting, week) for week in each.whole.weeks],
                    }
                    for each in found
                ]
            }
        )
        return
    console = make_console()
    rows = [_row(each.meeting, week) for each in found for week in each.whole.weeks]
    if rows:
        console.print(table(("Trial", "Meeting", "State", "Office time", "Agenda", "Decisions"), rows))
    else:
        console.print(
            "No coordinating meeting yet. Start one with `allpath meeting start TRIAL --office CODE`."
        )
    tell_lag(max((each.row.stored for each in found), default=None), utc_now())
    notice(console)


async def _stored(where_: Target, trial: str | None) -> list[Stored]:
    from runtime.settings import load_settings

    async with reading(load_settings()) as session:
        return await stored_meetings(session, where_, trial)


def _row(meeting: Meeting, week: Week) -> tuple[Any, ...]:
    agenda = (
        ""
        if week.agenda is None
        else f"{week.agenda.entries} entries, frozen {local(meeting, week.agenda.at)}"
    )
    due = 0 if week.agenda is None else len(week.agenda.decisions)
    decisions = f"{len(week.decided)} taken, {due} due" if week.agenda is not None or week.decided else ""
    when = day_and_time(meeting, week.held.occurred if week.held is not None else week.at)
    state = styled(week.state, style=STYLES[week.state])
    return meeting.trial, Text(week.week, style="bold"), state, when, agenda, decisions


@app.command()
def show(
    ctx: typer.Context, trial: TrialArgument, week: WeekOption = None, as_json: JsonOption = False
) -> None:
    """One meeting: when, what became of it, notes, decisions taken, what is late and who was told.

    It comes from the meeting itself; of weeks that it no longer shows, and while the server is away, from the store.
    """
    shown, alerts, source, zone_ = run(_shown(where(ctx), trial, week))
    tz = zone(zone_)
    if as_json:
        print_json({"trial": trial, "source": source, "zone": zone_, "week": shown, "alerts": alerts})
        return
    console = make_console()
    head = Text.assemble(
        (f"Meeting {shown['week']}", "bold"), "  ", styled(shown["state"], style=STYLES[shown["state"]])
    )
    console.print(head)
    facts = [("planned for", f"{shown['local'].replace('T', ' ')} ({zone_})")]
    facts += [("postponed", f"to {instant(each['to'], tz)}: {each['reason']}") for each in shown["postponed"]]
    facts += [("held", instant(shown["held"], tz))] if shown["held"] else []
    facts += [("attended", ", ".join(shown["attended"]))] if shown["attended"] else []
    facts += [("cancelled", shown["reason"])] if shown["state"] == "cancelled" else []
    agenda = shown["agenda"]
    facts.append(
        (
            "agenda",
            "not frozen yet"
            if agenda is None
            else f"{agenda['entries']} entries, frozen {instant(agenda['at'], tz)}",
        )
    )
    facts += [(f"decision of {subject}", key) for subject, key in (agenda or {}).get("decisions", ())]
    facts += [
        ("decided", f"{each['decision']} of {each['subject']}: {each['option']}" + _because(each["reason"]))
        for each in shown["decided"]
    ]
    facts += [(f"note by the {each['role']}", each["text"]) for each in shown["notes"]]
    console.print(table(("", ""), [(Text(name, style="dim"), text) for name, text in facts]))
    for alert in alerts:
        told = f"  → {', '.join(alert['to'])}" if alert["state"] == "raised" else "  (acknowledged)"
        console.print(
            Text.assemble((f"{alert['severity']} {alert['key']}: {alert['text']}", "red"), (told, "dim"))
        )
    notice(console)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


async def _shown(
    where_: Target, trial: str, label: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]], str, str]:
    from client.pathways import NoAnswer, PathwayStalled
    from runtime.errors import ServerUnreachable
    from runtime.settings import load_settings

    try:
        async with opened(where_, trial) as meeting:
            wanted = meeting.week(label)
            for week in meeting.view["weeks"]:
                if week["week"] == wanted:
                    return week, _of_week(meeting.view["alerts"], wanted), "meeting", meeting.office.zone
    except (ServerUnreachable, NoAnswer, PathwayStalled) as away:
        warn(f"{away}\nSo this comes from the store; what came later is missing here, and safe there")
    async with reading(load_settings()) as session:
        stored = await stored_meeting(session, where_, trial)
        found = stored.week(None if label is None else checked_week(label))
        alerts = [
            {"key": a.key, "severity": a.severity, "state": a.state, "text": a.text, "to": list(a.notified)}
            for a in stored.whole.plan.alerts
        ]
        return (
            week_json(stored.meeting, found), _of_week(alerts, found.week), "store", stored.meeting.office.zone
        )  # fmt: skip


def _of_week(alerts: list[dict[str, Any]], week: str) -> list[dict[str, Any]]:
    return [alert for alert in alerts if f"[week={week}]" in alert["key"]]


@app.command()
def agenda(
    ctx: typer.Context,
    trial: TrialArgument,
    week: WeekOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="How things stand now, not the agenda that was frozen.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The agenda of a meeting as it was frozen; before that, how it would look now. From the store.

    While the store is away the newest frozen agendas come from the meeting itself.
    """
    found, meeting = run(_agenda(where(ctx), trial, week, live=live))
    if as_json:
        print_json(
            {
                "trial": found.trial, "week": found.week, "kind": found.kind, "at": found.at.isoformat(),
                "digest": found.digest, "unread": list(found.unread),
                "sections": {
                    section: [asdict(entry) for entry in found.of(section)] for section, _ in SECTIONS
                },
            }
        )  # fmt: skip
        return
    console = make_console()
    words = "frozen" if found.kind == "frozen" else "not frozen: as things stand"
    console.print(
        Text.assemble(
            (f"Agenda of {found.week}", "bold"), f"  {words}, {local(meeting, found.at)} office time"
        )
    )
    for section, title in SECTIONS:
        entries = found.of(section)
        if entries or section != "off":
            console.print()
            _section(meeting, title, entries)
    for text in found.unread:
        warn(f"could not be read, and is missing here: {text}")
    notice(console)


def _section(meeting: Meeting, title: str, entries: tuple[Entry, ...]) -> None:
    console = make_console()
    if not entries:
        console.print(Text.assemble((title, "bold"), ("  none", "dim")))
        return
    rows = []
    for entry in entries:
        asked = f"proposal {entry.proposal}" if entry.proposal else f"one of {', '.join(entry.options)}"
        what = Text.assemble((entry.what, "bold"), " " if entry.what else "", entry.text)
        for line in ((asked,) if entry.options else ()) + entry.reasons:
            what.append(f"\n{line}", style="dim")
        since = local(meeting, entry.since) if entry.since is not None else ""
        rows.append(
            (Text(entry.subject, style="bold"), entry.site, styled(entry.state), what, entry.due or since)
        )
    heading = ("Who", "Site", "State", "What", "Due or since")
    console.print(table(heading, rows, title=f"{title} ({len(entries)})"))


async def _agenda(where_: Target, trial: str, label: str | None, *, live: bool) -> tuple[Agenda, Meeting]:
    from client.minutes import kept_agenda, live_agenda
    from runtime.settings import load_settings
    from store.errors import StoreAway

    try:
        async with reading(load_settings()) as session:
            stored = await stored_meeting(session, where_, trial)
            week = stored.week(None if label is None else checked_week(label))
            kept = None if live else await kept_agenda(session, stored, week)
            if kept is None and week.settled and not live:
                raise UsageError(
                    f"no agenda was frozen for {week.week}, and the meeting is over; --live shows how things stand now"
                )
            return kept or await live_agenda(session, stored, week), stored.meeting
    except StoreAway as away:
        if live:
            raise
        return await _carried(where_, trial, label, away)


async def _carried(where_: Target, trial: str, label: str | None, away: Exception) -> tuple[Agenda, Meeting]:
    """The frozen agenda that the meeting itself still has. Raises `StoreAway`."""
    from client.meetings import agendas
    from pathway.site import Site
    from store.errors import StoreAway

    async with opened(where_, trial) as meeting:
        wanted = meeting.week(label)
        found = [
            each.agenda
            for each in (await agendas(meeting.handle)).agendas
            if each.agenda.week == wanted and each.agenda.kind == "frozen"
        ]
        if not found:
            raise StoreAway(
                f"{away}\nNor does the meeting itself still have the agenda of {wanted}"
            ) from None
        warn(f"{away}; so this agenda comes from the meeting itself")
        office = Site(meeting.view["office"], meeting.view["zone"])
        return found[-1], Meeting(meeting.trial, office, meeting.now)


@app.command()
def export(
    ctx: typer.Context,
    trial: TrialArgument,
    week: WeekOption = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page; - for standard output.")
    ] = None,
    pdf_file: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as a PDF (A4).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The document of a meeting: its agenda, what came late, what was decided, notes. Default: of the next meeting.

    [dim]allpath meeting export hem-ismart --week 2025-W45 --html w45.html --pdf w45.pdf[/dim]
    """
    if html_file is None and pdf_file is None and not as_json:
        raise UsageError("say where to: --html FILE, --pdf FILE, or both; --json prints what would be in it")
    if pdf_file is not None and str(pdf_file) == "-":
        raise UsageError("a PDF is not written to standard output; say --pdf FILE")
    if week is not None:
        checked_week(week)
    made = run(minutes(where(ctx), trial, week))
    shown = view(made)
    if as_json:
        print_json(asdict(shown))
    if html_file is not None and str(html_file) == "-":
        sys.stdout.write(html(shown))
    elif html_file is not None:
        _write(html_file, html(shown).encode())
    if pdf_file is not None:
        _write(pdf_file, pdf(shown, made.made))


def _write(file: Path, content: bytes) -> None:
    """Raises `UsageError` if the file cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    make_console(stderr=True).print(f"wrote {file}")
