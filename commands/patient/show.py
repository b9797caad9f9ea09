"""One patient: where they are, what is late, due and waiting, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from commands.closed_days import calendar_of
from commands.errors import CannotCompute
from commands.options import JsonOption, SubjectArgument, Target, where
from commands.patient.needed import compiled_of
from commands.patient.patient_view import print_patient
from commands.patient.stored_patient import FromStore, as_stored, asked_or_stored, tell_computed
from commands.patient.stored_view import print_stored, stored_json
from commands.protocol.options import TrialOption
from commands.reading import utc_now
from commands.screen import print_json, warn
from commands.session import PatientSession, run
from pathway.patient.needed import Patient
from pathway.patient.output import plan_json
from pathway.site import Site


@dataclass(frozen=True, slots=True)
class Seen:
    """A patient as they were found. `source`: `pathway`, or `store` where the pathway could not be asked."""

    patient: Patient
    source: str
    unrecorded: int = 0
    as_of: datetime | None = None


def show(
    ctx: typer.Context,
    subject: SubjectArgument,
    trial: TrialOption = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Also what waits for things that are not due yet, and all that is decided."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """One patient: what is needed now and how it is settled, what that waits for, doses, what comes next.

    The plan comes from the pathway itself. If the server does not answer, it is computed from the events in the store.
    """
    seen = run(_seen(where(ctx), subject, trial))
    if isinstance(seen, FromStore):
        _print_stored(seen, as_json=as_json)
        raise CannotCompute(as_stored(seen))
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
    print_patient(patient, where(ctx), everything=everything)
    if seen.unrecorded:
        warn(
            f"the store does not have {seen.unrecorded} accepted events yet; "
            "the pathway keeps them and brings them there"
        )


def _print_stored(seen: FromStore, *, as_json: bool) -> None:
    stored = seen.stored
    if as_json:
        print_json({"source": "store", "plan": None, "why": stored.why, "stored": stored_json(stored)})
    else:
        print_stored(stored)


async def _seen(where_: Target, subject: str, trial: str | None) -> Seen | FromStore:
    from client import pathways

    async def ask(pathway: PatientSession) -> Seen:
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
            compiled=compiled_of(start.protocol),
            calendar=calendar_of(pathway.site.id),
        )
        return Seen(patient, "pathway", state.unrecorded)

    seen = await asked_or_stored(where_, subject, trial, ask)
    if not isinstance(seen, FromStore):
        return seen
    if seen.evaluation is None:
        return seen
    row = seen.stored.row
    site = Site(row.site, row.zone)
    tell_computed(seen)
    plan = plan_json(seen.evaluation)
    patient = Patient(
        subject,
        row.protocol,
        site,
        row.rehearsal,
        row.archived,
        seen.evaluation.now,
        plan,
        compiled_of(row.protocol),
        calendar_of(row.site),
    )
    return Seen(patient, "store", as_of=row.stored)
