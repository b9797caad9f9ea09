"""Batches as a workflow would make them, with the fewest words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.publish import PublishBatch
from pathway.changes import Change
from pathway.events import Event, Seen
from pathway.plan import DecisionState, Item, Missing, Obligation

T0 = datetime(2025, 3, 7, 8, 0, tzinfo=UTC)
PATHWAY = "patient/interfant-21/P1"


def event(number: int, **fields: Any) -> Event:
    """An observation with a clinical value that must never leave the house."""
    given: dict[str, Any] = {
        "id": f"e{number}",
        "kind": "observation",
        "recorded": T0 + timedelta(hours=number),
        "occurred": T0 + timedelta(hours=number, minutes=-30),
        "role": "laboratory",
        "name": "mrd",
        "point": "EOI",
        "value": "0.00021",
        "unit": "fraction",
        "scope": (("cycle", "1"),),
        "details": (("assay", "PCR-IGTR"),),
        "seen": Seen("MR", (("mrd EOI", "0.00021"),), (("mrd", "low"),)),
    }
    return Event(**{**given, **fields})


def change(**fields: Any) -> Change:
    """An alert to the coordinator, with a clinical value in its text."""
    given: dict[str, Any] = {
        "at": "2025-03-07T08:00:00Z",
        "local": "2025-03-07T09:00",
        "day": "D33",
        "subject": "P1",
        "cause": "e1",
        "kind": "alert",
        "id": "EOI-MRD-HIGH",
        "key": "EOI-MRD-HIGH",
        "state": "raised",
        "text": "MRD at the end of induction is 0.00021",
        "to": ("coordinator",),
        "due": "",
        "severity": "major",
        "generation": 1,
    }
    return Change(**{**given, **fields})


def retraction(**fields: Any) -> Change:
    """The retraction of that alert."""
    return change(**{"kind": "retraction", "state": "withdrawn", "severity": "info", **fields})


def item(**fields: Any) -> Item:
    """An assessment due on 7 March."""
    given: dict[str, Any] = {
        "id": "MARROW-D33",
        "key": "MARROW-D33",
        "kind": "assessment",
        "state": "due",
        "text": "Bone marrow, day 33",
        "owner": "coordinator",
        "due": date(2025, 3, 7),
        "window": (date(2025, 3, 5), date(2025, 3, 14)),
    }
    return Item(**{**given, **fields})


def obligation(**fields: Any) -> Obligation:
    """The alert as the plan holds it."""
    given: dict[str, Any] = {
        "id": "EOI-MRD-HIGH",
        "key": "EOI-MRD-HIGH",
        "kind": "alert",
        "severity": "major",
        "state": "raised",
        "text": "MRD at the end of induction is 0.00021",
        "to": "coordinator",
        "notified": ("coordinator", "clinician"),
        "since": T0,
        "rung": 1,
        "next_rung": T0 + timedelta(days=1),
    }
    return Obligation(**{**given, **fields})


def decision(**fields: Any) -> DecisionState:
    """A proposal that waits for a clinician."""
    given: dict[str, Any] = {
        "id": "risk",
        "key": "risk",
        "state": "proposed",
        "proposal": "HR",
        "options": ("MR", "HR"),
        "in_force": None,
        "role": "clinician",
        "since": T0,
        "open": True,
        "boundary": False,
        "digest": "d1",
        "missing": (Missing("mrd EOC", "laboratory"),),
    }
    return DecisionState(**{**given, **fields})


def batch(revision: int, **fields: Any) -> PublishBatch:
    """Revision `revision` of P1 with one new event and nothing told."""
    given: dict[str, Any] = {
        "pathway_id": PATHWAY,
        "revision": revision,
        "subject": "P1",
        "trial": "interfant-21",
        "site": "S01",
        "zone": "Europe/Berlin",
        "protocol": "interfant-21@1.0",
        "protocol_hash": "abc",
        "profile": {"name": "default", "values": {"warn_hour": "8", "blina1_start": None}},
        "events": (event(revision),),
        "phases": {"treatment": "INDUCTION"},
        "group": "MR",
        "next_at": T0 + timedelta(days=1),
        "open": 1,
    }
    return PublishBatch(**{**given, **fields})
