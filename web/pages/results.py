"""Many values of a patient at once, and the sheet for the ward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from client import pathways
from client.stored import computed, pinned_text
from pathway.engine.context import Compiled
from pathway.events import Event
from pathway.language import Reading
from pathway.language.terms import reading_name
from pathway.patient.because import slots_under
from pathway.patient.needed import Patient, needed_now, waiting
from pathway.record import Record
from pathway.refusal import Refused
from web.forms import BadForm, SignedForm, text
from web.grid import Row, asked_for, checked, filled, pasted, reports_of, rows_of
from web.patients import Seen, handle_of, new_id
from web.visit import Looks, Records, Visit

router = APIRouter(prefix="/patients/{trial}/{subject}")

COMING: Final = 14
"""What comes, so many lines of it, so that the sheet stays one page."""
DOUBTS: Final = (
    "IMPLAUSIBLE",
    "NOT-COUNTED",
    "SAMPLE-OUTSIDE",
    "CONFLICT",
    "OUT-OF-WINDOW",
    "IMPOSSIBLE-ORDER",
)


@router.get("/results")
async def form(visit: Records) -> Response:
    """A row for each value that is asked for now."""
    return _page(visit, await visit.see(), {}, [])


@router.post("/results")
async def enter(visit: Records, form: SignedForm) -> Response:
    """Check the table, or record it in one sitting: all of it, or nothing."""
    seen = await visit.see()
    compiled, why = pinned_text(visit.row)
    if compiled is None or seen.patient is None:
        raise BadForm(why)
    act = text(form, "act")
    typed = {key: value.strip() for key, value in form.items() if isinstance(value, str)}
    if act == "paste":
        try:
            typed |= pasted(compiled, text(form, "table"))
        except BadForm as error:
            return _page(visit, seen, typed, [], problem=str(error), status=422)
    rows = filled(rows_of(compiled, [*_asked(seen, compiled), *asked_for(compiled, typed)]), typed)
    sitting = text(form, "id") or f"s-{new_id()}"
    now, site = seen.patient.now, seen.patient.site
    reports, wrong = reports_of(rows, visit.viewer, site, now, sitting, text(form, "day"))
    profile = computed(visit.row, compiled, seen.events, now).profile
    rows, admitted = checked(rows, reports, wrong, compiled, profile, site, Record.of(seen.events), now)
    if act != "record":
        doubts = _doubts(seen, compiled, admitted.events)
        return _page(visit, seen, typed, rows, doubts=doubts, count=len(admitted.events))
    if not reports or any(each.why for each in rows):
        problem = "Some rows cannot be recorded as they are, so none is. Each says why."
        return _page(
            visit, seen, typed, rows, problem=problem if reports else "No value is filled in.", status=422
        )
    try:
        receipt = await pathways.submit_many(await handle_of(visit.house, visit.row), sitting, reports)
    except Refused as error:
        return _page(visit, seen, typed, rows, problem=str(error), status=409)
    return RedirectResponse(f"{visit.address}?told={'recorded' if receipt.recorded else 'accepted'}", 303)


@router.get("/sheet")
async def sheet(visit: Looks) -> Response:
    """One page for the ward, to be printed: who, where, what is needed, what comes."""
    seen = await visit.see("print a ward sheet")
    if seen.patient is None:
        raise BadForm(
            "no plan can be computed for this patient here, so no sheet is printed that could be wrong"
        )
    items = [
        i for i in seen.patient.plan["items"] if i["state"] in ("due", "planned", "blocked") and i["due"]
    ]
    coming = sorted(items, key=lambda item: str(item["due"]))[:COMING]
    return visit.page(
        "sheet.html", seen=seen, patient=seen.patient, pressing=needed_now(seen.patient), coming=coming
    )


def _asked(seen: Seen, compiled: Compiled) -> list[Reading]:
    """The values that the pathway waits for now: what the next step needs first."""
    if seen.patient is None:
        return []
    now, later = waiting(seen.patient)
    wanted = [entry.key for entry in (*now, *later)]
    near = _by_name(compiled, seen.patient)
    return [near[name] for name in wanted if name in near]


def _by_name(compiled: Compiled, patient: Patient) -> dict[str, Reading]:
    nodes = [*(each.holds for each in compiled.protocol.criteria), *compiled.decisions]
    return {reading_name(each): each for each in slots_under(compiled, nodes)}


def _doubts(seen: Seen, compiled: Compiled, new: Sequence[Event]) -> list[str]:
    """What the plan would doubt of the values: told before they are recorded."""
    if seen.patient is None:
        return []
    plan = computed(seen.row, compiled, [*seen.events, *new], seen.patient.now).plan
    before = {each["key"] for each in (*seen.patient.plan["deviations"], *seen.patient.plan["alerts"])}
    raised = (*plan.deviations, *plan.alerts)
    return [each.text for each in raised if each.id in DOUBTS and each.key not in before]


def _page(
    visit: Visit,
    seen: Seen,
    typed: dict[str, str],
    rows: list[Row],
    *,
    problem: str = "",
    doubts: Sequence[str] = (),
    count: int = 0,
    status: int = 200,
) -> Response:
    compiled, why = pinned_text(seen.row)
    if compiled is None:
        raise BadForm(why)
    asked = [*_asked(seen, compiled), *asked_for(compiled, typed)]
    return visit.page(
        "results.html",
        status=status,
        seen=seen,
        rows=rows or filled(rows_of(compiled, asked), typed),
        typed=typed,
        problem=problem,
        doubts=doubts,
        count=count,
        form_id=typed.get("id") or f"s-{new_id()}",
    )
