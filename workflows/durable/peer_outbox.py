"""The post of one pathway or governor: the messages that are due, under way, refused. Pure, and carried from run to run.

`pathway.subtrial.messages` says what is to be written. Here is what became of it: a message under way is kept with
its report exactly as it was, so that however often it is sent, its receiver records it once. What is under way changes only
by what history holds (the outcomes that deliveries report, with the messages), never by what the plan says today: so a
corrected engine replays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from contracts.delivery import REFUSED, Envelope, Fault, Outcome, Posted
from pathway.events import Event, Report
from pathway.subtrial.messages import Channel, Channels, PeerMessage, acknowledge
from pathway.subtrial.names import renames_of

Due = Callable[[Channels], tuple[Channels, tuple[PeerMessage, ...]]]
"""Which messages a sender would write, given what it has written (`pathway.subtrial.messages`)."""


class PeerOutbox:
    """The messages of one sender."""

    def __init__(self, posted: Posted) -> None:
        """Take up what the run before left."""
        self._sent = Channels(posted.lines)
        self._under_way = {each.message.receiver: each for each in posted.under_way}
        self._faults = {each.receiver: each for each in posted.faults}
        self._names: dict[str, str] = {}

    def posted(self) -> Posted:
        """What the next run needs."""
        return Posted(
            lines=self._sent.lines,
            under_way=tuple(self._under_way.values()),
            faults=self.faults,
        )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The messages that were refused, and have not been delivered since."""
        return tuple(self._faults.values())

    @property
    def waiting(self) -> tuple[Envelope, ...]:
        """The messages under way."""
        return tuple(self._under_way.values())

    @property
    def away(self) -> tuple[str, ...]:
        """The receivers that do not answer."""
        return tuple(self._under_way)

    def new(self, due: Due, report: Callable[[PeerMessage], Report]) -> tuple[Envelope, ...]:
        """The messages that are due, without those to receivers that have one under way. Changes nothing."""
        _, messages = due(self._sent)
        return tuple(
            Envelope(message=message, report=report(message))
            for message in messages
            if message.receiver not in self._under_way
        )

    def to(self, receiver: str) -> Envelope | None:
        """The message under way to a receiver that does not answer."""
        return self._under_way.get(receiver)

    def take(self, outcomes: Iterable[Outcome], now: datetime) -> bool:
        """Note what became of messages; True if that changed what operations must hear of."""
        before = self.faults
        for outcome in outcomes:
            message = self._addressed(outcome.envelope.message)
            line = self._sent.to(message.receiver) or Channel(message.receiver)
            if message.number < line.number or (message.number == line.number and line.under_way is None):
                continue
            self._write(replace(line, number=message.number, under_way=message.content))
            if outcome.state == "away":
                self._under_way[message.receiver] = outcome.envelope.model_copy(update={"message": message})
                continue
            self._under_way.pop(message.receiver, None)
            self._faults.pop(message.receiver, None)
            self._sent = acknowledge(self._sent, message)
            if outcome.state == "refused":
                self._faults[message.receiver] = Fault(
                    receiver=message.receiver,
                    number=message.number,
                    code=outcome.code,
                    text=outcome.text,
                    since=now,
                )
        return self.faults != before

    def heard(self, event: Event) -> None:
        """An event was recorded: to acknowledge the alert of a refused message is to ask that it be sent again. What is for a
        patient who got another pseudonym goes on under that."""
        if names := renames_of(event):
            self._readdress(names)
        if event.kind != "acknowledgement":
            return
        for receiver, fault in self._faults.items():
            line = self._sent.to(receiver)
            if event.name in (REFUSED, fault.key) and not fault.acknowledged and line is not None:
                self._faults[receiver] = fault.model_copy(update={"acknowledged": True})
                if line.under_way is None:
                    self._write(replace(line, acknowledged=()))

    def _readdress(self, names: dict[str, str]) -> None:
        self._names |= names
        for old, present in names.items():
            line, envelope = self._sent.to(old), self._under_way.pop(old, None)
            if line is not None:
                self._sent = Channels(tuple(each for each in self._sent.lines if each.receiver != old))
                self._write(replace(line, receiver=present))
            if envelope is not None:
                message = replace(envelope.message, receiver=present)
                self._under_way[present] = envelope.model_copy(update={"message": message})
            fault = self._faults.pop(old, None)
            if fault is not None:
                self._faults[present] = fault.model_copy(update={"receiver": present})

    def _addressed(self, message: PeerMessage) -> PeerMessage:
        """A message as it would be addressed now: its receiver may have got another pseudonym while it was under way."""
        return replace(message, receiver=self._names.get(message.receiver, message.receiver))

    def _write(self, line: Channel) -> None:
        others = [other for other in self._sent.lines if other.receiver != line.receiver]
        self._sent = Channels(tuple(sorted((*others, line), key=lambda each: each.receiver)))
