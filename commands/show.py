"""One patient: where they are, what is late, due and waiting, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from commands.options import JsonOption, SubjectArgument, TrialOption, UsageError, Where, where
from commands.patient_view import Patient, print_patient
from commands.reading import utc_now
from commands.screen import instant, print_json, warn
from commands.session import opened, run
from commands.stored import pinned_profile, reading
from commands.texts import protocol_text
from pathway.evaluate import evaluate
from pathway.output import plan_json
from pathway.profile import make_profile
from pathway.record import Record
from pathway.site import Site

if TYPE_CHECKING:
    from pathway.compiled import Compiled
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


async def _seen(where_: Where, subject: str, trial: str | None) -> Seen:
    from runtime.errors import ServerUnreachable
    from store.errors import StoreAway
    from workflows import client as pathways
    from workflows.client import NoAnswer, PathwayStalled

    try:
        async with opened(where_, subject, trial) as pathway:
            view = await pathways.plan(pathway.handle)
            state = await pathways.state(pathway.handle)
            start = pathway.start
            patient = Patient(
                subject=subject,
                protocol=start.protocol,
                site=start.site,
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
            raise StoreAway(f"{away}\nNor can the store be read: {both}") from None
        warn(f"{away}")
        warn(
            f"so this plan is computed from the events in the store, which has {subject} as of "
            f"{instant(seen.as_of, seen.patient.site.tz)} (site time); what came later is missing here, and safe there"
        )
        return seen


async def _from_store(where_: Where, subject: str, trial: str | None) -> Seen:
    """The plan of now, from the events that the store has."""
    from runtime.settings import load_settings
    from store import queries
    from workflows.client import UnknownPathway

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
        events = await queries.events(session, row.pathway_id)
        timeline = await queries.timeline(session, row.pathway_id)
    compiled = protocol_text(row.protocol)
    values, simulation = pinned_profile(row.profile)
    known = {key: value for key, value in values.items() if simulation or not _placeholder(compiled, key)}
    profile = make_profile(compiled.protocol, known, simulation)
    site = Site(row.site, row.zone)
    record = Record.of(events)
    now = utc_now()
    if row.rehearsal and timeline:
        now = datetime.fromisoformat(timeline[-1].at)
    plan: dict[str, Any] = plan_json(
        compiled, profile, site, record, evaluate(compiled, profile, site, record, now)
    )
    patient = Patient(subject, row.protocol, site, row.rehearsal, row.archived, now, plan)
    return Seen(patient, "store", as_of=row.stored)


def _has_label(row: Pathway, where_: Where) -> bool:
    return not where_.label or row.pathway_id == f"rehearsal-{row.trial}-{where_.label}-{row.subject}"


def _placeholder(compiled: Compiled, key: str) -> bool:
    return any(each.key == key and each.simulation for each in compiled.protocol.profile)
