"""Enrolment: the start of a pathway."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.known_trials import protocol_text, trial_names
from commands.options import DryRunOption, JsonOption, SubjectArgument, where
from commands.patient.backlog import check_backlog, new_sitting, read_backlog
from commands.patient.sitting import sitting_json, tell_sitting
from commands.protocol.options import complete_trials
from commands.reading import moment, pairs, utc_now
from commands.screen import make_console, notice, print_json, warn
from commands.session import IDENTITY, check_free, run
from pathway.language.profile import make_profile
from pathway.site import Site, zone

if TYPE_CHECKING:
    from commands.patient.backlog import Backlog
    from contracts.messages import PathwayStart
    from contracts.sitting import RecordManyReceipt
    from runtime.settings import Settings


FIRST_ANSWER: Final = timedelta(seconds=5)
"""How long a pathway gets to answer that it is there."""


def enrol(
    ctx: typer.Context,
    subject: SubjectArgument,
    protocol: Annotated[
        str | None,
        typer.Argument(
            metavar="PROTOCOL",
            autocompletion=complete_trials,
            help="NAME, or NAME@VERSION for an older text. Default: the only protocol that there is.",
        ),
    ] = None,
    *,
    site: Annotated[str, typer.Option("--site", metavar="CODE", help="The site's code, such as S01.")],
    trial: Annotated[
        str | None,
        typer.Option(
            "--trial",
            "--protocol",
            metavar="NAME",
            autocompletion=complete_trials,
            help="The same as PROTOCOL.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--zone", metavar="ZONE", help="Its IANA time zone. Default: that of the settings."),
    ] = None,
    country: Annotated[str, typer.Option("--country", metavar="CC", help="Its country.")] = "DE",
    label: Annotated[
        str, typer.Option("--label", metavar="EDITION", help="The drug-label edition it works by.")
    ] = "EU",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A key of the assumption profile for this patient. May be repeated.",
        ),
    ] = None,
    backlog: Annotated[
        Path | None,
        typer.Option(
            "--backlog",
            metavar="FILE",
            help="What happened before, as CSV or YAML: checked as a whole, then entered in one sitting.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="WHEN", help="Only with --rehearsal: where its clock begins, in site time."
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Enrol a patient: start the pathway, on the newest version of the protocol, pinned from then on."""
    from client import pathways
    from protocols import check_locked
    from runtime.settings import load_settings

    settings = load_settings()
    place = Site(site, time_zone or settings.default_site_zone, country, label)
    zone(place.zone)
    if not re.fullmatch("[A-Z]{2}", country):
        raise UsageError(f"--country {country!r}: accepted are two capital letters such as DE")
    if protocol is not None and trial is not None and protocol != trial:
        raise UsageError(f"{protocol} and --trial {trial}: which of them?")
    rehearsal = where(ctx)
    if (start is not None) != rehearsal.rehearsal:
        raise UsageError(
            "--start belongs to a rehearsal, and a rehearsal needs it: "
            "allpath --rehearsal LABEL enrol P1 --site S01 --start 2025-02-01"
        )
    made = pathways.new_start(
        protocol or trial or only_trial(),
        subject,
        place,
        profile=dict(pairs("--set", set_)),
        started_at=None if start is None else moment(start, place.tz, datetime.max.replace(tzinfo=place.tz)),
        label=rehearsal.label or "",
        sitting="" if backlog is None else new_sitting(),
    )
    entries = None
    if backlog is not None:
        compiled = protocol_text(made.protocol)
        now = made.started_at or utc_now()
        entries = read_backlog(backlog, compiled, place, now, rehearsal.person)
        profile = make_profile(compiled.protocol, made.profile, made.simulation)
        check_backlog(entries, compiled, profile, place, (), now)
    if not made.rehearsal:
        check_locked(made.protocol, made.protocol_hash)
    started = answers = False
    receipt = None
    if not dry_run:
        answers, receipt = run(_start(settings, made, entries))
        started = True
    if started and not answers:
        warn(
            f"{subject} is enrolled, but no worker has taken the pathway up: is one running, and does it know "
            f"{made.protocol} with the text {made.protocol_hash[:12]}? A worker reads the protocols when it starts: start "
            "it anew. The pathway waits"
        )
    if as_json:
        print_json(
            {
                "subject": subject,
                "started": started,
                "answers": answers,
                "workflow_id": made.workflow_id,
                "protocol": made.protocol,
                "protocol_hash": made.protocol_hash,
                "profile": made.profile,
                "site": {"id": place.id, "zone": place.zone, "country": place.country, "label": place.label},
                **({} if entries is None else {"backlog": sitting_json(entries.reports, receipt)}),
            }
        )
        return
    console = make_console()
    head = ("enrolled", "bold green") if started else ("dry run, would enrol", "bold yellow")
    console.print(Text.assemble(head, f"  {subject} in {made.protocol} at {place.id} ({place.zone})"))
    for key, value in made.profile.items():
        console.print(f"  profile {key} = {value}")
    console.print(Text(f"pathway {made.workflow_id}, protocol text {made.protocol_hash[:12]}", style="dim"))
    if entries is not None:
        tell_sitting(rehearsal, subject, entries.reports, receipt)
    elif started:
        record, show = (
            rehearsal.typed(f"allpath {each}") for each in (f"record {subject} FACT VALUE", f"show {subject}")
        )
        console.print(f"Next: {record}, or {show}")
    notice(console)


def only_trial() -> str:
    """The name of the only protocol. Raises `UsageError` where there are several."""
    names = trial_names()
    if len(names) > 1:
        raise UsageError(f"say in which trial: --protocol {' or '.join(names)}")
    return names[0]


async def _start(
    settings: Settings, start: PathwayStart, backlog: Backlog | None
) -> tuple[bool, RecordManyReceipt | None]:
    """Start the pathway; whether it has answered, which it does once a worker that knows its text carries it; and what came
    of the backlog."""
    from client import pathways
    from commands.signed_in import connected

    client = await connected(settings, IDENTITY)
    if not start.rehearsal:
        await check_free(settings, start.trial, start.subject)
    queue = settings.rehearsal_task_queue if start.rehearsal else settings.task_queue
    handle = await pathways.start_pathway(client, start, queue=queue)
    if backlog is not None:
        try:
            return True, await pathways.submit_many(handle, start.sitting, backlog.reports)
        except pathways.PathwayError as error:
            raise type(error)(
                f"{start.subject} is enrolled, and its backlog may be recorded in part: {error}\n"
                f"Send it again with `allpath record {start.subject} --from {backlog.file}`: nothing is recorded twice"
            ) from error
    try:
        await pathways.state(handle, patience=FIRST_ANSWER)
    except pathways.PathwayError:
        return False, None
    return True, None
