"""What is true of a pathway now, in rows: its items, obligations and decisions.

A batch replaces a whole list, or says which places of it are new, changed or empty (`contracts.publish.Places`).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, bindparam, delete, insert

from contracts.publish import STRIDE, Places, PublishBatch
from pathway.plan import DecisionState, Item, Obligation
from store.record import DECISION
from store.schema import DecisionRow, ItemRow, ObligationRow, table_of
from store.statements import Write

E = TypeVar("E")


class _Current:
    """The statements of one table, made once."""

    def __init__(self, row: type[ItemRow] | type[ObligationRow] | type[DecisionRow]) -> None:
        table = table_of(row)
        whose = table.c.pathway_id == bindparam("whose")
        self.clear: Final = Write(delete(table).where(whose))
        self.take: Final = Write(delete(table).where(whose, table.c.position == bindparam("place")))
        self.put: Final = Write(insert(table))


_ITEMS: Final = _Current(ItemRow)
_OBLIGATIONS: Final = _Current(ObligationRow)
_DECISIONS: Final = _Current(DecisionRow)


def put_current(connection: Connection, batch: PublishBatch, *, first: bool) -> None:
    """Make the rows say what the batch says. `first`: the store has nothing of the pathway yet."""
    whose = batch.pathway_id
    _put(connection, _ITEMS, whose, batch.items, batch.items_at, _item, first=first)
    _put(connection, _OBLIGATIONS, whose, batch.obligations, batch.obligations_at, _obligation, first=first)
    _put(connection, _DECISIONS, whose, batch.decisions, batch.decisions_at, _decision, first=first)


def _put(
    connection: Connection,
    table: _Current,
    whose: str,
    entries: Sequence[E],
    at: Places | None,
    row: Callable[[E], dict[str, Any]],
    *,
    first: bool,
) -> None:
    if at is None:
        if not first:
            table.clear(connection, {"whose": whose})
        places: Sequence[int] = range(0, len(entries) * STRIDE, STRIDE)
    else:
        places = at.at
        emptied = [{"whose": whose, "place": place} for place in (*at.gone, *at.at)]
        if emptied:
            table.take(connection, emptied)
    rows = [
        {"pathway_id": whose, "position": place, **row(entry)}
        for place, entry in zip(places, entries, strict=True)
    ]
    if rows:
        table.put(connection, rows)


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "key": item.key,
        "kind": item.kind,
        "state": item.state,
        "text": item.text,
        "owner": item.owner,
        "due": item.due,
        "window_from": item.window[0] if item.window else None,
        "window_to": item.window[1] if item.window else None,
        "since": item.since,
        "blocked_by": item.blocked_by,
        "late_from": item.late_from,
        "due_at": item.due_at,
    }


def _obligation(obligation: Obligation) -> dict[str, Any]:
    return {
        "id": obligation.id,
        "key": obligation.key,
        "kind": obligation.kind,
        "severity": obligation.severity,
        "state": obligation.state,
        "text": obligation.text,
        "to": obligation.to,
        "notified": json.dumps(obligation.notified),
        "since": obligation.since,
        "rung": obligation.rung,
        "next_rung": obligation.next_rung,
    }


def _decision(decision: DecisionState) -> dict[str, Any]:
    return {
        "id": decision.id,
        "key": decision.key,
        "state": decision.state,
        "proposal": decision.proposal,
        "role": decision.role,
        "since": decision.since,
        "content": DECISION.dump_json(decision).decode(),
    }
