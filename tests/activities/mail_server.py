"""A real SMTP server in the test's own loop, that can be stopped, refuse, or vanish after it has taken a mail."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Inbox:
    """What arrived. `answer` is given to each mail; `refuse` are addresses nobody has; `vanish` hangs up instead."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = "250 OK"
    refuse: frozenset[str] = frozenset()
    vanish: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or not."""
        if address in self.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.answer.startswith("2"):
            content: Any = envelope.content
            mail = email.message_from_bytes(content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients.append(list(envelope.rcpt_tos))
            self.arrived.set()
        if self.vanish:
            assert server.transport is not None
            server.transport.close()
        return self.answer

    def ids(self) -> list[str]:
        """The Message-ID of everything that arrived."""
        return [str(mail["Message-ID"]) for mail in self.mails]


@asynccontextmanager
async def mail_server(inbox: Inbox | None = None) -> AsyncIterator[Inbox]:
    """Listen on a free port, or again on the one of that inbox, until the block is left."""
    inbox = inbox or Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", inbox.port
    )
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        await server.wait_closed()
