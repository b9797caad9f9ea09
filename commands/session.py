"""One connection for one command: which pathway is meant, and how it was started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from commands.errors import CannotCompute, UsageError
from commands.known_trials import protocol_text, trial_named, trial_names
from commands.options import Target
from commands.reading import utc_now
from pathway.errors import AllpathError, ProtocolError, UnknownName
from pathway.refusal import Refused
from pathway.site import Site

# What takes long to import is imported by the work itself, so that help, completion and rehearsals answer at once.
if TYPE_CHECKING:
    from temporalio.client import Client

    from client.pathways import AnyHandle, Handle
    from contracts.messages import PathwayStart
    from pathway.engine.context import Compiled
    from runtime.settings import Settings

T = TypeVar("T")
S = TypeVar("S")

IDENTITY: Final = "allpath command line"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work of a command. Logs of libraries are for processes that stay; a command shows errors only."""
    from runtime.logging import configure_logging

    configure_logging(level="error")
    return asyncio.run(work)


@dataclass(frozen=True, slots=True)
class PatientSession:
    """A pathway that a command talks to. `start` as it was pinned at enrolment; `now` its clock when it was opened."""

    client: Client
    settings: Settings
    handle: Handle
    start: PathwayStart
    now: datetime
    person: str = ""
    """Who talks to it, as claimed."""
    place: Site | None = None
    """Where the patient is, if it is not where they were enrolled."""

    @property
    def compiled(self) -> Compiled:
        """The text that the pathway is pinned to. Raises `CannotCompute` where this program has no such protocol."""
        try:
            return protocol_text(self.start.protocol)
        except (UnknownName, ProtocolError) as error:
            raise CannotCompute(
                f"{self.start.subject} is pinned to {self.start.protocol}, text {self.start.protocol_hash[:12]}, which this "
                f"program cannot use: {error}"
            ) from error

    @property
    def site(self) -> Site:
        """Where the patient is now; its time zone is the one in force at each instant."""
        return self.place or self.start.site


@asynccontextmanager
async def opened(where: Target, subject: str, trial: str | None) -> AsyncIterator[PatientSession]:
    """The pathway of a subject, in `trial` or in the only one that it is in; also where this program has not its protocol.

    Raises `ServerUnreachable`, `UnknownPathway`, `PathwayRenamed`, `UnknownName` for a trial that neither this program nor the
    server knows, or `UsageError` where the trial must be named.
    """
    from client import pathways
    from client.pathways import PathwayStalled, UnknownPathway
    from client.renaming import PathwayRenamed
    from commands.signed_in import connected
    from contracts.messages import PathwayStart
    from runtime.errors import ServerUnreachable
    from runtime.settings import load_settings

    name, unknown = trial_named(trial) if trial else ("", None)
    names = [name] if name else trial_names()
    settings = load_settings()
    try:
        client = await connected(settings, IDENTITY)
    except ServerUnreachable as away:
        if unknown is not None:
            raise unknown from away
        raise

    async def started(trials: Iterable[str]) -> list[tuple[Handle, PathwayStart]]:
        handles = [_handle(client, where, each, subject) for each in trials]
        starts = await asyncio.gather(*(start_of(client, handle, PathwayStart) for handle in handles))
        return [(handle, start) for handle, start in zip(handles, starts, strict=True) if start is not None]

    found = await started(names)
    if not found and not name:
        # The file of its protocol may be gone from this program; the pathway is there, and pinned to it.
        found = await started(sorted(await _other_trials(client, where, subject) - {*names}))
    if not found:
        # The server forgets closed workflows after a while, the store never does.
        await check_renamed(settings, where, subject, names)
        if unknown is not None:
            raise unknown
        raise UnknownPathway(await _unknown(client, where, subject, trial))
    if len(found) > 1:
        trials = ", ".join(start.trial for _, start in found)
        raise UsageError(f"{subject} is in {len(found)} trials; say which with --trial: {trials}")
    handle, start = found[0]
    try:
        state = await pathways.state(handle)
    except PathwayStalled as away:
        raise PathwayStalled(_not_here(start, away)) from away
    if state.renamed is not None:
        raise PathwayRenamed(subject, state.renamed)
    now = state.now if start.clock == "stepped" else utc_now()
    yield PatientSession(client, settings, handle, start, now, where.person, state.place)


async def check_free(settings: Settings, trial: str, subject: str) -> None:
    """Raises `Refused` if the store has ever heard of a patient of that pseudonym in the trial, and `KeyFileError` if it writes
    with other keys than ours. The server tells of those that it still knows; a store that is away is not asked."""
    from client.pathways import ALREADY_ENROLLED
    from client.renaming import sentence
    from commands.store_reading import reading
    from runtime.keys import check_key
    from store.errors import StoreAway
    from store.payload_keys import known_keys
    from store.renaming import used

    try:
        async with reading(settings) as session:
            check_key(settings.key_file, await known_keys(session))
            found = await used(session, trial, subject)
    except StoreAway:
        return
    if found is None:
        return
    became = f" {sentence(subject, found.renamed)}" if found.renamed is not None else ""
    has = "was" if found.archived or found.renamed is not None else "is"
    raise Refused(
        ALREADY_ENROLLED,
        f"{subject} {has} already enrolled in {trial}: a pseudonym is used once, also after it was archived or replaced.{became}",
    )


async def check_renamed(settings: Settings, where: Target, subject: str, trials: Iterable[str]) -> None:
    """Raises `PathwayRenamed` if the store says that a patient goes on under another pseudonym."""
    from client.renaming import PathwayRenamed
    from commands.store_reading import reading
    from store.errors import StoreAway
    from store.renaming import used

    if where.rehearsal:
        return
    try:
        async with reading(settings) as session:
            found = [await used(session, trial, subject) for trial in trials]
    except StoreAway:
        return
    for each in found:
        if each is not None and each.renamed is not None:
            raise PathwayRenamed(subject, each.renamed)


def _not_here(start: PathwayStart, away: AllpathError) -> str:
    """Why a pathway does not answer: first of all, if so, that this program has not the text that it is pinned to. Then a worker
    of the same program has not either, and would not help."""
    pinned = f"{start.subject} is pinned to a text that is not here, {start.protocol} with the hash {start.protocol_hash[:12]}"
    try:
        here = protocol_text(start.protocol).hash
    except (UnknownName, ProtocolError) as error:
        return f"{pinned}: {error}\nOnly a worker that has it carries the pathway on. {away}"
    if here != start.protocol_hash:
        return (
            f"{pinned}; this program has {here[:12]} under that name.\n"
            f"Only a worker that has it carries the pathway on. {away}"
        )
    return str(away)


def _handle(client: Client, where: Target, trial: str, subject: str) -> Handle:
    from client.pathways import pathway_handle

    return pathway_handle(client, trial, subject, rehearsal=where.rehearsal, label=where.label or "")


async def start_of(client: Client, handle: AnyHandle, kind: type[S]) -> S | None:
    """What a workflow was started with, from the first event of its present run; None if there is no such workflow."""
    from temporalio.service import RPCError, RPCStatusCode

    from client.pathways import NoAnswer

    try:
        async for event in handle.fetch_history_events(page_size=1):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            (start,) = await client.data_converter.decode(payloads, [kind])
            return start if isinstance(start, kind) else None
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise NoAnswer(
            f"the Temporal server does not answer ({error.status.name}); nothing was recorded"
        ) from error
    return None


async def _other_trials(client: Client, where: Target, subject: str) -> set[str]:
    """The names of the trials in which the server's index has the subject, whether or not this program knows them."""
    from client import listing

    listed = listing.pathways(client, subject=subject, rehearsal=where.rehearsal, open_only=False)
    return {each.protocol.partition("@")[0] async for each in listed}


async def _unknown(client: Client, where: Target, subject: str, trial: str | None) -> str:
    from client import listing

    in_trial = f" in {trial}" if trial else ""
    known = sorted(
        {each.subject async for each in listing.pathways(client, rehearsal=where.rehearsal, open_only=False)}
    )
    what = "rehearsal" if where.rehearsal else "pathway"
    if not known:
        return f"there is no {what} of {subject}{in_trial}; nobody is enrolled yet (`allpath enrol`)"
    listed = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"there is no {what} of {subject}{in_trial}; known subjects: {listed}"
