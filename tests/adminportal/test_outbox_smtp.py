"""Encrypted SMTP: nothing is said before the server has proved who it is."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adminportal.outbox.models import Failure, State
from tests.adminportal.outbox_cast import RECIPIENT, deliver, store, templates_setting, write_templates
from tests.services.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


class EncryptedSink(SmtpSink):
    """Demands STARTTLS and a sign-in before it takes a message."""

    def __init__(self, certificate: Path) -> None:
        super().__init__()
        self.sign_ins: list[tuple[bytes, bytes]] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._encrypted = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._judge,
        )

    def start(self) -> None:
        self._encrypted.start()

    def stop(self) -> None:
        self._encrypted.stop()

    def _judge(self, *facts: object) -> AuthResult:
        offered = facts[-1]
        assert isinstance(offered, LoginPassword)
        self.sign_ins.append((offered.login, offered.password))
        return AuthResult(success=offered.password == b"p@ss:word", handled=False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def sink(
    certificate: Path, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EncryptedSink]:
    write_templates(tmp_path)
    settings.TEMPLATES = templates_setting(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda message_ids: True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    encrypted = EncryptedSink(certificate)
    encrypted.start()
    settings.EMAIL_CHANNEL_URL = f"smtp://portal:p%40ss%3Aword@127.0.0.1:{encrypted.port}?tls=starttls"  # type: ignore[attr-defined]
    yield encrypted
    encrypted.stop()


def test_mail_is_sent_after_encryption_and_sign_in(sink: EncryptedSink) -> None:
    assert deliver(store()) == State.SENT
    assert sink.sign_ins == [(b"portal", b"p@ss:word")]
    assert len(sink.to(RECIPIENT)) == 1


def test_server_without_a_trusted_certificate_learns_nothing(
    sink: EncryptedSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    message = store()

    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.UNREACHABLE
    assert sink.sign_ins == []


def test_server_that_offers_no_encryption_learns_nothing(sink: EncryptedSink, settings: object) -> None:
    plain = SmtpSink()
    plain.start()
    settings.EMAIL_CHANNEL_URL = f"smtp://portal:secret@127.0.0.1:{plain.port}?tls=starttls"  # type: ignore[attr-defined]
    message = store()

    assert deliver(message) == State.QUEUED
    plain.stop()

    assert plain.attempts == 0


def test_refused_sign_in_waits_for_the_operator(sink: EncryptedSink, settings: object) -> None:
    settings.EMAIL_CHANNEL_URL = f"smtp://portal:wrong@127.0.0.1:{sink.port}?tls=starttls"  # type: ignore[attr-defined]
    message = store()

    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.SIGN_IN_REFUSED
    assert "wrong" not in message.failure_detail
