"""The record of one patient: accepted events in order, with the indexes that make an evaluation independent of
their number."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pathway.events import Event


def _when(event: Event) -> tuple[datetime, datetime]:
    return event.occurred, event.recorded  # of one instant: in the order in which they were accepted


def _differ(one: Event, other: Event) -> bool:
    """Whether two events of a chain say different things."""
    return replace(one, id="", recorded=other.recorded, typed_unit="", reason="") != replace(
        other, id="", typed_unit="", reason=""
    )


class Record:
    """An append-only list of accepted events, indexed by what they speak of.

    The indexes hold *effective* events: the newest correction of each chain that has not been voided, nothing of
    what was voided. Lists are in clinical order (`occurred`, then `recorded`). `touched` tells per slot or name
    when anything about it was last recorded: it dates a change of mind. `amended`: every correction and void, with the number of
    events that it made. Appending an event that does not fit is a
    no-op for the indexes, never an error.

    `stale`: the names that events have touched since the newest evaluation, which is `evaluated`: what an evaluation found
    out stays true for all names but these. `revived`, by the root of the chain: the void of a correction, what had been said by
    it, and the older event that counts again, until somebody corrects or voids that.
    """

    __slots__ = (
        "acks",
        "actions",
        "adverse",
        "amended",
        "annulments",
        "by_id",
        "chains",
        "decisions",
        "evaluated",
        "events",
        "judgements",
        "kept",
        "observations",
        "revived",
        "root",
        "stale",
        "touched",
        "transfers",
        "unobtainable",
        "voided",
    )

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.by_id: dict[str, Event] = {}
        self.root: dict[str, str] = {}
        self.chains: dict[str, list[Event]] = {}
        self.voided: set[str] = set()
        self.revived: dict[str, tuple[Event, Event, Event]] = {}
        self.observations: dict[str, dict[str, list[Event]]] = {}
        self.actions: dict[str, list[Event]] = {}
        self.adverse: dict[str, list[Event]] = {}
        self.decisions: dict[str, list[Event]] = {}
        self.judgements: dict[str, list[Event]] = {}
        self.acks: dict[str, list[Event]] = {}
        self.unobtainable: dict[tuple[str, str], list[Event]] = {}
        self.amended: list[tuple[int, Event]] = []
        self.annulments: list[Event] = []
        self.transfers: list[Event] = []
        self.touched: dict[tuple[str, str], datetime] = {}
        self.kept: dict[str, dict[Any, Any]] = {}
        self.stale: dict[str, None] = {}
        self.evaluated: Any = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> Record:
        """A record of these events, in the order in which they were accepted."""
        record = cls()
        for event in events:
            record.append(event)
        return record

    def append(self, event: Event) -> None:
        """Add an accepted event."""
        self.events.append(event)
        self.by_id[event.id] = event
        if event.kind in ("correction", "void"):
            self.amended.append((len(self.events), event))
            self._amend(event)
        else:
            self.root[event.id] = event.id
            self.chains[event.id] = [event]
            self._insert(event)

    def head(self, event_id: str) -> Event | None:
        """The effective event of the chain that `event_id` belongs to; None if unknown or voided."""
        root = self.root.get(event_id)
        return None if root is None else self._effective(root)

    def latest_of_chain(self, event_id: str) -> str | None:
        """The id of the newest event of the chain that is not voided (the one that a correction must name)."""
        root = self.root.get(event_id)
        if root is None:
            return None
        live = [e for e in self.chains[root] if e.id not in self.voided]
        return live[-1].id if live and live[0].id == root else None

    def last_touched(self) -> datetime | None:
        """When the newest event was recorded."""
        return self.events[-1].recorded if self.events else None

    def _effective(self, root: str) -> Event | None:
        chain = self.chains[root]
        if root in self.voided:
            return None
        live = [e for e in chain if e.id not in self.voided]
        newest = live[-1]
        first = chain[0]
        return (
            first
            if newest is first
            else replace(newest, id=root, kind=first.kind, role=first.role, target=first.target)
        )

    def _amend(self, event: Event) -> None:
        root = self.root.get(event.target)
        if root is None:
            return
        before = self._effective(root)
        if before is not None:
            self._remove(before)
        self.root[event.id] = root
        if event.kind == "void":
            self.voided.add(event.target)
            self.chains.setdefault(event.id, [event])
        else:
            self.chains[root].append(event)
        for known in (before, self.chains[root][0]):
            if known is not None:
                slot = known.name, known.point
                self.touched[slot] = max(event.recorded, self.touched.get(slot, event.recorded))
                self.stale[known.name] = None
        after = self._effective(root)
        if after is not None:
            self._insert(after)
        if before is None or after is None or _differ(before, after):
            self.revived.pop(root, None)
            if event.kind == "void" and before is not None and after is not None:
                self.revived[root] = (event, before, after)

    def _list(self, event: Event) -> list[Event] | None:
        match event.kind:
            case "observation":
                return self.observations.setdefault(event.name, {}).setdefault(event.point, [])
            case "action":
                return self.actions.setdefault(event.name, [])
            case "adverse_event":
                return self.adverse.setdefault(event.name, [])
            case "decision":
                return self.decisions.setdefault(event.name, [])
            case "judgement":
                return self.judgements.setdefault(event.name, [])
            case "acknowledgement":
                return self.acks.setdefault(event.name, [])
            case "annulment":
                return self.annulments
            case "transfer":
                return self.transfers
            case "not_obtainable":
                return self.unobtainable.setdefault((event.name, event.point), [])
            case _:
                return None

    def _insert(self, event: Event) -> None:
        target = self._list(event)
        self.stale[event.name] = None
        if target is None:
            return
        if event.kind in ("decision", "judgement", "acknowledgement"):
            insort(target, event, key=lambda e: (e.recorded, e.id))
        else:
            insort(target, event, key=_when)
        self.touched[event.name, event.point] = max(
            event.recorded, self.touched.get((event.name, event.point), event.recorded)
        )

    def _remove(self, event: Event) -> None:
        target = self._list(event)
        self.stale[event.name] = None
        if target is not None:
            target[:] = [e for e in target if e.id != event.id]
