"""What happens to an enrolment itself, as recorded events: a patient moves to another site, or it was a mistake and is annulled.

The protocols know nothing of this: no rule is asked, and no phase of theirs is left by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from pathway.changes import Change
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.language.parsing import YEARS
from pathway.plan import Plan
from pathway.refusal import Refused
from pathway.site import Site, zone
from pathway.transfers import written

ANNULLED: Final = "ANNULLED"
"""Where every track of an annulled enrolment stands. It is no withdrawal, and no end that the protocol has."""
CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAY: Final = ("coordinator", "clinician", "sponsor", "operations")
"""Who may say what becomes of an enrolment."""


def check_role_and_reason(report: Report, what: str) -> None:
    """Refuses what a role may not say of an enrolment, or says without a reason. Raises Refused."""
    if report.role not in MAY:
        raise Refused("wrong_role", f"{what} is for the {', '.join(MAY)}, not for the {report.role}")
    if not report.reason.strip():
        raise Refused("reason_missing", f"{what} needs a reason")


def transfer_of(report: Report, here: Site) -> dict[str, Any]:
    """The fields of a transfer to another site, from the one `here`. Raises Refused.

    The report names the site; its details are `from` (the first day there), `zone`, `country` and `label`, which stay as they
    are if they are left out.
    """
    check_role_and_reason(report, "a transfer")
    said = dict(report.details)
    for name in said:
        if name not in ("from", "zone", "country", "label"):
            raise Refused(
                "unknown_detail", f"a transfer has no detail {name!r}; accepted: from, zone, country, label"
            )
    there = Site(
        report.name,
        said.get("zone", here.zone),
        said.get("country", here.country),
        said.get("label", here.label),
    )
    if not CODE.fullmatch(there.id):
        raise Refused("malformed", f"{there.id!r} is no code of a site: letters, digits, dots, dashes")
    if not re.fullmatch("[A-Z]{2}", there.country) or not CODE.fullmatch(there.label):
        raise Refused("malformed", f"country {there.country!r}: accepted are two capital letters such as DE")
    try:
        zone(there.zone)
    except UnknownName as unknown:
        raise Refused("unknown_detail", str(unknown)) from None
    try:
        day = date.fromisoformat(said.get("from", ""))
    except ValueError:
        raise Refused(
            "malformed", "a transfer needs the first day at the new site, such as 2026-12-01"
        ) from None
    if day.year not in YEARS:
        raise Refused("impossible", f"the year {day.year} is impossible; accepted: {YEARS[0]} to {YEARS[-1]}")
    if written(there) == written(here):
        raise Refused("not_waiting", f"the patient is at {there.id} ({there.zone}) already")
    details = {"country": there.country, "from": day.isoformat(), "label": there.label, "zone": there.zone}
    return {"name": there.id, "details": tuple({**details, "was": written(here)}.items())}


def annulled(plan: Plan, event: Event) -> Plan:
    """The plan of an enrolment that was a mistake: nothing is to be done, decided or reminded, and it asks for no slot."""
    return replace(
        plan,
        next_at=None,
        tracks=tuple(
            replace(
                track,
                phase=ANNULLED,
                since=event.recorded,
                path=(*track.path, (ANNULLED, event.recorded, event.id)),
            )
            for track in plan.tracks
        ),
        items=(),
        decisions=tuple(each for each in plan.decisions if not each.open),
        deviations=(),
        alerts=(),
        endpoints=(),
        standings=tuple(replace(each, wants="nothing") for each in plan.standings),
    )


def as_ended(changes: Iterable[Change]) -> list[Change]:
    """The changes that an annulment brings, in its words: what was open has ended, and has not become untrue."""
    return [
        replace(each, state="ended", text=f"ended: {each.text.partition(': ')[2]}")
        if each.kind == "retraction"
        else each
        for each in changes
    ]
