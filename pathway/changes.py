"""From one plan to the next: what is new, moved, done, withdrawn, and what was told and is no longer true.

The shell keeps only what it has told (`Announced`), per stable key: generation, last state, due day. Everything else is
recomputed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pathway.clock import local_day
from pathway.events import Event
from pathway.plan import DecisionState, Item, Obligation, Plan
from pathway.retractions import Ending, how_it_ended


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a plan states, as it was last told.

    `to`: the roles that heard of it. `generation` counts how often it became true. `times`: how often it has been so while it was
    true, and `said` its text without that number, where it was more than once.
    """

    kind: str
    id: str
    key: str
    state: str
    text: str
    to: tuple[str, ...] = ()
    due: str = ""
    severity: str = ""
    generation: int = 1
    live: bool = True
    times: int = 1
    said: str = ""


@dataclass(frozen=True, slots=True)
class Announced:
    """What has been told, by key. `forgotten`: the highest generation of what was withdrawn so long ago that it is kept no more.

    What has gone is remembered, the latest `REMEMBERED` of it, so that its return is told as a return. A key that is not
    remembered begins above every generation that was forgotten: no effect of it is ever taken for one that was carried out.
    """

    statements: dict[str, Statement] = field(default_factory=dict)
    forgotten: int = 0

    def without(self, outlived: Callable[[str], bool]) -> Announced:
        """The same without what is over and done with, which leaves the plan without a word."""
        return Announced({k: each for k, each in self.statements.items() if not outlived(k)}, self.forgotten)


CLOCK: Final = "clock"
"""The cause of a change that time alone brought."""
SITTING: Final = "sitting "
"""How the cause of what a sitting changed begins. No event id has a blank in it."""


def told_together(cause: str) -> bool:
    """Whether a change with this cause is told in the summary of a sitting, and not by itself."""
    return cause.startswith(SITTING)


REMEMBERED: Final = 256
"""Withdrawn statements that are remembered. The record of what was told is the store's; this only numbers what comes back."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the timeline, and one effect to carry out.

    Instants are UTC ISO text, `local` and `day` are the site's. `due` of an item: the local day, with the hour
    (`2025-11-23 14:00`) where hours are counted.
    """

    at: str
    local: str
    day: str
    subject: str
    cause: str
    kind: str
    id: str
    key: str
    state: str
    text: str
    to: tuple[str, ...] = ()
    due: str = ""
    severity: str = ""
    generation: int = 1

    @property
    def effect_key(self) -> str:
        """The idempotency key of its effect within the pathway."""
        return f"{self.kind}:{self.key}#{self.generation}:{self.state}:{self.due}:{self.severity}:{'+'.join(self.to)}"


def statements(plan: Plan, tz: ZoneInfo | None = None) -> list[Statement]:
    """Everything a plan states, in a stable order. `tz`: of the site, for items that are due by an hour."""
    found = [Statement("phase", t.phase, f"track {t.id}", t.phase, f"{t.id}: {t.phase}") for t in plan.tracks]
    found += [_decision(d) for d in plan.decisions if d.state not in ("waiting", "none")]
    found += [
        Statement("milestone", m.id, m.key, "true", m.text, (m.to,), times=m.times, said=m.said)
        for m in plan.milestones
    ]
    found += [_obligation(o) for o in (*plan.deviations, *plan.alerts)]
    for item in plan.items:
        due = _due(item, tz)
        text = item.text if not item.blocked_by else f"{item.text} (blocked by {item.blocked_by})"
        if item.state == "late" and item.window is not None and item.window[1] != item.due:
            text = f"{text} (allowed until {item.window[1].isoformat()})"
        found.append(
            Statement(
                "item",
                item.id,
                item.key,
                item.state,
                text,
                (item.owner,) if item.state in ("due", "late") else (),
                due,
            )
        )
    for ledger in plan.ledgers:
        if ledger.state != "not_started":
            due = ledger.projected_end.isoformat() if ledger.projected_end is not None else ""
            text = ledger.text or f"{ledger.id} {ledger.state}, {ledger.dose} {ledger.unit}"
            found.append(
                Statement(
                    "dose", ledger.id, f"dose {ledger.key}", f"{ledger.state} {ledger.dose}", text, (), due
                )
            )
    for endpoint in plan.endpoints:
        if endpoint.event is not None:
            found.append(
                Statement(
                    "endpoint",
                    endpoint.id,
                    f"endpoint {endpoint.id}",
                    endpoint.event[0],
                    f"{endpoint.id}: {'competing event ' if endpoint.competing else ''}{endpoint.event[0]}",
                    (),
                    endpoint.event[1].isoformat(),
                )
            )
    return found


def _due(item: Item, tz: ZoneInfo | None) -> str:
    """The due day, with the hour at the site where hours are counted: `2025-11-23 14:00`."""
    if item.due_at is not None and tz is not None:
        return f"{item.due_at.astimezone(tz):%Y-%m-%d %H:%M}"
    return item.due.isoformat() if item.due is not None else ""


def _decision(d: DecisionState) -> Statement:
    shown = d.in_force or d.proposal or ""
    state = f"{d.state} {shown}".strip()
    text = f"{d.id}: {d.state.replace('_', ' ')}" + (f", {shown}" if shown else "")
    if d.open and d.state == "review" and d.proposal is None:
        text = f"{d.id}: to be judged by the {d.role or 'clinician'}, one of {', '.join(d.options)}"
    elif d.open and d.proposal is None:
        text = f"{d.id}: to be decided, one of {', '.join(d.options)}"
    elif d.open:
        text = f"{d.id}: {d.proposal} is proposed"
    return Statement(
        "decision", d.id, f"decision {d.key}", state, text, (d.role,) if d.open and d.role else ()
    )


def _obligation(o: Obligation) -> Statement:
    return Statement(
        o.kind, o.id, o.key, o.state, o.text, o.notified if o.state == "raised" else (), "", o.severity
    )


def changes(
    announced: Announced,
    plan: Plan,
    *,
    subject: str,
    cause: str,
    tz: ZoneInfo,
    day_one: date | None,
    event: Event | None = None,
) -> tuple[list[Change], Announced]:
    """The difference between what was told and the plan, and what has then been told.

    A statement that comes back after it was withdrawn has the next generation. What clinicians or coordinators were
    told and no longer holds is a `retraction` to the same roles, whose state says how it ended (`pathway.retractions`);
    a plan item that is moot is `withdrawn`. `event`: the one that is the cause, None of the clock and of messages.
    """
    out: list[Change] = []
    before = announced.statements
    after = dict(before)
    present: dict[str, None] = {}
    frame = _Frame(plan.at, subject, cause, tz, day_one, event)
    left = any(
        (old := before.get(f"track {track.id}")) is not None and old.live and old.state != track.phase
        for track in plan.tracks
    )
    for new in statements(plan, tz):
        present[new.key] = None
        old = before.get(new.key)
        if old is not None and old.live:
            after[new.key] = _again(new, old, out, frame)
            continue
        after[new.key] = _numbered(new, (announced.forgotten if old is None else old.generation) + 1)
        if old is not None or new.kind != "item" or new.state != "done":
            out.append(frame.change(after[new.key]))
    for key, old in before.items():
        if old.live and key not in present:
            gone = _gone(old)
            del after[key]
            after[key] = Statement(
                old.kind, old.id, key, gone.state, "", generation=old.generation, live=False
            )
            ending = how_it_ended(old.kind, old.id, event, by_clock=cause == CLOCK, replaced=False, left=left)
            out.append(frame.change(gone if old.kind == "item" else _retraction(old, ending)))
    return out, _remembered(after, announced.forgotten)


def _remembered(statements: dict[str, Statement], forgotten: int) -> Announced:
    gone = [key for key, each in statements.items() if not each.live]
    for key in gone[: max(0, len(gone) - REMEMBERED)]:
        forgotten = max(forgotten, statements.pop(key).generation)
    return Announced(statements, forgotten)


def _again(new: Statement, old: Statement, out: list[Change], frame: _Frame) -> Statement:
    """A statement that was told before: nothing if it is the same, else one change."""
    if new.kind == "milestone" and _once_more(new, old):
        out.append(
            frame.change(new := _numbered(new, old.generation + 1))
        )  # it is so once more: nothing is taken back
        return new
    if new.kind == "milestone" and new.text != old.text:
        ending = how_it_ended(old.kind, old.id, frame.event, by_clock=False, replaced=True, left=False)
        out.append(frame.change(_retraction(old, ending)))
        new = _numbered(new, old.generation + 1)
        out.append(frame.change(new))
        return new
    new = _numbered(new, old.generation)
    if (new.state, new.due, new.severity, new.to) == (old.state, old.due, old.severity, old.to) and (
        new.kind == "item" or new.text == old.text
    ):
        return new
    if new.kind == "item" and new.state == old.state and new.due != old.due:
        moved = Statement(
            new.kind,
            new.id,
            new.key,
            "moved",
            f"{new.text}: moved from {old.due or 'no date'} to {new.due or 'no date'}",
            (),
            new.due,
            "",
            new.generation,
        )
        out.append(frame.change(moved))
        return new
    if new.kind == "dose" and new.state == old.state:
        return new
    out.append(frame.change(new))
    return new


def _once_more(new: Statement, old: Statement) -> bool:
    """Whether it has been so again. What was told before the number was kept has it in its text alone."""
    before = old.said or old.text
    return (
        new.times > old.times
        and new.text != old.text
        and (before == new.said or before.startswith(f"{new.said} ("))
    )


def _numbered(s: Statement, generation: int) -> Statement:
    return replace(s, generation=generation)


def _gone(old: Statement) -> Statement:
    return Statement(
        old.kind,
        old.id,
        old.key,
        "withdrawn",
        old.text,
        old.to,
        old.due,
        old.severity,
        old.generation,
        live=False,
    )


def _retraction(old: Statement, ending: Ending) -> Statement:
    why = f" ({ending.why})" if ending.why else ""
    return Statement(
        "retraction",
        old.id,
        old.key,
        ending.word,
        f"{ending.word}: {old.text}{why}",
        old.to,
        old.due,
        old.severity,
        old.generation,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    at: datetime
    subject: str
    cause: str
    tz: ZoneInfo
    day_one: date | None
    event: Event | None = None

    def change(self, s: Statement) -> Change:
        local = self.at.astimezone(self.tz)
        return Change(
            self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            local.strftime("%Y-%m-%dT%H:%M"),
            day_label(local_day(self.at, self.tz), self.day_one),
            self.subject,
            self.cause,
            s.kind,
            s.id,
            s.key,
            s.state,
            s.text,
            s.to,
            s.due,
            s.severity,
            s.generation,
        )


def mark(at: datetime, *, subject: str, cause: str, tz: ZoneInfo, day_one: date | None) -> Change:
    """An empty line of the timeline at an instant, for what is no statement of a plan."""
    return _Frame(at, subject, cause, tz, day_one).change(Statement("", "", "", "", ""))


def day_label(day: date, day_one: date | None) -> str:
    """The study day, `D33`; days before D1 count back from D0; empty while D1 is not known."""
    return "" if day_one is None else f"D{(day - day_one).days + 1}"


def day_one_of(plan: Plan, anchor: str) -> date | None:
    """The day of the anchor that study days count from."""
    return next((day for name, day, _ in plan.anchors if name == anchor), None)
