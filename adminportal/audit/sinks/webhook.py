"""A webhook: JSON lines by POST, signed with HMAC-SHA256, taken when the answer is 2xx."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from adminportal import outgoing
from adminportal.audit.sinks.address import SinkAddress
from adminportal.audit.sinks.connection import Line, SinkFailed, connect, server_of
from adminportal.sealing import Secret

SIGNATURE_HEADER = "X-Portal-Signature"


class WebhookSink:
    """Sends each batch as one request; follows no redirect."""

    def __init__(self, address: SinkAddress, *, secret: Secret) -> None:
        """Remember where to, and the key of the signature."""
        self._address = address
        self._secret = secret

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """Hand the lines over; see :class:`~adminportal.audit.sinks.connection.Sink`."""
        body = "".join(f"{line.text}\n" for line in lines).encode("ascii")
        headers = {
            "Content-Type": "application/x-ndjson",
            SIGNATURE_HEADER: signature(body, secret=self._secret, at=int(now.timestamp())),
        }
        status = self._post(body, headers)
        if not 200 <= status < 300:
            raise SinkFailed(f"answered {status}")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        # The socket was made by ``connect``: to the address that was judged, with TLS for the name.
        link = connect(self._address)
        try:
            return outgoing.post(link, server_of(self._address), self._address.target, body, headers).status
        except outgoing.NoAnswer as problem:
            raise SinkFailed(f"no answer: {problem.reason}") from problem


@sensitive_variables("secret")
def signature(body: bytes, *, secret: Secret, at: int) -> str:
    """Return ``t=<unix seconds>,v1=<hex>``: the HMAC-SHA256 of the seconds, a dot and the body."""
    signed = hmac.digest(secret.expose().encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={signed.hex()}"
