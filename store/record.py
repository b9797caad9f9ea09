"""How events, changes and decisions are written in rows, and read back."""

import json
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row

from pathway.changes import Change
from pathway.events import Event
from pathway.plan import DecisionState
from store.schema import TimelineRow

EVENT: Final = TypeAdapter(Event)
DECISION: Final = TypeAdapter(DecisionState)


def change_of(row: TimelineRow | Row[Any]) -> Change:
    """Return the change that a row of the timeline holds."""
    return Change(
        at=row.at,
        local=row.local,
        day=row.day,
        subject=row.subject,
        cause=row.cause,
        kind=row.kind,
        id=row.id,
        key=row.key,
        state=row.state,
        text=row.text,
        to=tuple(json.loads(row.to)),
        due=row.due,
        severity=row.severity,
        generation=row.generation,
    )
