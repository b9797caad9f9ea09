"""The post of one pathway or governor: the letters that are due, under way, refused. Pure, and carried from run to run.

`pathway.letters` says what is to be written. Here is what became of it: a letter under way is kept with its report exactly as
it was, so that however often it is sent, its receiver records it once. What is under way changes only by what history
holds (the outcomes that couriers report, with the letters), never by what the plan says today: so a corrected engine replays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime

from pathway.events import Event, Report
from pathway.letters import Correspondence, Letter, Line, acknowledge
from pathway.plan import Obligation
from workflows.wire import Clock, Message

REFUSED: Final = "LETTER-REFUSED"
"""The alert that a receiver refused a letter: a fault of the program or of its set-up, which operations must look at."""


class Envelope(Message):
    """A letter on its way: to whom, and the report that the receiver is to record."""

    letter: Letter
    report: Report


class Sender(Message):
    """Who writes, as far as the courier must know it to find the receiver.

    `writes_to`: the kind of the receivers. A governor that nobody has started yet is started with the rest.
    """

    writes_to: Literal["patient", "subtrial"]
    protocol: str
    trial: str
    profile: dict[str, str]
    simulation: bool
    clock: Clock
    label: str
    queue: str


class Parcel(Message):
    """Letters to be handed over at once, one for each receiver.

    `insist`: report back only when one has been handed over or refused; else the attempt fails, and Temporal makes the next.
    """

    sender: Sender
    envelopes: tuple[Envelope, ...]
    insist: bool = False


class Outcome(Message):
    """What became of a letter.

    `state`: `delivered`; `closed`: the receiver takes nothing more, and needs nothing; `refused`, with the receiver's `code`
    and reason; `away`: it did not answer. `letters`: how many letters the receiver has to send now, in rehearsals.
    """

    envelope: Envelope
    state: Literal["delivered", "closed", "refused", "away"]
    code: str = ""
    text: str = ""
    letters: int = 0

    @property
    def receiver(self) -> str:
        """To whom the letter is."""
        return self.envelope.letter.receiver


class Handed(Message):
    """What became of every letter of a parcel."""

    outcomes: tuple[Outcome, ...] = ()


class Fault(Message):
    """A letter that its receiver has refused."""

    receiver: str
    number: int
    code: str
    text: str
    since: AwareDatetime
    acknowledged: bool = False

    @property
    def key(self) -> str:
        """The stable key of its alert."""
        return f"{REFUSED}[to={self.receiver}]"

    def alert(self) -> Obligation:
        """The alert by which operations see it."""
        return Obligation(
            id=REFUSED,
            key=self.key,
            kind="alert",
            severity="critical",
            state="acknowledged" if self.acknowledged else "raised",
            text=f"{self.receiver} has refused a letter ({self.code}): {self.text}. "
            "Acknowledge when the cause is removed: it is then sent again",
            to="operations",
            told=("operations",),
            since=self.since,
            rung=1,
        )


class Posted(Message):
    """What one run hands to the next. `under_way`: the letters whose receiver did not answer when last asked."""

    lines: tuple[Line, ...] = ()
    under_way: tuple[Envelope, ...] = ()
    faults: tuple[Fault, ...] = ()


Due = Callable[[Correspondence], tuple[Correspondence, tuple[Letter, ...]]]
"""Which letters a sender would write, given what it has written (`pathway.letters`)."""


class Post:
    """The letters of one sender."""

    def __init__(self, posted: Posted) -> None:
        """Take up what the run before left."""
        self._sent = Correspondence(posted.lines)
        self._under_way = {each.letter.receiver: each for each in posted.under_way}
        self._faults = {each.receiver: each for each in posted.faults}

    def posted(self) -> Posted:
        """What the next run needs."""
        return Posted(
            lines=self._sent.lines,
            under_way=tuple(self._under_way.values()),
            faults=self.faults,
        )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The letters that were refused, and have not been delivered since."""
        return tuple(self._faults.values())

    @property
    def waiting(self) -> tuple[Envelope, ...]:
        """The letters under way."""
        return tuple(self._under_way.values())

    @property
    def away(self) -> tuple[str, ...]:
        """The receivers that do not answer."""
        return tuple(self._under_way)

    def new(self, due: Due, report: Callable[[Letter], Report]) -> tuple[Envelope, ...]:
        """The letters that are due, without those to receivers that have one under way. Changes nothing."""
        _, letters = due(self._sent)
        return tuple(
            Envelope(letter=letter, report=report(letter))
            for letter in letters
            if letter.receiver not in self._under_way
        )

    def to(self, receiver: str) -> Envelope | None:
        """The letter under way to a receiver that does not answer."""
        return self._under_way.get(receiver)

    def take(self, outcomes: Iterable[Outcome], now: datetime) -> bool:
        """Note what became of letters; True if that changed what operations must hear of."""
        before = self.faults
        for outcome in outcomes:
            letter = outcome.envelope.letter
            line = self._sent.to(letter.receiver) or Line(letter.receiver)
            if letter.number < line.number or (letter.number == line.number and line.under_way is None):
                continue
            self._write(replace(line, number=letter.number, under_way=letter.content))
            if outcome.state == "away":
                self._under_way[letter.receiver] = outcome.envelope
                continue
            self._under_way.pop(letter.receiver, None)
            self._faults.pop(letter.receiver, None)
            self._sent = acknowledge(self._sent, letter)
            if outcome.state == "refused":
                self._faults[letter.receiver] = Fault(
                    receiver=letter.receiver,
                    number=letter.number,
                    code=outcome.code,
                    text=outcome.text,
                    since=now,
                )
        return self.faults != before

    def heard(self, event: Event) -> None:
        """An event was recorded: to acknowledge the alert of a refused letter is to ask that it be sent again."""
        if event.kind != "acknowledgement":
            return
        for receiver, fault in self._faults.items():
            line = self._sent.to(receiver)
            if event.name in (REFUSED, fault.key) and not fault.acknowledged and line is not None:
                self._faults[receiver] = fault.model_copy(update={"acknowledged": True})
                if line.under_way is None:
                    self._write(replace(line, acknowledged=()))

    def _write(self, line: Line) -> None:
        others = [other for other in self._sent.lines if other.receiver != line.receiver]
        self._sent = Correspondence(tuple(sorted((*others, line), key=lambda each: each.receiver)))
