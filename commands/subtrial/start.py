"""The start of the governors of a trial's subtrials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.options import DryRunOption, JsonOption, Target, where
from commands.reading import moment, pairs
from commands.screen import make_console, notice, print_json
from commands.session import IDENTITY, run, start_of
from commands.subtrial.open import TrialArgument, definition, trial_text
from pathway.refusal import Refused
from pathway.site import Site, zone

if TYPE_CHECKING:
    from contracts.subtrial_start import SubtrialStart
    from runtime.settings import Settings

OVER = ("WITHDRAWN", "CLOSED")


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a start: `new`, or it ran already as `pinned`; None in a dry run that asked nobody."""

    asked: SubtrialStart
    pinned: SubtrialStart | None

    @property
    def new(self) -> bool:
        """Whether this command started it."""
        return self.pinned is None


def start(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrials: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBTRIAL]...", help="Which ones. Default: all that are not withdrawn or closed."
        ),
    ] = None,
    office: Annotated[
        str, typer.Option("--office", metavar="CODE", help="The coordinating office, such as UTRECHT.")
    ] = "OFFICE",
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            metavar="ZONE",
            help="Its IANA time zone, which gives the local days. Default: that of the settings.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A key of the assumption profile, such as simon_p0_d=0.20. May be repeated.",
        ),
    ] = None,
    simulation: Annotated[
        bool, typer.Option("--simulation", help="Only with --rehearsal: allow placeholder lengths.")
    ] = False,
    start_: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="WHEN", help="Only with --rehearsal: where the clock begins, in office time."
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start the governors of subtrials, with the trial's office and values of its profile, pinned from then on.

    What runs already goes on as it is. A governor that nobody has started is started by the first patient who asks it for a slot,
    with that patient's profile and the office of the worker: start it here to say otherwise.

    [dim]allpath subtrial start hem-ismart B D --office UTRECHT --zone Europe/Amsterdam[/dim]
    """
    from client import pathways
    from runtime.settings import load_settings

    settings, where_ = load_settings(), where(ctx)
    chosen = list(dict.fromkeys(definition(trial, each).id for each in subtrials or ()))
    if not chosen:
        chosen = [each.id for each in trial_text(trial).protocol.subtrials if each.begins not in OVER]
    place = Site(office, time_zone or settings.default_site_zone)
    zone(place.zone)
    if (start_ is not None) != where_.rehearsal:
        raise UsageError(
            "--start belongs to a rehearsal, and a rehearsal needs it: "
            f"allpath --rehearsal LABEL subtrial start {trial} --start 2025-11-03"
        )
    if simulation and not where_.rehearsal:
        raise UsageError("--simulation allows placeholder lengths, and those are for rehearsals only")
    far = datetime.max.replace(tzinfo=place.tz)
    values = dict(pairs("--set", set_))
    made = [
        pathways.new_subtrial_start(
            trial,
            each,
            place,
            profile=values,
            simulation=simulation,
            started_at=None if start_ is None else moment(start_, place.tz, far),
            label=where_.label or "",
        )
        for each in chosen
    ]
    given = {"zone": time_zone, "office": None if office == "OFFICE" else office, "set": set_}
    if dry_run:
        found = [Found(each, None) for each in made]
    else:
        found = run(_start(settings, where_, made, tuple(name for name, said in given.items() if said)))
    _tell(where_, found, dry_run=dry_run, as_json=as_json)


async def _start(
    settings: Settings, where_: Target, made: list[SubtrialStart], given: tuple[str, ...]
) -> list[Found]:
    from client import pathways
    from commands.signed_in import connected
    from contracts.subtrial_start import SubtrialStart

    client = await connected(settings, IDENTITY)
    queue = settings.rehearsal_task_queue if where_.rehearsal else settings.task_queue
    found = []
    for each in made:
        handle = pathways.subtrial_handle(
            client, each.trial, each.subtrial, rehearsal=each.rehearsal, label=each.label
        )
        pinned = await start_of(client, handle, SubtrialStart)
        if pinned is not None:
            _check_pinned(each, pinned, given)
        await pathways.start_subtrial(client, each, queue=queue)
        found.append(Found(each, pinned))
    return found


def _check_pinned(asked: SubtrialStart, pinned: SubtrialStart, given: tuple[str, ...]) -> None:
    """Raises `Refused` if other settings are asked for than those with which the governor runs."""
    differs = []
    if "zone" in given and asked.site.zone != pinned.site.zone:
        differs.append(f"zone {pinned.site.zone}")
    if "office" in given and asked.site.id != pinned.site.id:
        differs.append(f"office {pinned.site.id}")
    if "set" in given:
        differs += [
            f"{key} = {pinned.profile.get(key, 'as the protocol has it')}"
            for key, value in asked.profile.items()
            if pinned.profile.get(key) != value
        ]
    if differs:
        raise Refused(
            "already_started",
            f"subtrial {pinned.subtrial} of {pinned.trial} runs already, with {', '.join(differs)}; "
            "that was pinned when it was started",
        )


def _tell(where_: Target, found: list[Found], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "trial": found[0].asked.trial,
                "dry_run": dry_run,
                "subtrials": [
                    {
                        "subtrial": each.asked.subtrial,
                        "started": each.new and not dry_run,
                        "workflow_id": each.asked.workflow_id,
                        "protocol": (each.pinned or each.asked).protocol,
                        "office": (each.pinned or each.asked).site.id,
                        "zone": (each.pinned or each.asked).site.zone,
                        "profile": (each.pinned or each.asked).profile,
                    }
                    for each in found
                ],
            }
        )
        return
    console = make_console()
    for each in found:
        shown = each.pinned or each.asked
        head = (
            ("dry run, would start", "bold yellow")
            if dry_run
            else ("started", "bold green")
            if each.new
            else ("runs already", "bold")
        )
        console.print(
            Text.assemble(
                head, f"  {shown.subtrial} of {shown.protocol}, {shown.site.id} ({shown.site.zone})"
            )
        )
        for key, value in shown.profile.items():
            console.print(f"  profile {key} = {value}")
        console.print(Text(f"  governor {shown.workflow_id}", style="dim"))
    if not dry_run:
        show = f"allpath subtrial show {found[0].asked.trial} {found[0].asked.subtrial}"
        console.print(f"Next: {where_.typed(show)}")
    notice(console)
