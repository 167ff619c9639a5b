"""Sends mail over SMTP, one connection for as many messages as its user has."""

from __future__ import annotations

import re
import smtplib
import ssl
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from adminportal import clock
from adminportal.outbox.channels.base import (
    ChannelUnavailable,
    PermanentFailure,
    SendingFailed,
    TemporaryFailure,
    TooLate,
    UncertainOutcome,
)
from adminportal.outbox.content import CONTROL_CHARACTERS, Parcel
from adminportal.outbox.models import Failure

TIMEOUT_SECONDS = 8.0
"""How long one step of the conversation may take; all of them together stay under the dispatcher's claim."""
OK, START_INPUT, SERVER_ERROR = 250, 354, 500
LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)


class EmailChannel:
    """Speaks SMTP with the server of ``smtp://user:pass@host:port?tls=starttls`` or ``smtps://…``."""

    def __init__(self, url: str) -> None:
        """Read the address.

        :raises ChannelUnavailable: when it names no host or an unknown option.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        if not parts.hostname or options.get("tls", ["starttls"]) != ["starttls"] or set(options) - {"tls"}:
            raise ChannelUnavailable("email")
        self._host = parts.hostname
        self._implicit_tls = parts.scheme == "smtps"
        self._starttls = "tls" in options
        self._port = parts.port or (465 if self._implicit_tls else 587 if self._starttls else 25)
        self._user, self._password = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._server: smtplib.SMTP | None = None

    def send(self, parcel: Parcel, *, last_moment: datetime) -> str:
        """Hand one mail over; see :class:`~adminportal.outbox.channels.base.Channel`."""
        recipient = envelope_address(parcel.to)
        content = compose(parcel).as_bytes()
        server = self._connected()
        try:
            self._open_envelope(server, recipient)
            return _hand_over(server, content, last_moment=last_moment)
        except (TooLate, UncertainOutcome):
            self._drop()
            raise
        except (OSError, smtplib.SMTPException) as problem:
            self._drop()
            raise TemporaryFailure(Failure.UNREACHABLE, type(problem).__name__) from problem

    def close(self) -> None:
        """Say goodbye and end the connection."""
        if self._server is None:
            return
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._drop()
        self._server = None

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            if _answers(self._server):
                return self._server
            self._drop()
        try:
            self._server = self._connect()
        except smtplib.SMTPAuthenticationError as problem:
            raise TemporaryFailure(Failure.SIGN_IN_REFUSED, f"{problem.smtp_code}") from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise TemporaryFailure(Failure.UNREACHABLE, type(problem).__name__) from problem
        return self._server

    def _connect(self) -> smtplib.SMTP:
        if self._implicit_tls:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            if self._starttls:
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _open_envelope(self, server: smtplib.SMTP, recipient: str) -> None:
        options = []
        if not recipient.isascii():
            if not server.has_extn("smtputf8"):
                raise PermanentFailure(Failure.ADDRESS_INVALID, "SMTPUTF8")
            options = ["SMTPUTF8"]
        code, answer = server.mail(parseaddr(settings.EMAIL_FROM)[1], options)
        if code != OK:
            _reset(server)
            raise TemporaryFailure(Failure.SENDER_REFUSED, _readable(code, answer))
        code, answer = server.rcpt(recipient)
        if code not in (OK, 251):
            _reset(server)
            _refuse(code, answer, Failure.RECIPIENT_REFUSED)

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None


def compose(parcel: Parcel) -> EmailMessage:
    """Build the mail; the same parcel gives the same bytes, boundary and date included.

    :raises PermanentFailure: when the recipient's address cannot be written to.
    :raises TemporaryFailure: when the operator's sender address is none.
    """
    recipient = envelope_address(parcel.to)
    mail = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    name, sender = parseaddr(settings.EMAIL_FROM)
    _set_address(
        mail, "From", parcel.sender_name or name, sender, TemporaryFailure(Failure.SENDER_REFUSED, "EMAIL_FROM")
    )
    _set_address(mail, "To", "", recipient, PermanentFailure(Failure.ADDRESS_INVALID))
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(parcel.issued_at)
    for header, value in parcel.headers.items():
        mail[header] = value
    mail.set_content(parcel.text, cte="quoted-printable")
    if parcel.html:
        mail.add_alternative(parcel.html, subtype="html", cte="quoted-printable")
        mail.set_boundary(parcel.boundary)
    return mail


def _set_address(mail: EmailMessage, header: str, name: str, address: str, refusal: SendingFailed) -> None:
    try:
        mail[header] = Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError, MessageError) as problem:
        raise refusal from problem


def envelope_address(address: str) -> str:
    """Return the address as SMTP takes it, its domain in ASCII.

    :raises PermanentFailure: when it is not one plain address.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or CONTROL_CHARACTERS.search(address) or re.search(r"[\s<>,;:()\"]", address):
        raise PermanentFailure(Failure.ADDRESS_INVALID)
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as problem:
        raise PermanentFailure(Failure.ADDRESS_INVALID) from problem


def _hand_over(server: smtplib.SMTP, content: bytes, *, last_moment: datetime) -> str:
    code, answer = server.docmd("DATA")
    if code != START_INPUT:
        _reset(server)
        _refuse(code, answer, Failure.CONTENT_REFUSED)
    if clock.now() > last_moment:
        raise TooLate
    try:
        # One write: the second of two would wait some 40 ms for the delayed acknowledgement of the first.
        end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        server.send(LINE_START_DOT.sub(b"..", content) + end)
        code, answer = server.getreply()
    except (OSError, smtplib.SMTPServerDisconnected) as problem:
        # From the first byte of the content on, only its answer tells whether it was taken (RFC 5321 section 4.5.3.2).
        raise UncertainOutcome(Failure.NO_ANSWER, type(problem).__name__) from problem
    if code != OK:
        _reset(server)
        _refuse(code, answer, Failure.CONTENT_REFUSED)
    return _readable(code, answer)


def _refuse(code: int, answer: bytes, reason: Failure) -> None:
    if code >= SERVER_ERROR:
        raise PermanentFailure(reason, _readable(code, answer))
    raise TemporaryFailure(Failure.TRY_LATER, _readable(code, answer))


def _readable(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode('utf-8', 'replace')}"


def _reset(server: smtplib.SMTP) -> None:
    try:
        server.rset()
    except (OSError, smtplib.SMTPException):
        # What the server said before it hung up counts; the next message notices the lost connection.
        server.close()


def _answers(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == OK
    except (OSError, smtplib.SMTPException):
        return False
