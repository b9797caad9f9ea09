"""One patient: where they are, what is late, due and waiting, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from commands.errors import UsageError
from commands.known_trials import protocol_text
from commands.options import JsonOption, SubjectArgument, Target, where
from commands.patient.patient_view import Patient, print_patient
from commands.patient.stored_view import CannotCompute, Stored, print_stored, stored_json
from commands.protocol.options import TrialOption
from commands.reading import utc_now
from commands.screen import instant, print_json, warn
from commands.session import opened, run
from commands.store_reading import pinned_profile, reading
from pathway.errors import ProtocolError, UnknownName
from pathway.site import Site

if TYPE_CHECKING:
    from pathway.engine.context import Compiled
    from store.queries import Pathway


@dataclass(frozen=True, slots=True)
class Seen:
    """A patient as they were found. `source`: `pathway`, or `store` where the pathway could not be asked."""

    patient: Patient
    source: str
    unrecorded: int = 0
    as_of: datetime | None = None


def show(
    ctx: typer.Context, subject: SubjectArgument, trial: TrialOption = None, as_json: JsonOption = False
) -> None:
    """One patient: phase, group, what is late, due or waiting and for whom, decisions, doses, notices.

    The plan comes from the pathway itself. If the server does not answer, it is computed from the events in the store.
    """
    seen = run(_seen(where(ctx), subject, trial))
    if isinstance(seen, Stored):
        _print_stored(seen, as_json=as_json)
        raise CannotCompute(seen.why)
    patient = seen.patient
    if as_json:
        print_json(
            {
                "subject": patient.subject,
                "protocol": patient.protocol,
                "site": patient.site.id,
                "zone": patient.site.zone,
                "rehearsal": patient.rehearsal,
                "archived": patient.archived,
                "source": seen.source,
                "unrecorded": seen.unrecorded,
                "plan": patient.plan,
            }
        )
        return
    print_patient(patient)
    if seen.unrecorded:
        warn(
            f"the store does not have {seen.unrecorded} accepted events yet; "
            "the pathway keeps them and brings them there"
        )


def _tried(away: Exception) -> str:
    """Why the pathway could not be asked, with the address at which it was tried."""
    from runtime.settings import load_settings

    address = load_settings().temporal_address
    return str(away) if address in str(away) else f"{away} (the server at {address})"


def _print_stored(stored: Stored, *, as_json: bool) -> None:
    if as_json:
        print_json({"source": "store", "plan": None, "why": stored.why, "stored": stored_json(stored)})
    else:
        print_stored(stored)


async def _seen(where_: Target, subject: str, trial: str | None) -> Seen | Stored:
    from client import pathways
    from client.pathways import NoAnswer, PathwayStalled, UnknownPathway
    from runtime.errors import ServerUnreachable
    from store.errors import StoreAway

    try:
        async with opened(where_, subject, trial) as pathway:
            view = await pathways.plan(pathway.handle)
            state = await pathways.state(pathway.handle)
            start = pathway.start
            patient = Patient(
                subject=subject,
                protocol=start.protocol,
                site=pathway.site,
                rehearsal=start.rehearsal,
                archived=state.archived,
                now=state.now if start.rehearsal else utc_now(),
                plan=view.plan,
            )
            return Seen(patient, "pathway", state.unrecorded)
    except (ServerUnreachable, NoAnswer, PathwayStalled) as away:
        try:
            seen = await _from_store(where_, subject, trial)
        except StoreAway as both:
            raise StoreAway(f"{_tried(away)}\nNor can the store be read: {both}") from None
        except UnknownPathway as unknown:
            # The server may know more; so this is no answer yet, and not the caller's mistake.
            raise StoreAway(f"{_tried(away)}\nAnd {unknown}") from None
        warn(_tried(away))
        if isinstance(seen, Stored):
            return seen
        warn(
            f"so this plan is computed from the events in the store, which has {subject} as of "
            f"{instant(seen.as_of, seen.patient.site.tz)} (site time); what came later is missing here, and safe there"
        )
        return seen


async def _from_store(where_: Target, subject: str, trial: str | None) -> Seen | Stored:
    """The plan of now, from the events that the store has; only what is stored if this program has not their text."""
    from client.pathways import UnknownPathway
    from pathway.language.profile import make_profile
    from pathway.patient.evaluate import evaluation
    from pathway.patient.output import plan_json
    from pathway.record import Record
    from runtime.settings import load_settings
    from store import queries

    settings = load_settings()
    name = protocol_text(trial).protocol.name if trial else None
    async with reading(settings) as session:
        rows = await queries.pathways(
            session, trial=name, subject=subject, rehearsals=where_.rehearsal, archived=True
        )
        rows = tuple(row for row in rows if row.rehearsal == where_.rehearsal and _has_label(row, where_))
        if not rows:
            raise UnknownPathway(
                f"the store has no pathway of {subject}; what it does not have yet it cannot show"
            )
        if len(rows) > 1:
            raise UsageError(
                f"{subject} is in several trials; say which with --trial: {', '.join(r.trial for r in rows)}"
            )
        row = rows[0]
        compiled, why = _text_of(row)
        if compiled is None:
            return Stored(
                row,
                await queries.items(session, row.pathway_id),
                await queries.obligations(session, row.pathway_id),
                await queries.decisions(session, row.pathway_id),
                why,
            )
        events = await queries.events(session, row.pathway_id)
        timeline = await queries.timeline(session, row.pathway_id)
    values, simulation = pinned_profile(row.profile)
    known = {key: value for key, value in values.items() if simulation or not _placeholder(compiled, key)}
    profile = make_profile(compiled.protocol, known, simulation)
    site = Site(row.site, row.zone)
    record = Record.of(events)
    now = utc_now()
    if row.rehearsal and timeline:
        now = datetime.fromisoformat(timeline[-1].at)
    plan: dict[str, Any] = plan_json(evaluation(compiled, profile, site, record, now))
    patient = Patient(subject, row.protocol, site, row.rehearsal, row.archived, now, plan)
    return Seen(patient, "store", as_of=row.stored)


def _text_of(row: Pathway) -> tuple[Compiled | None, str]:
    """The text that a pathway is pinned to; or None, and why this program does not have it."""
    pinned = f"{row.subject} is pinned to {row.protocol}, text {row.protocol_hash[:12]}"
    try:
        compiled = protocol_text(row.protocol)
    except (UnknownName, ProtocolError) as error:
        return None, f"{pinned}, which this program cannot use: {error}"
    if compiled.hash != row.protocol_hash:
        return None, (
            f"{pinned}; this program has the text {compiled.hash[:12]} under that name. "
            "Nothing is computed with another text: use the program that has the pinned one"
        )
    return compiled, ""


def _has_label(row: Pathway, where_: Target) -> bool:
    from contracts.messages import pathway_id

    return not where_.label or row.pathway_id == pathway_id(
        row.trial, row.subject, rehearsal=True, label=where_.label
    )


def _placeholder(compiled: Compiled, key: str) -> bool:
    return any(each.key == key and each.simulation for each in compiled.protocol.profile)
