"""A record read once more from its beginning: an evaluation that goes on from moment to moment, each event taken in once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from pathway.engine.context import UNKNOWN, Compiled, Evaluation, continues
from pathway.events import Event
from pathway.language.profile import Profile
from pathway.record import Record
from pathway.site import Site

KEPT = "pasts"
"""Where a record keeps what has been found out about its beginnings; shared with every record that is such a beginning."""
BEGINNINGS = (KEPT, "latches")
AMENDING = ("correction", "void")
PLAIN = ("observation", "action", "adverse_event")
"""Kinds of events that are read under their own name alone; what is declared not obtainable counts wherever it is missed."""


class _Past(Evaluation):
    """An evaluation of a moment in a long row of them, most of which change little: what an event may have changed is worked out
    again only if something that it was made of has really become another."""

    __slots__ = ("_before", "_touched")

    def __init__(
        self,
        compiled: Compiled,
        profile: Profile,
        site: Site,
        record: Record,
        now: datetime,
        before: Evaluation | None,
        compare: bool,
    ) -> None:
        """`compare`: whether what has come since `before` is only of the `PLAIN` kinds."""
        super().__init__(compiled, profile, site, record, now, before)
        self._touched = frozenset(record.stale)
        self._before: _Past | None = None
        if not isinstance(before, _Past):
            return
        if compare and continues(before, self):
            self._before = before
        before._before = None  # noqa: SLF001  only of the moment before

    def _worked_out(self, kind: int, number: int) -> Any:
        outer, self.next_at = self.next_at, None
        if not self._is_as_before(kind, number):
            self.next_at = outer
            return super()._worked_out(kind, number)
        assert self._before is not None
        value = self.shelves[kind][number] = self._before.shelves[kind][number]
        until = self._before.until[kind][number]
        if until is not None:
            self.passed(until)
        self._until(kind, number, outer)
        return value

    def _is_as_before(self, kind: int, number: int) -> bool:
        """Whether nothing that it was made of has become another."""
        before = self._before
        if before is None or before.shelves[kind][number] is UNKNOWN:
            return False
        until, needs = before.until[kind][number], self.compiled.needs[kind][number]
        if needs is None or (until is not None and until <= self.now):
            return False
        names, others = needs
        if not names.isdisjoint(self._touched):
            return False
        shelves, known = self.shelves, before.shelves
        for of, other in others:
            was = known[of][other]
            if was is UNKNOWN:
                continue  # what was never asked has had no part in it
            value = shelves[of][other]
            if value is UNKNOWN:
                value = self._worked_out(of, other)
            elif self.until[of][other] is not before.until[of][other]:
                self._kept(of, other, value)
            if value is not was and value != was:
                return False
        return True


class Reread:
    """A record of its own that grows as another one once did; what no event has touched since is not worked out again."""

    __slots__ = ("_last", "_plain", "compiled", "profile", "record", "site")

    def __init__(self, of: Evaluation) -> None:
        """`of`: the evaluation by whose definition, profile and site the past is read."""
        self.compiled, self.profile, self.site = of.compiled, of.profile, of.site
        self.record = Record()
        self._last: _Past | None = None
        self._plain = True

    def add(self, events: Iterable[Event]) -> None:
        """Take events in; nothing is worked out yet."""
        for event in events:
            self.record.append(event)
            self._plain = self._plain and event.kind in PLAIN

    def at(self, moment: datetime, same: Evaluation | None = None) -> Evaluation:
        """The evaluation of what has been taken in at that instant (aware UTC). It may be asked until the next `add`.

        `same`: an earlier one of the very same events; what it has found out, and no instant since could change, is not worked
        out again.
        """
        if self._last is None and same is not None:
            self.record.stale.clear()
            past = _Past(self.compiled, self.profile, self.site, self.record, moment, same, compare=False)
        else:
            past = _Past(self.compiled, self.profile, self.site, self.record, moment, self._last, self._plain)
        self.record.stale.clear()
        self._last, self._plain = past, True
        return past

    def rest(self) -> None:
        """Let go of the last evaluation, which is as large as the present one; the next is made from the beginning."""
        self._last = None

    def rewritten(self, events: list[Event], moment: datetime, *, anew: bool) -> Evaluation:
        """`at` of a record that holds these events in this order, which is not that of the one before; what that has kept of its
        beginnings is forgotten. `anew`: nothing of it may be gone on from, for order tells who of two is the later."""
        if anew:
            self.record, self._last = Record.of(events), None
            return self.at(moment)
        self.record.events = events
        self.record.amended = [(n, e) for n, e in enumerate(events, 1) if e.kind in AMENDING]
        for name in BEGINNINGS:
            self.record.kept.pop(name, None)
        return self.at(moment)


class Forward:
    """A record read forward, sitting by sitting. What was corrected or voided since goes in as it counts today; when more is, it
    is to be read anew."""

    __slots__ = ("_amended", "_anew", "_done", "_reread", "_roots", "_shared")

    def __init__(self, ctx: Evaluation) -> None:
        self._amended = len(ctx.record.amended)
        self._reread, self._shared = Reread(ctx), kept_of(ctx.record)
        self._roots = {ctx.record.root.get(e.id, e.id): None for _, e in ctx.record.amended}
        # The first time, so that what amends is known to the indexes before it changes anything.
        self._done, self._anew = 0, True

    @property
    def compiled(self) -> Compiled:
        """The definition by which it is read."""
        return self._reread.compiled

    def goes_on(self, record: Record) -> bool:
        """Whether nothing has been corrected since."""
        return self._amended == len(record.amended)

    def moments(
        self,
        record: Record,
        concerns: Callable[[Iterable[str]], bool],
        *,
        closing: bool,
        before: Evaluation | None = None,
    ) -> Iterator[tuple[int, Evaluation]]:
        """The sittings not read yet in which there is something of concern: how many events there were at the end of each, and
        what was true when it began or, if `closing`, when the next one came. `before`: an evaluation of the record as it was
        before its last event."""
        for first, end in sittings(record.events, self._done):
            news = record.events[first:end]
            self._reread.add(news)
            self._anew = self._anew or any(e.kind in AMENDING or e.id in self._roots for e in news)
            self._done = end
            if concerns(names_of(record, news)):
                moment = record.events[end if closing else first].recorded
                yield end, self._at(record, end, moment, before)

    def rest(self) -> None:
        """See `Reread.rest`."""
        self._reread.rest()

    def _at(self, record: Record, end: int, moment: datetime, before: Evaluation | None) -> Evaluation:
        if not self._amended:
            self._reread.record.kept[KEPT] = self._shared
            return self._reread.at(moment, before if before is not None and before.count == end else None)
        later = [event for count, event in record.amended if count > end]
        anew, self._anew = self._anew, False
        return self._reread.rewritten([*record.events[:end], *later], moment, anew=anew)


def kept_of(record: Record) -> dict[Any, Any]:
    """What is shared by a record and its beginnings."""
    return record.kept.setdefault(KEPT, {})


def kept(ctx: Evaluation) -> dict[Any, Any]:
    """What has been found out about the beginnings of this record, by this definition and profile at this site."""
    found: dict[Any, dict[Any, Any]] = kept_of(ctx.record)
    return found.setdefault((ctx.compiled.hash, ctx.profile.hash, ctx.site), {})


def sittings(events: list[Event], after: int) -> Iterator[tuple[int, int]]:
    """What was recorded at one instant, from one index to another; what came last is the present, and not among them."""
    first = after
    for n in range(after + 1, len(events)):
        if events[n].recorded != events[first].recorded:
            yield first, n
            first = n


def names_of(record: Record, events: Iterable[Event]) -> dict[str, None]:
    """What these events of the record speak of: their own names, and those of what they correct."""
    names: dict[str, None] = {}
    for event in events:
        names[event.name] = None
        names[record.chains.get(record.root.get(event.id, event.id), [event])[0].name] = None
    return names


def touches(compiled: Compiled, name: str, kind: int, number: int) -> bool:
    """Whether an event of that name may change a function."""
    return any(each == kind and number in numbers for each, numbers in compiled.readers.get(name, ()))
