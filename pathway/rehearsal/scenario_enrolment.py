"""What becomes of an enrolment in a scenario: a patient moves to another site, or it was a mistake and is annulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from pathway.clock import BEGINNING
from pathway.events import Event, Report
from pathway.rehearsal.scenario_events import Draft, Moments
from pathway.rehearsal.tree import Reader
from pathway.site import Site
from pathway.transfers import placed, written


def enrolment_report(draft: Draft, report: Report, reader: Reader, moments: Moments) -> Report:
    """The report of a transfer (`transfer: S02, from: 2026-12-01`) or an annulment (`annul: P1`)."""
    if draft.kind == "annul":
        who = reader.name(draft.keys["annul"], "annul", [draft.subject])
        return replace(report, name="") if who is not None else report
    name = reader.name(draft.keys["transfer"], "transfer", list(moments.places))
    day = _day(draft)
    if day is None and "from" in draft.keys and not draft.refused:
        reader.wrong(draft.keys["from"], f"from {draft.word('from')!r}: accepted is a day such as 2026-12-01")
    if name is None:
        return report
    there = moments.places[name]
    details = {
        "country": there.country,
        "from": draft.word("from"),
        "label": there.label,
        "zone": there.zone,
    }
    return replace(report, name=name, details=tuple(details.items()))


def moving(site: Site, subject: str, drafts: Sequence[Draft], places: Mapping[str, Site]) -> Site:
    """The site of a subject with every zone that the file moves them to: by it the file's own moments are read."""
    moves = []
    was = site
    for draft in drafts:
        there, day = places.get(draft.word("transfer")), _day(draft)
        if draft.subject == subject and draft.kind == "transfer" and there is not None and day is not None:
            moves.append(_event(draft.id, was, there, day))
            was = there
    return placed(site, moves, BEGINNING)


def _event(id_: str, was: Site, there: Site, day: date) -> Event:
    details = {"country": there.country, "from": day.isoformat(), "label": there.label, "was": written(was)}
    return Event(
        id_,
        "transfer",
        BEGINNING,
        BEGINNING,
        "coordinator",
        name=there.id,
        details=tuple({**details, "zone": there.zone}.items()),
    )


def _day(draft: Draft) -> date | None:
    try:
        return date.fromisoformat(draft.word("from"))
    except ValueError:
        return None
