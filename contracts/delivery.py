"""Messages between pathways and subtrials on their way: what is handed to an activity, and what became of it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from contracts.base import Clock, Message
from pathway.events import Report
from pathway.plan import Obligation
from pathway.subtrial.messages import Channel, PeerMessage

REFUSED: Final = "LETTER-REFUSED"
"""The alert that a receiver refused a message: a fault of the program or of its set-up, which operations must look at."""


class Envelope(Message):
    """A message on its way: to whom, and the report that the receiver is to record."""

    message: PeerMessage
    report: Report


class Sender(Message):
    """Who writes, as far as the delivery must know it to find the receiver.

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


class DeliveryBatch(Message):
    """Messages to be handed over at once, one for each receiver.

    `insist`: report back only when one has been handed over or refused; else the attempt fails, and Temporal makes the next.
    """

    sender: Sender
    envelopes: tuple[Envelope, ...]
    insist: bool = False


class Outcome(Message):
    """What became of a message.

    `state`: `delivered`; `closed`: the receiver takes nothing more, and needs nothing; `refused`, with the receiver's `code`
    and reason; `away`: it did not answer. `messages`: how many messages the receiver has to send now, in rehearsals.
    """

    envelope: Envelope
    state: Literal["delivered", "closed", "refused", "away"]
    code: str = ""
    text: str = ""
    messages: int = 0

    @property
    def receiver(self) -> str:
        """To whom the message is."""
        return self.envelope.message.receiver


class DeliveryResult(Message):
    """What became of every message of a batch."""

    outcomes: tuple[Outcome, ...] = ()


class Fault(Message):
    """A message that its receiver has refused."""

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
            text=f"{self.receiver} has refused a message ({self.code}): {self.text}. "
            "Acknowledge when the cause is removed: it is then sent again",
            to="operations",
            notified=("operations",),
            since=self.since,
            rung=1,
        )


class Posted(Message):
    """What one run hands to the next. `under_way`: the messages whose receiver did not answer when last asked."""

    lines: tuple[Channel, ...] = ()
    under_way: tuple[Envelope, ...] = ()
    faults: tuple[Fault, ...] = ()
