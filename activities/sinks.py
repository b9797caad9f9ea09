"""Where notices go: the console log, and a mail server.

What is sent holds no clinical value and nothing personal. A notice says who (by pseudonym), what (by id) and
how urgent; what it means, people read where they have signed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import quote

import aiosmtplib
import structlog

import protocols
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


class Unreachable(NotSent):
    """The channel cannot be reached; nothing was handed over, and other notices need not try for now."""


class Unclear(NotSent):
    """The connection was lost while sending: it may have been sent or not.

    It is sent again under the same Message-ID.
    """


class Sink(Protocol):
    """A way out.

    `send` returns a remark, empty if everybody was reached; it raises `NotSent` or one of its kinds.
    """

    channel: str

    async def send(self, notice: Notice) -> str:
        """Send the notice."""
        ...


class ConsoleSink:
    """Writes notices to the log, which is read by whoever runs the worker."""

    channel: str = CONSOLE

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("allpath.notices")

    async def send(self, notice: Notice) -> str:
        """Log the notice: for operations at once, and so that nothing depends on a mail server alone."""
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

    async def send(self, notice: Notice) -> str:
        """Send one mail to everybody who has the role at the site."""
        recipients = self._recipients(notice)
        if not recipients:
            return f"nobody is to get mail for {notice.role}"
        message = mail_of(notice, self._server.sender, recipients, self._server.pages)
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            start_tls=self._server.starttls,
            username=self._server.username,
            password=self._server.password,
            timeout=self._server.timeout_seconds,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise Unreachable(
                f"mail server {self._server.host}:{self._server.port}: {_why(error)}"
            ) from error
        try:
            refused, _ = await client.send_message(message, sender=self._server.sender, recipients=recipients)
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            raise NotSent(f"the mail server refused: {_why(error)}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unclear(f"the mail server did not answer: {_why(error)}") from error
        finally:
            # No QUIT: the mail is accepted by now, and an answer that does not come must not make it look lost.
            client.close()
        return f"{len(refused)} of {len(recipients)} recipients refused" if refused else ""

    def _recipients(self, notice: Notice) -> list[str]:
        for name in (f"{notice.role}@{notice.site}", notice.role):
            if name in self._server.recipients:
                return list(self._server.recipients[name])
        raise NotSent(
            f"no recipients are set for {notice.role} at {notice.site}: set smtp.recipients.{notice.role}, "
            "to an empty list if the role is to get no mail"
        )


_WORDS: Final[Mapping[str, str]] = {
    "decision": "decision to take",
    "sitting": "entered in one sitting",
}


def mail_of(notice: Notice, sender: str, recipients: Sequence[str], pages: str = "") -> EmailMessage:
    """Write the mail. With `pages` a link opens what it is about, after signing in.

    The same notice always gets the same Message-ID and date, so that a duplicate is recognised.
    """
    word = _WORDS.get(notice.kind, notice.kind)
    if notice.kind == "retraction":
        word = notice.state.replace("_", " ") or "no longer so"
    lines = [
        ("Trial", notice.trial),
        ("Site", notice.site),
        ("Subject", notice.subject),
        ("Notice", f"{word}: {notice.id}"),
        ("About", about(notice)),
        ("Severity", notice.severity),
        ("Due", notice.due),
        ("For", notice.role),
        ("Told on", f"{notice.created:%Y-%m-%d %H:%M} UTC"),
    ]
    message = EmailMessage()
    message["Message-ID"] = f"<{notice.message_id}@{Address(addr_spec=sender).domain}>"
    message["Date"] = notice.created
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    severity = f" ({notice.severity})" if notice.severity else ""
    # What was entered together stands in the text: a subject line has no room for it.
    what = word if notice.kind == "sitting" else f"{word} {notice.id}"
    message["Subject"] = _one_line(f"allpath: {what}{severity}, {notice.subject}, site {notice.site}")
    message["Auto-Submitted"] = "auto-generated"
    text = "".join(f"{name + ':':<10}{_one_line(value)}\n" for name, value in lines if value)
    if notice.rehearsal:
        text = "This is a rehearsal.\n\n" + text
    todo = "".join(f"{_one_line(step.what)}: {_one_line(step.command)}\n" for step in _steps(notice))
    look = "" if notice.rehearsal else f"open with: {_one_line(_look(notice))}\n"
    page = page_of(notice)
    opened = f"{pages}{page}\n" if pages and page else ""
    message.set_content(f"{text}\n{opened}{todo}{look}")
    return message


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
    match notice.kind:
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
