"""The fold: a subtrial's events one after the other, with the time that passes between them.

Who has a slot depends on who came first, so slots are given while folding, by what was known at that moment; a later correction
changes what is known from then on, and never what was given. Outcomes count as they are known now.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date, datetime, timedelta

from pathway.clock import BEGINNING, close_of, local_day
from pathway.events import Event
from pathway.language.terms import key_of
from pathway.plan import MilestoneState
from pathway.record import Record
from pathway.subtrial.dlt_window import early, window_end
from pathway.subtrial.levels import TOO_MANY, Latch, advice, counts_of
from pathway.subtrial.look import look_at
from pathway.subtrial.messages import SUBJECT
from pathway.subtrial.plan import Governor
from pathway.subtrial.slots import SlotHolder, said_of, subject_of
from pathway.subtrial.snapshot import CLOSED, Snapshot, entry_state, truths
from pathway.subtrial.status import is_active

RESTING = ("RP2D", "PHASE2", "STAGE2")
"""Questions that are asked only while another one is answered, or the design has come so far."""


class Fold:
    """A subtrial's state after some of its events; `time` is the last moment that it has lived through."""

    def __init__(self, governor: Governor) -> None:
        self.governor = governor
        self.known = Record()
        self.places: dict[str, int] = {}
        self.roots: dict[str, list[str]] = {}
        self.seats: dict[str, SlotHolder] = {}
        self.latches: dict[int, Latch] = {}
        self.spent: set[str] = set()
        self.lapsed: dict[str, tuple[Event, datetime]] = {}
        self.in_force: dict[str, Event] = {}
        self.time: datetime | None = None
        self.path: list[tuple[str, datetime, str]] = []
        self.entries: list[tuple[str, datetime, str]] = []
        self.marks: dict[str, tuple[tuple[str, ...], datetime]] = {}
        self.true: dict[str, datetime] = {}
        self.slots: list[MilestoneState] = []
        self.look = self._look(BEGINNING)

    def copied(self) -> Fold:
        """A fold that time can pass over without changing this one. The record is shared."""
        new = copy(self)
        new.seats = {name: copy(seat) for name, seat in self.seats.items()}
        new.latches = {i: copy(latch) for i, latch in self.latches.items()}
        new.spent, new.lapsed, new.in_force = set(self.spent), dict(self.lapsed), dict(self.in_force)
        new.path, new.entries = list(self.path), list(self.entries)
        new.marks, new.true, new.slots = dict(self.marks), dict(self.true), list(self.slots)
        return new

    def take(self, event: Event) -> None:
        """One more event."""
        at = event.recorded if self.time is None else max(self.time, event.recorded)
        self.pass_until(lambda instant: instant <= at)
        self.time = at
        self.places[event.id] = len(self.known.events)
        touched = [subject_of(event), subject_of(self.known.head(event.target) or event)]
        self.known.append(event)
        root = self.known.root.get(event.id)
        after = self.known.head(root) if root is not None else None
        touched.append(subject_of(after) if after is not None else "")
        for subject in dict.fromkeys(s for s in touched if s):
            roots = self.roots.setdefault(subject, [])
            if root is not None and root not in roots:
                roots.append(root)
            self._hear(subject)
        self._settle(event)

    def pass_until(self, passed: Callable[[datetime], bool]) -> None:
        """Let time pass: every instant at which something changes by itself and that has `passed`, in order."""
        while (instant := self._next()) is not None and passed(instant):
            self.time = instant
            for seat in self.seats.values():
                if seat.state == "RESERVED" and seat.until is not None and seat.until <= instant:
                    self._leave(seat, "EXPIRED", instant - timedelta(seconds=1))
                    seat.queued = False
            self._settle(None)

    def _next(self) -> datetime | None:
        time = self.time
        if time is None:
            return None
        found = [s.until for s in self.seats.values() if s.state == "RESERVED" and s.until is not None]
        found += [c.from_ for c in self.look.status.cells if c.from_ > time]
        ends = (window_end(self.governor, s) for s in self.seats.values() if s.early)
        found += [end for end in ends if end is not None and end > time]
        return min(found, default=None)

    # --- a patient ------------------------------------------------------------------------------------------

    def _hear(self, subject: str) -> None:
        """What has become known of a patient."""
        roots = [
            root
            for root in self.roots[subject]
            if (head := self.known.head(root)) is not None and subject_of(head) == subject
        ]
        said = said_of(self.known, roots, self.places, self.governor.site.tz)
        seat = self.seats.get(subject)
        if seat is None:
            seat = self.seats[subject] = SlotHolder(subject, said)
            before = None
        else:
            before = seat.said
            seat.said = said
            if seat.state == "EXPIRED" and before.wants != said.wants and before.wants != "slot":
                seat.spoke = True  # that a slot is not wanted once it has expired is said by itself
        began = said.began(seat.valid[0] if seat.holds and seat.valid is not None else None)
        if began != seat.began:
            seat.began = began
            self._started(seat, began)
        if (before.request if before else "") != said.request:
            self._asked(seat, before.request if before else "")

    def _asked(self, seat: SlotHolder, before: str) -> None:
        said, time = seat.said, self._now()
        if said.request:
            if seat.state == "ENROLLED":
                seat.again = said.asked
            elif seat.state != "RESERVED" and not seat.queued:
                seat.queued, seat.asked, seat.place = True, said.asked, said.place
        elif seat.state != "ENROLLED":
            if seat.state == "RESERVED":
                self._leave(seat, "RELEASED", time)
            elif seat.queued:
                seat.state, seat.since = "RELEASED", time
            seat.queued = False
        if not said.request:
            seat.again = None

    def _started(self, seat: SlotHolder, day: date | None) -> None:
        time = self._now()
        if day is None:
            self._not_started(seat, time)
            return
        if seat.state == "ENROLLED":
            return  # on another day than was first said
        held = (
            seat.valid is not None
            and seat.valid[0] <= day
            and (seat.valid[1] is None or day <= seat.valid[1])
            and not self._after_it_was_left(seat, day)
        )
        if not held:
            seat.irregular = self._irregular(seat, day)
        if seat.state != "RESERVED":
            self._place(seat)
        seat.state, seat.since, seat.queued, seat.until = "ENROLLED", time, False, None
        seat.valid = (seat.valid[0] if held and seat.valid else day, None)
        seat.granted = seat.granted or time

    def _place(self, seat: SlotHolder) -> None:
        """The level of a patient who began without a slot: as reported, else of the slot that they had, else the present one."""
        phase, look = self.governor.subtrial.phase_one, self.look
        known = [level.id for level in phase.levels] if phase is not None else []
        if not seat.stage:
            second = look.stages is not None and (phase is None or look.stages.state.stage > 0)
            seat.stage = "PHASE2" if second else "PHASE1" if phase is not None else ""
        present = look.level
        if not present and look.levels is not None:
            present = known[look.levels.current if look.levels.current is not None else look.levels.top]
        if seat.said.level in known:
            seat.level = seat.said.level
        elif seat.level not in known:
            seat.level = present

    def _not_started(self, seat: SlotHolder, time: datetime) -> None:
        """A first dose that was recorded wrongly: the patient keeps the slot, with a new term; who had none has none."""
        if seat.irregular:
            seat.irregular = ""
            seat.state, seat.level, seat.stage, seat.valid, seat.granted = "", "", "", None, None
            if seat.said.request:
                seat.queued, seat.asked, seat.place = True, seat.said.asked, seat.said.place
        elif seat.said.request:
            self._reserve(seat, time)
        else:
            self._leave(seat, "RELEASED", time)
        seat.since = time

    def _after_it_was_left(self, seat: SlotHolder, day: date) -> bool:
        """Whether a first dose on the last day of a slot came after it was gone. Where only the day is known and the slot was
        taken back on it, people must look: it may have."""
        if seat.state == "RESERVED" or seat.left is None:
            return False
        at, tz = seat.said.at, self.governor.site.tz
        if at is not None and local_day(at, tz) == day:
            return at >= seat.left
        return seat.state == "WITHDRAWN" and local_day(seat.left, tz) == day

    def _irregular(self, seat: SlotHolder, day: date) -> str:
        """The deviation of a patient who began without a slot: as entry stood in that minute, or on that day."""
        tz, at = self.governor.site.tz, seat.said.at
        if at is not None and local_day(at, tz) == day:
            then = [state for state, since, _ in self.entries if since <= at]
            return "ENTERED-WHILE-SUSPENDED" if then[-1:] == ["SUSPENDED"] else "STARTED-WITHOUT-SLOT"
        if seat.left is not None and local_day(seat.left, tz) == day:
            then = [state for state, since, _ in self.entries if local_day(since, tz) <= day]
            return "ENTERED-WHILE-SUSPENDED" if then[-1:] == ["SUSPENDED"] else "STARTED-WITHOUT-SLOT"
        states = [s for s, at, _ in self.entries if local_day(at, tz) == day]
        states += [s for s, at, _ in self.entries if local_day(at, tz) < day][-1:]
        return (
            "ENTERED-WHILE-SUSPENDED" if states and set(states) == {"SUSPENDED"} else "STARTED-WITHOUT-SLOT"
        )

    def _reserve(self, seat: SlotHolder, time: datetime) -> None:
        tz = self.governor.site.tz
        days = self.governor.number(self.governor.subtrial.reservation_days)
        today = local_day(time, tz)
        seat.until = None if days is None else close_of(today + timedelta(days=days), tz)
        seat.state, seat.since, seat.queued, seat.left = "RESERVED", time, False, None
        seat.valid = (seat.valid[0] if seat.valid is not None and seat.valid[1] is None else today, None)

    def _leave(self, seat: SlotHolder, state: str, last: datetime) -> None:
        """The patient has the slot no longer; `last`: an instant of the last day on which it was held."""
        seat.state, seat.since, seat.until, seat.spoke = state, self._now(), None, False
        seat.left = self._now()
        if seat.valid is not None:
            seat.valid = (seat.valid[0], local_day(last, self.governor.site.tz))

    # --- the trial ------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        assert self.time is not None
        return self.time

    def _settle(self, cause: Event | None) -> None:
        """After a change: stop what must stop, give what is free, and note what is new."""
        time = self._now()
        for each in self.seats.values():
            each.early = early(self.governor, each, time)
        self._latch(time)
        self.look = self._look(time)
        self._note(time, cause)
        if self._withdraw(time):
            self.look = self._look(time)
        while self.look.entry[0] == "OPEN" and (seat := self._first(time)) is not None:
            seat.level, seat.stage, seat.granted, seat.valid = self.look.level, self.look.stage, time, None
            self._reserve(seat, time)
            self.look = self._look(time)
        self._spend(time)
        self._note(time, cause)
        for seat in self.seats.values():
            self._tell(seat, time)

    def _spend(self, time: datetime) -> None:
        """Note which answers of the meeting do not count any more because what they rested on has changed. They come back only
        if a person confirms them again, whatever becomes of the values."""
        now = {s.question.key: s for s in self.look.settled}
        gone = [(key, s.lapsed) for key, s in now.items() if s.lapsed is not None]
        # Without a recommended dose nobody asks about it, nor about the stages that it opens.
        gone += [(k, e) for k, e in self.in_force.items() if k in RESTING and k not in now]
        for key, answer in gone:
            if answer.id not in self.known.voided and answer.id not in self.spent:
                self.spent.add(answer.id)
                self.lapsed[key] = (answer, time)
        self.in_force = {k: s.taken for k, s in now.items() if s.in_force and s.taken is not None}
        self.lapsed = {k: v for k, v in self.lapsed.items() if k not in self.in_force}

    def _tell(self, seat: SlotHolder, time: datetime) -> None:
        """Note what has become of a patient's slot: a milestone each time, which stays."""
        if seat.holds:
            state, sign = seat.state, (seat.state, seat.level, seat.granted)
        elif seat.queued and seat.state == "WITHDRAWN" and seat.told[:1] == ("WITHDRAWN",):
            return
        elif seat.queued:
            state, sign = "WAITING", ("WAITING", "", seat.asked)
        else:
            state, sign = seat.state, (seat.state, "", seat.since)
        if not state or seat.told == sign:
            return
        seat.told = sign
        at_level = f" at level {seat.level}" if seat.level else ""
        waits = "WAITING anew" if seat.said.request else "no slot is wanted any more"
        text = {
            "WAITING": f"WAITING ({self.entry_of(seat)[0]})",
            "EXPIRED": f"EXPIRED, the slot{at_level} was not taken up in time",
            "RELEASED": "RELEASED, no slot is wanted any more",
            "WITHDRAWN": f"the slot{at_level} was taken back ({self.look.entry[0]}); {waits}",
        }.get(state, f"{state}{at_level}")
        name = f"SLOT-{state}"
        n = sum(each.id == name and each.key.endswith(f"subject={seat.subject}]") for each in self.slots) + 1
        scope = ((SUBJECT, seat.subject),) if n == 1 else (("n", str(n)), (SUBJECT, seat.subject))
        self.slots.append(
            MilestoneState(name, key_of(name, scope), f"{seat.subject}: {text}", "coordinator", time)
        )

    def entry_of(self, seat: SlotHolder) -> tuple[str, str]:
        """Why the patient cannot enter, or OPEN: a code of `ENTRY_CODES`, and words."""
        look = self.look
        whole = (
            look.entry[0] in ("NOT_ACTIVATED", "ENROLMENT_COMPLETE") or entry_state(look.entry[0]) == "CLOSED"
        )
        if not whole and not look.status.stop and not self.active_at(seat, self._now()):
            where = f"{seat.said.country or 'a country not given'}, {seat.said.site or 'a site not given'}"
            return "NOT_ACTIVATED", f"{self.governor.id} is not activated in {where}"
        return look.entry

    def _first(self, time: datetime) -> SlotHolder | None:
        """The first of those who wait whose site is activated."""
        waiting = [s for s in self.seats.values() if s.queued and self.active_at(s, time)]
        return min(waiting, key=lambda s: (s.asked or time, s.place), default=None)

    def active_at(self, seat: SlotHolder, time: datetime) -> bool:
        """Whether the subtrial is activated where the patient is."""
        if not self.governor.subtrial.activation:
            return True
        return is_active(self.look.status.cells, seat.said.country, seat.said.site, time)

    def _latch(self, time: datetime) -> None:
        """Note levels on which too many DLTs are seen for the first time, or again after entry was resumed."""
        phase = self.governor.subtrial.phase_one
        if phase is None:
            return
        before = self.look.levels
        for i, level in enumerate(phase.levels):
            on = [s for s in self.seats.values() if s.stage == "PHASE1" and s.level == level.id]
            if advice(self.governor, phase, counts_of(on)).advice != TOO_MANY:
                continue
            again = before is not None and i < before.blocked and i in self.latches
            if i not in self.latches or again:
                # Where the trial has come back to a level (`current`), its DLTs are not learnt late.
                left = before is not None and (
                    before.recommended is not None or (before.top > i and before.current != i)
                )
                self.latches[i] = Latch(time, left)

    def _withdraw(self, time: datetime) -> bool:
        """Take back slots that are not taken up where entry has stopped. Those patients wait again, in their old place."""
        look, phase = self.look, self.governor.subtrial.phase_one
        blocked: tuple[str, ...] = ()
        if phase is not None and look.levels is not None:
            blocked = tuple(level.id for level in phase.levels[look.levels.blocked :])
        found = False
        for seat in self.seats.values():
            if seat.state != "RESERVED":
                continue
            if (
                look.status.stop
                or look.entry[0] in CLOSED
                or seat.level in blocked
                or (look.stages is not None and seat.subject in look.stages.beyond)
                or not self.active_at(seat, time)
            ):
                self._leave(seat, "WITHDRAWN", time)
                self._tell(seat, time)
                seat.queued = bool(seat.said.request)
                found = True
        return found

    def _look(self, time: datetime) -> Snapshot:
        """The subtrial as it stands."""
        seats = list(self.seats.values())
        return look_at(self.governor, self.known, self.places, seats, self.latches, self.spent, time)

    def _note(self, time: datetime, cause: Event | None) -> None:
        """Note what is new: the phase, whether entry is open, since when each question stands as it does."""
        look = self.look
        if not self.path:
            begins = self.governor.subtrial.begins
            self.path.append(("ACTIVATED" if begins == "SUSPENDED" else begins, time, "start"))
        if look.phase != self.path[-1][0]:
            past = [name for name, _, _ in self.path]
            if look.phase.startswith(("PHASE1_LEVEL", "PHASE2_STAGE1")) and "ACTIVATED" not in past:
                self.path.append(("ACTIVATED", time, "recorded"))
            self.path.append((look.phase, time, self._how(cause)))
        state = entry_state(look.entry[0])
        if not self.entries or self.entries[-1][0] != state:
            self.entries.append((state, time, self._how(cause) if self.entries else "start"))
        marks: dict[str, tuple[tuple[str, ...], datetime]] = {}
        for found in look.settled:
            question = found.question
            sign = (found.state, found.in_force or question.proposal or "", *question.options)
            before = self.marks.get(question.key)
            marks[question.key] = before if before is not None and before[0] == sign else (sign, time)
        self.marks = marks
        self.true = {key: self.true.get(key, time) for key in truths(self.governor, look)}

    @staticmethod
    def _how(cause: Event | None) -> str:
        if cause is None:
            return "automatic"
        return {"decision": "confirmed", "action": "recorded"}.get(cause.kind, "automatic")
