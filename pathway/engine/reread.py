"""A record read once more from its beginning: an evaluation that goes on from moment to moment, each event taken in once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pathway.engine.context import Compiled, Evaluation
from pathway.events import Event
from pathway.record import Record

KEPT = "pasts"
"""Where a record keeps what has been found out about its beginnings; shared with every record that is such a beginning."""
BEGINNINGS = (KEPT, "latches")


class Reread:
    """A record of its own that grows as another one once did; what no event has touched since is not worked out again."""

    __slots__ = ("_last", "compiled", "profile", "record", "site")

    def __init__(self, of: Evaluation) -> None:
        """`of`: the evaluation by whose definition, profile and site the past is read."""
        self.compiled, self.profile, self.site = of.compiled, of.profile, of.site
        self.record = Record()
        self._last: Evaluation | None = None

    def add(self, events: Iterable[Event]) -> None:
        """Take events in; nothing is worked out yet."""
        for event in events:
            self.record.append(event)

    def at(self, moment: datetime) -> Evaluation:
        """The evaluation of what has been taken in at that instant (aware UTC). It may be asked until the next `add`."""
        past = Evaluation(self.compiled, self.profile, self.site, self.record, moment, self._last)
        self.record.stale.clear()
        self._last = past
        return past

    def rewritten(self, events: list[Event], moment: datetime) -> Evaluation:
        """`at` of a record that holds these events in this order: not as they were taken in, and what was kept of its beginnings
        no longer speaks of it."""
        self.record.events = events
        for name in BEGINNINGS:
            self.record.kept.pop(name, None)
        return self.at(moment)


def kept(ctx: Evaluation) -> dict[Any, Any]:
    """What has been found out about the beginnings of this record, by this definition and profile at this site."""
    found: dict[Any, dict[Any, Any]] = ctx.record.kept.setdefault(KEPT, {})
    return found.setdefault((ctx.compiled.hash, ctx.profile.hash, ctx.site), {})


def sittings(events: list[Event], after: int) -> Iterator[tuple[int, int]]:
    """What was recorded at one instant, from one index to another; what came last is the present, and not among them."""
    first = after
    for n in range(after + 1, len(events)):
        if events[n].recorded != events[first].recorded:
            yield first, n
            first = n


def touched(compiled: Compiled, record: Record, events: Iterable[Event]) -> set[tuple[int, int]]:
    """The functions, by kind and number, that these events of the record may change: by their names and by what they correct."""
    names: dict[str, None] = {}
    for event in events:
        root = record.chains.get(record.root.get(event.id, event.id), [event])[0]
        names |= {event.name: None, root.name: None}
    return {
        (kind, number)
        for name in names
        for kind, numbers in compiled.readers.get(name, ())
        for number in numbers
    }
