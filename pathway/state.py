"""What one evaluation knows: inputs, the clock behind `passed`, and everything already worked out (each thing once)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pathway.events import Event
from pathway.plan import Verdict

if TYPE_CHECKING:
    from pathway.compiled import Compiled
    from pathway.decisions import Resolved
    from pathway.ledger import Run
    from pathway.profile import Parsed, Profile
    from pathway.record import Record
    from pathway.site import Site
    from pathway.values import Val


@dataclass(slots=True)
class Result:
    """A verdict, since when, and which slots (by index) it waits for."""

    verdict: Verdict
    since: datetime | None = None
    missing: tuple[int, ...] = ()


BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
"""What holds before anything is on record has held since then."""


@dataclass(slots=True)
class Point:
    """An anchor's value: the site-local day, the instant if there is one, and whether it is on record or only
    planned."""

    day: date
    instant: datetime | None
    actual: bool
    since: datetime | None
    event: Event | None = None


class Context:
    """One evaluation.

    `passed` is the only way to the clock; it remembers the next instant at which an answer changes.
    """

    __slots__ = (
        "anchors",
        "compiled",
        "compound",
        "criteria",
        "decisions",
        "ledgers",
        "next_at",
        "now",
        "params",
        "profile",
        "record",
        "site",
        "slots",
        "start",
        "tracks",
        "tz",
    )

    def __init__(
        self, compiled: Compiled, profile: Profile, site: Site, record: Record, now: datetime
    ) -> None:
        self.compiled = compiled
        self.profile = profile
        self.params: dict[str, Parsed] = profile.parsed
        self.site = site
        self.tz: ZoneInfo = site.tz
        self.record = record
        self.now = now
        self.next_at: datetime | None = None
        self.start: datetime = record.events[0].recorded if record.events else BEGINNING
        self.slots: list[Val | None] = [None] * len(compiled.slot_functions)
        self.anchors: list[Any] = [_UNKNOWN] * len(compiled.anchor_functions)
        self.criteria: list[Result | None] = [None] * len(compiled.criterion_functions)
        self.decisions: list[Resolved | None] = [None] * len(compiled.decision_functions)
        self.ledgers: list[Run | None] = [None] * len(compiled.ledger_functions)
        self.tracks: dict[str, Any] = {}
        self.compound: dict[int, Result] = {}

    def passed(self, instant: datetime) -> bool:
        """Whether the instant has come."""
        if instant <= self.now:
            return True
        if self.next_at is None or instant < self.next_at:
            self.next_at = instant
        return False

    def slot(self, index: int) -> Val:
        """The value of a slot."""
        value = self.slots[index]
        if value is None:
            value = self.slots[index] = self.compiled.slot_functions[index](self)
        return value

    def unobtainable(self, missing: tuple[int, ...]) -> datetime | None:
        """Since when all that is missing is declared not obtainable, None if something may still come.

        Then a person must judge, or the patient would wait for ever.
        """
        since: datetime | None = None
        for index in missing:
            slot = self.compiled.slot_list[index] if index >= 0 else None
            for point in (slot.points or (slot.point,)) if slot is not None else ("",):
                declared = self.record.unobtainable.get((slot.fact, point)) if slot is not None else None
                if not declared:
                    return None
                since = declared[-1].recorded if since is None else max(since, declared[-1].recorded)
        return since

    def anchor(self, index: int) -> Point | None:
        """An anchor, None while nothing is known of it."""
        value = self.anchors[index]
        if value is _UNKNOWN:
            value = self.anchors[index] = self.compiled.anchor_functions[index](self)
        point: Point | None = value
        return point

    def criterion(self, index: int) -> Result:
        """A criterion's verdict, judgements included."""
        value = self.criteria[index]
        if value is None:
            value = self.criteria[index] = self.compiled.criterion_functions[index](self)
        return value

    def decision(self, index: int) -> Resolved:
        """A decision as it stands."""
        value = self.decisions[index]
        if value is None:
            value = self.decisions[index] = self.compiled.decision_functions[index](self)
        return value

    def ledger(self, index: int) -> Run:
        """An infusion's run."""
        value = self.ledgers[index]
        if value is None:
            value = self.ledgers[index] = self.compiled.ledger_functions[index](self)
        return value


_UNKNOWN = object()
