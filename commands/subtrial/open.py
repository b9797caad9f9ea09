"""What commands know of a subtrial: its definition, its governor, and how it stands, from the governor or from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import UsageError
from commands.known_trials import known_protocols, protocol_text
from commands.options import Target
from commands.protocol.options import complete_trials
from commands.reading import utc_now
from commands.session import IDENTITY, start_of
from pathway.designs.dose_finding import Counts
from pathway.engine.context import Compiled
from pathway.errors import UnknownName
from pathway.language import PhaseOne, Subtrial
from pathway.language.parsing import nearest
from pathway.language.profile import make_profile
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import govern, subtrial_json
from pathway.subtrial.levels import FULL, advice
from pathway.subtrial.plan import Governor

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from temporalio.client import Client

    from client.pathways import SubtrialHandle
    from contracts.messages import StateView
    from contracts.subtrial_start import SubtrialStart
    from runtime.settings import Settings
    from store.queries import Pathway


def _complete(incomplete: str) -> list[str]:
    found = dict.fromkeys(s.id for protocol in known_protocols() for s in protocol.subtrials)
    return [id_ for id_ in found if id_.startswith(incomplete)]


TrialArgument = Annotated[
    str,
    typer.Argument(metavar="TRIAL", autocompletion=complete_trials, help="The trial, such as hem-ismart."),
]
SubtrialArgument = Annotated[
    str, typer.Argument(metavar="SUBTRIAL", autocompletion=_complete, help="Its subtrial, such as D.")
]


def trials_with_subtrials() -> list[str]:
    """The names of the trials that have subtrials."""
    return list(dict.fromkeys(protocol.name for protocol in known_protocols() if protocol.subtrials))


def trial_text(trial: str) -> Compiled:
    """The protocol of a trial that has subtrials. Raises `UnknownName`, or `UsageError` if it has none."""
    names = trials_with_subtrials()
    try:
        text = protocol_text(trial)
    except UnknownName:
        owners = [
            name for name in names if any(s.id == trial for s in protocol_text(name).protocol.subtrials)
        ]
        if owners:
            raise UsageError(
                f"{trial} is a subtrial of {' and of '.join(owners)}; say the trial first: {owners[0]} {trial}"
            ) from None
        raise
    if not text.protocol.subtrials:
        raise UsageError(f"{text.protocol.name} has no subtrials; trials that have: {', '.join(names)}")
    return text


def definition(trial: str, subtrial: str) -> Subtrial:
    """The subtrial's definition in the newest text. Raises `UnknownName` or `UsageError`."""
    protocol = trial_text(trial).protocol
    known = {each.id: each for each in protocol.subtrials}
    if subtrial in known:
        return known[subtrial]
    same = [id_ for id_ in known if id_.casefold() == subtrial.casefold()]
    hint = f"did you mean {same[0]}?" if same else nearest(subtrial, list(known))
    raise UnknownName(f"{protocol.name} has no subtrial {subtrial!r}; {hint}")


def not_started(where: Target, trial: str, subtrial: str) -> str:
    """That a subtrial has no governor, and how it gets one."""
    which = f"rehearsal {where.label} of " if where.rehearsal else ""
    return (
        f"subtrial {subtrial} of {which}{trial} has no governor yet; start it with: "
        f"allpath subtrial start {trial} {subtrial}. The first patient who asks for a slot starts it too"
    )


# --- the governor itself ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubtrialSession:
    """A governor that a command talks to. `start` as it was pinned; `now` its clock when it was opened; `person` who talks."""

    client: Client
    settings: Settings
    handle: SubtrialHandle
    start: SubtrialStart
    governor: Governor
    now: datetime
    person: str = ""

    @property
    def who(self) -> dict[str, str]:
        """The names under which answers speak of it."""
        return {"trial": self.start.trial, "subtrial": self.start.subtrial}


@asynccontextmanager
async def opened(where: Target, trial: str, subtrial: str) -> AsyncIterator[SubtrialSession]:
    """The governor of a subtrial. Raises `ServerUnreachable`, or `UnknownPathway` if nobody has started it."""
    from client import pathways
    from commands.signed_in import connected
    from contracts.subtrial_start import SubtrialStart
    from runtime.settings import load_settings

    name, id_ = trial_text(trial).protocol.name, definition(trial, subtrial).id
    settings = load_settings()
    client = await connected(settings, IDENTITY)
    handle = pathways.subtrial_handle(client, name, id_, rehearsal=where.rehearsal, label=where.label or "")
    start = await start_of(client, handle, SubtrialStart)
    if start is None:
        raise pathways.UnknownPathway(not_started(where, name, id_))
    now = (await pathways.state(handle)).now if start.rehearsal else utc_now()
    compiled = protocol_text(start.protocol)
    profile = make_profile(compiled.protocol, start.profile, start.simulation)
    governor = Governor(compiled, id_, profile, start.site)
    yield SubtrialSession(client, settings, handle, start, governor, now, where.person)


# --- how it stands ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A subtrial as it was found at `now`. `plan` as `governors` in scenario output.

    `source`: `governor`, or `store` where the governor could not be asked; then `as_of` is how new the store's copy is.
    `raised`: how many deviations and alerts nobody has acknowledged. `state` of the workflow, where it was asked.
    """

    governor: Governor
    protocol: str
    rehearsal: bool
    archived: bool
    now: datetime
    plan: dict[str, Any]
    source: str
    raised: int
    state: StateView | None = None
    as_of: datetime | None = None

    @property
    def trial(self) -> str:
        """The name of the trial."""
        return self.governor.compiled.protocol.name

    @property
    def office(self) -> Site:
        """The coordinating office."""
        return self.governor.site

    @property
    def used(self) -> int:
        """Slots that are held: reserved, or taken up."""
        return sum(slot["state"] in ("RESERVED", "ENROLLED") for slot in self.plan["slots"])

    @property
    def free(self) -> int | None:
        """How many more could enter now, before anything else is learnt; None without a limit."""
        return free_slots(self.governor, self.plan, self.used) if self.active else 0

    @property
    def active(self) -> bool:
        """Whether some site may give slots today; entry as such may be open all the same."""
        return not self.governor.subtrial.activation or any(
            self.holds_today(country, site)["state"] == "activated" for country, site in self.activated_today
        )

    @property
    def activated_today(self) -> list[tuple[str, str]]:
        """The countries and sites of which an entry has come into force."""
        today = self.now.astimezone(self.office.tz).date().isoformat()
        found = [(x["country"], x["site"]) for x in self.plan["activations"] if x["on"] <= today]
        return sorted(set(found))

    def holds_today(self, country: str, site: str) -> dict[str, Any]:
        """The entry that holds for a site today: its own or its country's, the later day, of one day the later recorded."""
        today = self.now.astimezone(self.office.tz).date().isoformat()
        concerns = [
            x
            for x in self.plan["activations"]
            if x["on"] <= today and x["country"] == country and x["site"] in ("", site)
        ]
        # `max` takes the first of equals.
        return max(reversed(concerns), key=lambda x: str(x["on"]))


def free_slots(governor: Governor, plan: dict[str, Any], used: int) -> int | None:
    """The slots that could be given now, one after the other: by the dose level, the stage and the cap, whichever ends first."""
    if plan["entry"]["state"] != "OPEN":
        return 0
    limits = []
    subtrial, stage = governor.subtrial, plan["stage"]
    if subtrial.cap is not None and (cap := governor.number(subtrial.cap.patients)) is not None:
        limits.append(cap - used)
    if stage is not None and stage["stage"]:
        last = stage["n_total"] if stage["stage"] == 2 else stage["n1"]
        limits += [last - stage["n"]] if last is not None else []
    elif subtrial.phase_one is not None:
        here = next((level for level in plan["levels"] if level["id"] == plan["level"]), None)
        if here is not None:
            limits.append(_room(governor, subtrial.phase_one, here))
    return max(0, min(limits)) if limits else None


def _room(governor: Governor, phase: PhaseOne, level: dict[str, Any]) -> int:
    """How many enter a level that is open until its design says to wait, or it is full."""
    n, t, p = level["n"], level["t"], level["p"]
    room = 0
    while n + room < FULL:
        counts = Counts(n + room, t, p + room)
        # That entry is open is given: the meeting may have decided to fill the level.
        if room and advice(governor, phase, counts).advice != "SAME_LEVEL":
            break
        room += 1
    return room


async def seen(where: Target, trial: str, subtrial: str) -> Seen:
    """How a subtrial stands, from its governor. Raises as `opened` does, and `PathwayStalled` without a worker."""
    from client import pathways

    async with opened(where, trial, subtrial) as found:
        view = await pathways.plan(found.handle)
        state = await pathways.state(found.handle)
        return Seen(
            found.governor,
            found.start.protocol,
            found.start.rehearsal,
            state.archived,
            state.now if found.start.rehearsal else utc_now(),
            view.plan,
            "governor",
            raised_in(view.plan),
            state,
        )


def raised_in(plan: dict[str, Any]) -> int:
    """How many deviations and alerts nobody has acknowledged."""
    return sum(each["state"] == "raised" for each in (*plan["deviations"], *plan["alerts"]))


async def stored(session: AsyncSession, where: Target, trial: str | None, subtrial: str | None) -> list[Seen]:
    """The subtrials whose governors the store knows, with their plans of now."""
    from contracts.subtrial_start import subtrial_id
    from store import queries

    name = trial_text(trial).protocol.name if trial else None
    rows = await queries.pathways(
        session, trial=name, subject=subtrial, kind="subtrial", rehearsals=where.rehearsal, archived=True
    )
    return [
        await _computed(session, row)
        for row in rows
        if row.pathway_id
        == subtrial_id(row.trial, row.subject, rehearsal=where.rehearsal, label=where.label or "")
    ]


async def _computed(session: AsyncSession, row: Pathway) -> Seen:
    """The plan of now, from the events that the store has."""
    from client.stored import pinned_profile
    from store import queries

    compiled = protocol_text(row.protocol)
    values, simulation = pinned_profile(row.profile)
    placeholders = {each.key for each in compiled.protocol.profile if each.simulation}
    values = {key: value for key, value in values.items() if simulation or key not in placeholders}
    profile = make_profile(compiled.protocol, values, simulation)
    governor = Governor(compiled, row.subject, profile, Site(row.site, row.zone))
    record = Record.of(await queries.events(session, row.pathway_id))
    now = utc_now()
    if row.rehearsal:
        told = await queries.timeline(session, row.pathway_id)
        moments = [datetime.fromisoformat(change.at) for change in told[-1:]]
        now = max((*moments, *(event.recorded for event in record.events)), default=now)
    plan = subtrial_json(governor, record, govern(governor, record, now))
    return Seen(
        governor, row.protocol, row.rehearsal, row.archived, now, plan, "store", row.open, as_of=row.stored
    )
