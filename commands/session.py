"""One connection for one command: which pathway is meant, and how it was started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from commands.errors import UsageError
from commands.known_trials import definition_of, protocol_text, trial_names
from commands.options import Target
from commands.reading import utc_now
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
        """The text that the pathway is pinned to."""
        return protocol_text(self.start.protocol)

    @property
    def site(self) -> Site:
        """Where the patient is now; its time zone is the one in force at each instant."""
        return self.place or self.start.site


@asynccontextmanager
async def opened(where: Target, subject: str, trial: str | None) -> AsyncIterator[PatientSession]:
    """The pathway of a subject, in `trial` or in the only one that it is in.

    Raises `ServerUnreachable`, `UnknownPathway`, or `UsageError` where the trial must be named.
    """
    from client import pathways
    from client.pathways import UnknownPathway
    from contracts.messages import PathwayStart
    from runtime.connection import connect
    from runtime.settings import load_settings

    names = [definition_of(trial).name] if trial else trial_names()
    settings = load_settings()
    client = await connect(settings, identity=IDENTITY)
    handles = [_handle(client, where, name, subject) for name in names]
    starts = await asyncio.gather(*(start_of(client, handle, PathwayStart) for handle in handles))
    found = [(handle, start) for handle, start in zip(handles, starts, strict=True) if start is not None]
    if not found:
        raise UnknownPathway(await _unknown(client, where, subject, trial))
    if len(found) > 1:
        trials = ", ".join(start.trial for _, start in found)
        raise UsageError(f"{subject} is in {len(found)} trials; say which with --trial: {trials}")
    handle, start = found[0]
    state = await pathways.state(handle)
    now = state.now if start.clock == "stepped" else utc_now()
    yield PatientSession(client, settings, handle, start, now, where.person, state.place)


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
