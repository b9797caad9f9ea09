"""The messages between patients' pathways and the governors of subtrials: what they say, and which is to be sent.

A sender compares what it would say now with what the receiver last acknowledged, and writes when that differs; so nothing
that happened is lost, nothing is told twice, and a corrected DLT is simply one more message. A message that is under way keeps
its number and its words until it is acknowledged, however often it has to be sent; only then is it compared anew. So a
receiver gets the messages of one sender one at a time and in their order.

A shell keeps one `Channels` for each sender and calls, whenever the sender's plan may have changed,

    sent, messages = standings_due(sent, plan, site)          # a patient's pathway
    sent, messages = answers_due(sent, plan.answers, record)  # a governor

keeps `sent`, hands each message to its receiver as `standing_report` or `answer_report`, and for each one that has arrived
`sent = acknowledge(sent, message)`, then asks again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pathway.events import Report
from pathway.language import SLOT_FACT
from pathway.plan import Plan, Standing
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.keys import SUBJECT
from pathway.subtrial.plan import Answer

STANDING = "standing"
"""The action by which a governor learns how a patient stands; scope `subject`, a whole replacement of the one before."""

FORMERLY = "formerly"
"""The detail of a standing that names the patient's earlier pseudonyms, oldest first, a blank between them."""

Content = tuple[tuple[str, str], ...]
"""What a message says: details by name, sorted; what is not known is left out."""


@dataclass(frozen=True, slots=True)
class PeerMessage:
    """A message to a receiver: a subtrial's id or a subject. `number` counts the sender's messages to it, from 1."""

    receiver: str
    number: int
    content: Content


@dataclass(frozen=True, slots=True)
class Channel:
    """How far the messages to one receiver have come.

    `number` of the last message written, `acknowledged`: what the receiver knows (() nothing), `under_way`: what it has been
    sent and not acknowledged (None: nothing).
    """

    receiver: str
    number: int = 0
    acknowledged: Content = ()
    under_way: Content | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """All that a sender has written, one line for each receiver, sorted by receiver. Text and integers only: it is kept with
    the sender's record."""

    lines: tuple[Channel, ...] = ()

    def to(self, receiver: str) -> Channel | None:
        """The messages to a receiver; None if there was none."""
        at = _place(self.lines, receiver)
        return self.lines[at] if at < len(self.lines) and self.lines[at].receiver == receiver else None


def standings_due(
    sent: Channels, plan: Plan, site: Site, formerly: Sequence[str] = ()
) -> tuple[Channels, tuple[PeerMessage, ...]]:
    """The messages that a patient's pathway has to send, by subtrial id, those under way again included.

    `formerly`: the pseudonyms that the patient had before, oldest first. A governor is not written to before the
    patient has anything to do with its subtrial.
    """
    wanted = {
        standing.subtrial: standing_content(standing, site, formerly)
        for standing in plan.standings
        if _says_something(standing) or sent.to(standing.subtrial) is not None
    }
    return _due(sent, wanted)


def answers_due(
    sent: Channels, answers: Mapping[str, Answer], record: Record
) -> tuple[Channels, tuple[PeerMessage, ...]]:
    """The messages that a governor has to send, by subject, those under way again included.

    `answers` of its plan, `record` its own. Only patients whose pathway has written get one: of the others (whose pathway is
    elsewhere, and who were reported by people) people read in the governor's plan.
    """
    pathways = {dict(event.scope).get(SUBJECT, "") for event in record.actions.get(STANDING, ())}
    wanted = {subject: answer_content(a) for subject, a in answers.items() if subject in pathways}
    return _due(sent, wanted)


def acknowledge(sent: Channels, message: PeerMessage) -> Channels:
    """The message has arrived, or was refused for good: it is not sent again, and what it said is what the next is compared
    with. A late acknowledgement of an earlier message changes nothing."""
    line = sent.to(message.receiver)
    if line is None or line.under_way is None or line.number != message.number:
        return sent
    return _put(sent, replace(line, acknowledged=line.under_way, under_way=None))


def standing_report(subject: str, message: PeerMessage, at: datetime) -> Report:
    """The message of a patient's pathway as the governor is to record it: `P1:4`. `at`: the instant of sending."""
    return Report(
        id=f"{subject}:{message.number}",
        kind="action",
        at=at,
        role="coordinator",
        name=STANDING,
        scope=((SUBJECT, subject),),
        details=tuple(sorted((*message.content, ("number", str(message.number))))),
    )


def answer_report(subtrial: str, message: PeerMessage, at: datetime) -> Report:
    """The message of a governor as the patient's pathway is to record it: `slot:D:3`. `at`: the instant of sending."""
    content = dict(message.content)
    state = content.pop("state")
    return Report(
        id=f"{SLOT_FACT}:{subtrial}:{message.number}",
        kind="observation",
        at=at,
        role="sponsor",
        name=SLOT_FACT,
        point=subtrial,
        value=state,
        details=tuple(sorted(content.items())),
    )


def standing_content(standing: Standing, site: Site, formerly: Sequence[str] = ()) -> Content:
    """What a patient's message says: `wants`, `site` and `country` always; `started` (ISO day), `dlt`, `response` once known;
    `formerly` of a patient who was called otherwise before."""
    return _content(
        country=site.country,
        dlt=standing.dlt,
        formerly=" ".join(formerly),
        response=standing.response,
        site=site.id,
        started=standing.started.isoformat() if standing.started is not None else "",
        wants=standing.wants,
    )


def answer_content(answer: Answer) -> Content:
    """What a governor's message says: `state` always; `level`, `reason` and `until` (an instant, UTC) where there is one."""
    until = answer.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if answer.until is not None else ""
    return _content(state=answer.state, level=answer.level, reason=answer.reason, until=until)


def _says_something(standing: Standing) -> bool:
    return standing.wants != "nothing" or standing.started is not None


def _content(**details: str) -> Content:
    return tuple(sorted((name, text) for name, text in details.items() if text))


def _due(sent: Channels, wanted: Mapping[str, Content]) -> tuple[Channels, tuple[PeerMessage, ...]]:
    messages = []
    lines = {line.receiver: line for line in sent.lines}
    waiting = [line.receiver for line in sent.lines if line.under_way is not None]
    written = False
    for receiver in sorted({*waiting, *wanted}):
        line = lines.get(receiver) or Channel(receiver)
        if line.under_way is None:
            if wanted[receiver] == line.acknowledged:
                continue
            line = replace(line, number=line.number + 1, under_way=wanted[receiver])
            lines[receiver], written = line, True
        assert line.under_way is not None
        messages.append(PeerMessage(receiver, line.number, line.under_way))
    if written:
        sent = Channels(tuple(lines[receiver] for receiver in sorted(lines)))
    return sent, tuple(messages)


def _put(sent: Channels, line: Channel) -> Channels:
    at = _place(sent.lines, line.receiver)
    known = at < len(sent.lines) and sent.lines[at].receiver == line.receiver
    return Channels((*sent.lines[:at], line, *sent.lines[at + known :]))


def _place(lines: tuple[Channel, ...], receiver: str) -> int:
    """Where the line to a receiver is among the sorted lines, or belongs."""
    return bisect_left(lines, receiver, key=lambda line: line.receiver)


__all__ = [
    "FORMERLY",
    "STANDING",
    "SUBJECT",
    "Answer",
    "Channel",
    "Channels",
    "Content",
    "PeerMessage",
    "acknowledge",
    "answer_content",
    "answer_report",
    "answers_due",
    "standing_content",
    "standing_report",
    "standings_due",
]
