"""Collectors of the audit log: real syslog and web servers on loopback, with TLS of an authority of their own."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path

    def server_side(self) -> ssl.SSLContext:
        """Return how a server uses it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, *, host: str = "localhost") -> Certificate:
    """Write a certificate for ``host`` and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / f"{host}.pem", folder / f"{host}.key")
    found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    found.key.write_bytes(key.private_bytes(pem, form, plain))
    return found


class SyslogCollector:
    """Takes octet-counted syslog; ``drop`` makes it cut the next connections off before it has read them.

    With ``stays`` it reads and never ends the connection; ``drips`` makes it send a byte now and then meanwhile,
    and with ``drips_at_once`` before it has read anything.
    """

    def __init__(self, certificate: Certificate | None = None, *, drips_at_once: bool = False) -> None:
        self.messages: list[str] = []
        self.connections = 0
        self.drop = 0
        self.stays = self.drips = drips_at_once
        self._reads = not drips_at_once
        self._leaves = threading.Event()
        collector = self
        context = certificate.server_side() if certificate else None

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                collector._take(self.request, context)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *facts: object) -> None:
        self._leaves.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, link: socket.socket, context: ssl.SSLContext | None) -> None:
        self.connections += 1
        if self.drop:
            self.drop -= 1
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()
            return
        with contextlib.suppress(OSError):
            if context:
                link = context.wrap_socket(link, server_side=True)
            if self._reads:
                self.messages += list(_frames(_read_all(link)))
            while self.stays and not self._leaves.wait(0.02):
                if self.drips:
                    link.sendall(b".")
            if isinstance(link, ssl.SSLSocket):
                link.unwrap()
        link.close()


def _read_all(link: socket.socket) -> bytes:
    pieces = b""
    while piece := link.recv(65_536):
        pieces += piece
    return pieces


def _frames(stream: bytes) -> Iterator[str]:
    while stream:
        length, _, rest = stream.partition(b" ")
        yield rest[: int(length)].decode("ascii")
        stream = rest[int(length) :]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class WebhookCollector:
    """Takes POSTs; ``answers`` are the next statuses, then 204; a redirect leads to ``/elsewhere``."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.calls: list[Call] = []
        self.answers: list[int] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.calls.append(Call(self.path, dict(self.headers), body))
                self.send_response(collector.answers.pop(0) if collector.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            self._server.socket = certificate.server_side().wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *facts: object) -> None:
        self._server.shutdown()
        self._server.server_close()
