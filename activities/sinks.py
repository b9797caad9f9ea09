"""Where notices go: the console log, and a mail server.

What is sent holds no clinical value and nothing personal. A notice says who (by pseudonym), what (by id) and
how urgent; what it means, people read where they have signed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import quote

import aiosmtplib
import structlog

import protocols
from contracts.mail_address import read_address
from pathway.errors import AllpathError, ProtocolError, UnknownName
from pathway.language import Decision, Deviation, Milestone
from pathway.language import Protocol as Definition
from pathway.patient import settle
from pathway.patient.settle import Step
from store.outbox import CONSOLE, MAIL, Notice


class NotSent(AllpathError):
    """The notice was not sent, for a reason of its own: a recipient is refused, or nobody is configured.

    Others may go.
    """


class Refused(NotSent):
    """The address was refused for good (SMTP 5xx to each recipient): trying again helps nobody."""


class Unreachable(NotSent):
    """The channel cannot be reached; nothing was handed over, and other notices need not try for now."""


class Unclear(NotSent):
    """The connection was lost while sending: it may have been sent or not.

    It is sent again under the same Message-ID.
    """


class Sink(Protocol):
    """A way out.

    `send` sends notices in one message and returns a remark, empty if everybody was reached; it raises `NotSent` or one of its
    kinds.
    More than one come only where people are told once a day.
    """

    channel: str

    async def send(self, *notices: Notice) -> str:
        """Send the notices."""
        ...


class ConsoleSink:
    """Writes notices to the log, which is read by whoever runs the worker."""

    channel: str = CONSOLE

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("allpath.notices")

    async def send(self, *notices: Notice) -> str:
        """Log them: for operations at once, and so that nothing depends on a mail server alone."""
        for notice in notices:
            urgent = notice.severity in ("major", "critical") and notice.kind != "retraction"
            (self._log.warning if urgent else self._log.info)(
                "notice",
                kind=notice.kind,
                item_id=notice.id,
                severity=notice.severity,
                subject=notice.subject,
                trial=notice.trial,
                site=notice.site,
                role=notice.role,
                due=notice.due,
                rehearsal=notice.rehearsal,
                outbox_id=notice.outbox_id,
            )
        return ""


@dataclass(frozen=True)
class MailServer:
    """How mail leaves.

    `recipients`: addresses by role (`clinician`) or by role and site (`clinician@S01`), which wins. A role
    with no addresses, `()`, gets no mail, on purpose; the notices of a role that is not named at all wait and
    count as stuck. `starttls=False` is for servers on the same machine. `timeout_seconds` is for each step of
    the conversation.
    """

    host: str
    port: int
    sender: str
    recipients: Mapping[str, Sequence[str]]
    starttls: bool = True
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 20
    pages: str = ""


class MailSink:
    """Sends notices by SMTP."""

    channel: str = MAIL

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, *notices: Notice) -> str:
        """Send one mail to everybody who has the role at the site."""
        (notice,) = notices
        recipients = self._recipients(notice)
        if not recipients:
            return f"nobody is to get mail for {notice.role}"
        message = mail_of(notice, self._server.sender, recipients, self._server.pages)
        return await post(self._server, message, recipients)

    def _recipients(self, notice: Notice) -> list[str]:
        for name in (f"{notice.role}@{notice.site}", notice.role):
            if name in self._server.recipients:
                return list(self._server.recipients[name])
        raise NotSent(
            f"no recipients are set for {notice.role} at {notice.site}: set smtp.recipients.{notice.role}, "
            "to an empty list if the role is to get no mail"
        )


async def post(server: MailServer, message: EmailMessage, recipients: Sequence[str]) -> str:
    """Hand a mail to the server. Returns and raises as `Sink.send` does; no word of it names an address."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        start_tls=server.starttls,
        username=server.username,
        password=server.password,
        timeout=server.timeout_seconds,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise Unreachable(f"mail server {server.host}:{server.port}: {_why(error)}") from error
    try:
        refused, _ = await client.send_message(
            message, sender=read_address(server.sender).addr_spec, recipients=_specs(recipients)
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        kind = Refused if all(each.code >= 500 for each in error.recipients) else NotSent
        raise kind(f"the mail server refused: {_why(error)}") from error
    except aiosmtplib.SMTPResponseException as error:
        raise NotSent(f"the mail server refused: {_why(error)}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unclear(f"the mail server did not answer: {_why(error)}") from error
    finally:
        # No QUIT: the mail is accepted by now, and an answer that does not come must not make it look lost.
        client.close()
    return f"{len(refused)} of {len(recipients)} recipients refused" if refused else ""


def _specs(recipients: Sequence[str]) -> list[str]:
    """The addresses alone, without the names before them."""
    return [read_address(each).addr_spec for each in recipients]


_WORDS: Final[Mapping[str, str]] = {
    "decision": "decision to take",
    "sitting": "entered in one sitting",
    "unopened": "opened by nobody",
    "bounce": "address refused for good",
}
_ASKED: Final[Mapping[str, str]] = {
    "decision": "a decision, by the {role}",
    "deviation": "take note of it, and settle what it is about",
    "alert": "take note of it, and settle what it is about",
    "milestone": "nothing, it is told so that you know",
    "retraction": "nothing any more",
    "sitting": "look at what was entered",
    "unopened": "see to it that somebody looks: whoever was told of it has not",
    "bounce": "give a right address in its place, with allpath people notify or in the settings",
}


def mail_of(notice: Notice, sender: str, recipients: Sequence[str], pages: str = "") -> EmailMessage:
    """Write the mail. With `pages` a link opens what it is about, after signing in.

    The same notice always gets the same Message-ID and date, so that a duplicate is recognised.
    """
    message = EmailMessage()
    message["Message-ID"] = f"<{notice.message_id}@{read_address(sender).domain}>"
    message["Date"] = notice.created
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = title_of(notice)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(notice, pages))
    return message


def title_of(notice: Notice) -> str:
    """One line: what, how urgent, who by pseudonym, where."""
    severity = f" ({notice.severity})" if notice.severity else ""
    # What was entered together stands in the text: a subject line has no room for it.
    what = _word(notice) if notice.kind == "sitting" else f"{_word(notice)} {notice.id}"
    return _one_line(f"allpath: {what}{severity}, {notice.subject}, site {notice.site}")


def _word(notice: Notice) -> str:
    if notice.kind == "retraction":
        return notice.state.replace("_", " ") or "no longer so"
    return _WORDS.get(notice.kind, notice.kind)


def text_of(notice: Notice, pages: str = "") -> str:
    """What it is, what is asked, until when, and where to look; without a value, and without anything personal."""
    lines = [
        ("Trial", notice.trial),
        ("Site", notice.site),
        ("Subject", notice.subject),
        ("Notice", f"{_word(notice)}: {notice.id}"),
        ("About", about(notice)),
        ("Asked", _ASKED.get(notice.kind, "").format(role=notice.role)),
        ("Severity", notice.severity),
        ("Due", notice.due),
        ("For", notice.role),
        ("Told on", f"{notice.created:%Y-%m-%d %H:%M} UTC"),
    ]
    text = "".join(f"{name + ':':<10}{_one_line(value)}\n" for name, value in lines if value)
    if notice.rehearsal:
        text = "This is a rehearsal.\n\n" + text
    todo = "".join(f"{_one_line(step.what)}: {_one_line(step.command)}\n" for step in _steps(notice))
    look = "" if notice.rehearsal else f"open with: {_one_line(_look(notice))}\n"
    page = page_of(notice)
    opened = f"{pages}{page}\n" if pages and page else ""
    return f"{text}\n{opened}{todo}{look}"


def about(notice: Notice) -> str:
    """What a notice is about in the words of its protocol, which hold no values; empty where this program does not have it."""
    protocol = _protocol(notice)
    if protocol is None:
        return ""
    known: Sequence[Decision | Deviation | Milestone]
    match notice.kind:
        case "decision":
            known = protocol.decisions
        case "deviation" | "alert":
            known = protocol.deviations
        case "milestone":
            known = protocol.milestones
        case "unopened":
            known = (*protocol.decisions, *protocol.deviations)
        case _:
            return ""
    return next((each.text for each in known if each.id == notice.id), "")


def page_of(notice: Notice) -> str:
    """The address, within the pages, of what a notice is about; empty for a rehearsal, which has none."""
    if notice.rehearsal:
        return ""
    trial, subject = quote(notice.trial, safe=""), quote(notice.subject, safe="")
    pages = {"subtrial": f"/subtrials/{trial}/{subject}", "meeting": f"/meeting/{trial}"}
    whose = pages.get(notice.whose, f"/patients/{trial}/{subject}")
    key = notice.key or notice.id
    kind = notice.kind
    if kind == "unopened":
        kind = "decision" if key.startswith("decision ") else "alert"
    match kind:
        case "decision":
            return f"{whose}/decisions/{quote(key.removeprefix('decision '), safe='')}"
        case "deviation" | "alert":
            return f"{whose}/notices/{quote(key, safe='')}"
    return whose


def _look(notice: Notice) -> str:
    """The command that shows whom a notice is about."""
    looks = {
        "subtrial": f"allpath subtrial show {notice.trial} {notice.subject}",
        "meeting": f"allpath meeting show {notice.trial}",
    }
    return looks.get(notice.whose, f"allpath show {notice.subject}")


def _protocol(notice: Notice) -> Definition | None:
    try:
        return protocols.find(notice.trial)
    except (UnknownName, ProtocolError):
        return None


def _steps(notice: Notice) -> list[Step]:
    """What is to be done about a notice, without its values: those are read where people have signed in.

    Nothing for a rehearsal: a command that is copied from it would speak of the patient of the same pseudonym.
    """
    if notice.rehearsal or notice.whose != "patient":
        return []
    match notice.kind:
        case "decision":
            key = notice.key.removeprefix("decision ") or notice.id
            return settle.of_decision(notice.subject, key, notice.role, None, (), "")
        case "deviation" | "alert":
            return settle.of_notice(None, notice.subject, notice.key or notice.id, notice.role)
    return []


def _one_line(text: str) -> str:
    """Leave nothing in it that could start another header or line."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _why(error: Exception) -> str:
    """Name the error and the server's code, not its sentence, which may quote addresses."""
    code = f" {error.code}" if isinstance(error, aiosmtplib.SMTPResponseException) else ""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = " " + ", ".join(str(refusal.code) for refusal in error.recipients)
    return f"{type(error).__name__}{code}"
