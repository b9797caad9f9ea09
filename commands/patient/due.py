"""What is late, due today and due this week, for patients, subtrials and meetings; and who there is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from commands.closed_days import calendar_of
from commands.known_trials import definition_of
from commands.options import JsonOption, RoleOption, Target, where
from commands.patient.needed import compiled_of
from commands.patient.undelivered import Troubles, troubles_of
from commands.protocol.options import TrialOption
from commands.reading import utc_now
from commands.screen import make_console, notice, print_json, print_steps, styled, table
from commands.session import run
from commands.store_reading import reading, tell_lag
from pathway.clock import local_day
from pathway.closed_days import closed_note
from pathway.patient.enrolment import ANNULLED
from pathway.site import zone
from pathway.words import due_words, with_note

if TYPE_CHECKING:
    from pathway.engine.context import Compiled
    from pathway.patient.settle import Step
    from store.queries import Pathway
    from store.work_list import Due

MOST: Final = 2
"""Ways to settle a line that are shown; `allpath explain` has all."""
TITLES = {"late": "Late", "today": "Today", "week": "This week"}
SiteOption = Annotated[str | None, typer.Option("--site", metavar="CODE", help="Only this site.")]


def due(
    ctx: typer.Context,
    site: SiteOption = None,
    role: RoleOption = None,
    trial: TrialOption = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="SUBJECT", help="Only this patient.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The work list of all patients, subtrials and meetings: late, today, this week. --as ROLE: only what that role must do.

    It comes from the read model, which runs a moment behind the pathways.
    """
    name = definition_of(trial).name if trial else None
    now, pathways, lines = run(_work(where(ctx), name, site, subject, role))
    troubles = Troubles()
    if role in (None, "operations") and not where(ctx).rehearsal:
        troubles = run(troubles_of(site, name, subject))
    if as_json:
        found = {"now": now.isoformat(), "newest": _newest(pathways), "due": [asdict(line) for line in lines]}
        print_json(found | troubles.as_json())
        return
    zones = {pathway.pathway_id: pathway.zone for pathway in pathways}
    console = make_console()
    if not lines:
        console.print(Text("Nothing is late, due today or due this week.", style="green"))
    texts = {each.pathway_id: each.protocol for each in pathways if each.kind == "patient"}
    for bucket, title in TITLES.items():
        here = [line for line in lines if line.bucket == bucket]
        if not here:
            continue
        if bucket == "week":
            columns = ("Who", "Site", "State", "What", "Due", "Waiting for")
            rows = [_row(line, now, zones) for line in here]
            console.print(table(columns, rows, title=f"{title} ({len(rows)})"))
        else:
            console.print(Text(f"{title} ({len(here)})", style="bold"))
            for line in here:
                _print_line(console, line, now, zones, texts.get(line.pathway_id), where(ctx))
        console.print()
    troubles.show(console)
    tell_lag(max((p.stored for p in pathways), default=None), utc_now())
    notice(console)


def list_(
    ctx: typer.Context,
    site: SiteOption = None,
    trial: TrialOption = None,
    everyone: Annotated[bool, typer.Option("--all", help="Archived pathways too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every patient: phase, group, what is open and late. From the read model, which runs a moment behind."""
    name = definition_of(trial).name if trial else None
    found = run(_pathways(where(ctx), name, site, None, archived=everyone))
    if as_json:
        print_json(
            {"newest": _newest(found), "pathways": [{**asdict(p), "phases": dict(p.phases)} for p in found]}
        )
        return
    console = make_console()
    rows = [
        (
            Text(p.subject, style="bold"),
            p.protocol,
            p.site,
            Text("annulled" if annulled(p) else "archived", style="magenta")
            if p.archived
            else "\n".join(f"{track}: {phase}" for track, phase in p.phases),
            p.group or "",
            Text(str(p.open), style="yellow" if p.open else "dim"),
            Text(str(p.late), style="bold red" if p.late else "dim"),
        )
        for p in found
    ]
    if rows:
        console.print(table(("Patient", "Protocol", "Site", "Phases", "Group", "Open", "Late"), rows))
    else:
        console.print("No pathways yet. Enrol a patient with `allpath enrol`.")
    tell_lag(max((p.stored for p in found), default=None), utc_now())
    notice(console)


def annulled(pathway: Pathway) -> bool:
    """Whether the enrolment was a mistake."""
    return bool(pathway.phases) and all(phase == ANNULLED for _, phase in pathway.phases)


async def _pathways(
    where_: Target,
    trial: str | None,
    site: str | None,
    subject: str | None,
    *,
    archived: bool,
    kind: str | None = "patient",
) -> tuple[Pathway, ...]:
    from runtime.settings import load_settings
    from store import queries
    from store.meetings import belongs

    async with reading(load_settings()) as session:
        found = await queries.pathways(
            session,
            trial=trial,
            site=site,
            subject=subject,
            kind=kind,
            rehearsals=where_.rehearsal,
            archived=archived,
        )
    return tuple(p for p in found if belongs(p, where_.label))


async def _work(
    where_: Target, trial: str | None, site: str | None, subject: str | None, role: str | None
) -> tuple[datetime, tuple[Pathway, ...], list[Due]]:
    from runtime.settings import load_settings
    from store.work_list import due as work_list

    found = await _pathways(where_, trial, site, subject, archived=False, kind=None)
    now = utc_now()
    async with reading(load_settings()) as session:
        if where_.rehearsal:
            now = await _rehearsed_until(session, found, now)
        lines = await work_list(
            session, now, trial=trial, site=site, subject=subject, role=role, rehearsals=where_.rehearsal
        )
    meant = {pathway.pathway_id for pathway in found}
    return now, found, [line for line in lines if line.pathway_id in meant]


async def _rehearsed_until(session: Any, found: tuple[Pathway, ...], otherwise: datetime) -> datetime:
    """Where the clock of the rehearsals stands, as far as the store knows: at their newest announcement."""
    from store import queries

    newest = [
        datetime.fromisoformat(timeline[-1].at)
        for pathway in found
        if (timeline := await queries.timeline(session, pathway.pathway_id))
    ]
    return max(newest, default=otherwise)


def _newest(found: tuple[Pathway, ...]) -> str | None:
    newest = max((p.stored for p in found), default=None)
    return newest.isoformat() if newest else None


def _print_line(
    console: Console, line: Due, now: datetime, zones: dict[str, str], protocol: str | None, here: Target
) -> None:
    """A line of the work list, and if it is a patient's the commands that settle it. `protocol`: the patient's."""
    who, site, state, what, when, owner = _row(line, now, zones)
    console.print(
        Text.assemble("  ", who, f" at {site}  ", state, "  ", what, f"  {when}", (f"  → {owner}", "dim"))
    )
    if protocol is not None:
        steps = [asdict(step) for step in steps_of(line, compiled_of(protocol))[:MOST]]
        print_steps(console, steps, here, indent="      ")


def closed(line: Due, today: date) -> str:
    """What is said of an item whose site is closed when it is due; empty of everything else."""
    return closed_note(line.due, line.window, calendar_of(line.site), today) if line.due else ""


def steps_of(line: Due, compiled: Compiled | None) -> list[Step]:
    """How a line about a patient is settled."""
    from pathway.patient import settle

    if line.kind == "decision":
        return settle.of_decision(line.subject, line.key, line.owner, line.text or None, (), "")
    if line.kind in ("deviation", "alert"):
        return settle.of_notice(compiled, line.subject, line.key, line.owner)
    if compiled is None:
        return []
    steps = settle.of_item(compiled, line.subject, line.key, line.owner, line.blocked_by or "")
    several = len({step.slot for step in steps if step.slot}) > 1
    # The store does not know which of them are on record already.
    return [settle.of_open_item(line.subject, line.key, line.owner)] if several else steps


def _row(line: Due, now: datetime, zones: dict[str, str]) -> tuple[Any, ...]:
    site_zone = zone(zones[line.pathway_id])
    today = local_day(now, site_zone)
    if line.kind in ("item", "assessment", "task", "dose"):
        state = styled("late" if line.bucket == "late" else line.state)
        hour = f"{line.due_at.astimezone(site_zone):%H:%M}" if line.due_at is not None else ""
        when = with_note(due_words(line.due, today, hour), closed(line, today))
    elif line.kind == "decision":
        state = styled(line.state)
        when = f"since {line.since:%Y-%m-%d}" if line.since else ""
    else:
        state = styled(line.severity or line.state)
        when = f"since {line.since:%Y-%m-%d}" if line.since else ""
    text = f"{line.text} is proposed" if line.kind == "decision" and line.text else line.text
    what = Text.assemble((line.key, "bold"), f" {text}" if text else "")
    owner = f"decision {line.blocked_by}" if line.blocked_by else line.owner or "clinician"
    return Text(line.subject, style="bold"), line.site, state, what, when, owner
