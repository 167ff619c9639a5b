"""An SMTP sink: a real server on loopback that records, and can refuse, delay or be away."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from adminportal.tryout import processes

# The server's thread outlives a test by a moment and would write into the stream that pytest has closed by then.
logging.getLogger("mail.log").propagate = False
logging.getLogger("mail.log").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Return it parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def body(self, kind: str = "plain") -> str:
        """Return the text (``plain``) or the markup (``html``)."""
        part = self.message.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


class SmtpSink:
    """Records what it accepts in ``received``; every knob may be turned while it runs."""

    def __init__(self) -> None:
        self.port = processes.free_port()
        self.received: list[Received] = []
        self.attempts = 0
        self._answer: str | None = None
        self._answers_by_address: dict[str, str] = {}
        self._delay_seconds = 0.0
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """Return the address as ``EMAIL_URL`` takes it."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen (again) on the same port."""
        if self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    def stop(self) -> None:
        """Be away: connections are refused by the machine."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def refuse(self, answer: str = "451 4.3.0 Try again later", *, address: str | None = None) -> None:
        """Answer DATA (or RCPT of one ``address``) with an SMTP error; 4xx is temporary, 5xx permanent."""
        if address is None:
            self._answer = answer
        else:
            self._answers_by_address[address.lower()] = answer

    def delay(self, seconds: float) -> None:
        """Wait before each answer to DATA."""
        self._delay_seconds = seconds

    def accept(self) -> None:
        """Take everything at once again."""
        self._answer, self._delay_seconds = None, 0.0
        self._answers_by_address.clear()

    def to(self, address: str) -> list[Received]:
        """Return what one recipient got, oldest first."""
        return [mail for mail in self.received if address.lower() in {name.lower() for name in mail.recipients}]

    async def handle_RCPT(  # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        """Take or refuse one recipient."""
        refusal = self._answers_by_address.get(address.lower())
        if refusal:
            self.attempts += 1
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse one message."""
        self.attempts += 1
        if self._delay_seconds:
            await asyncio.sleep(self._delay_seconds)
        if self._answer:
            return self._answer
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        recipients = tuple(str(name) for name in envelope.rcpt_tos)
        self.received.append(Received(sender=str(envelope.mail_from), recipients=recipients, raw=raw))
        return "250 OK"
