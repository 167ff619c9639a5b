"""A webhook: JSON lines by POST, signed with HMAC-SHA256, taken when the answer is 2xx."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from http.client import HTTPConnection, HTTPException

from django.views.decorators.debug import sensitive_variables

from adminportal.audit.sinks.address import SinkAddress
from adminportal.audit.sinks.connection import Line, SinkFailed, connect
from adminportal.sealing import Secret

SIGNATURE_HEADER = "X-Portal-Signature"
ANSWER_BYTES = 65_536
"""How much of an answer is read, in bytes."""


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
            "User-Agent": "adminportal",
            SIGNATURE_HEADER: signature(body, secret=self._secret, at=int(now.timestamp())),
        }
        status = self._post(body, headers)
        if not 200 <= status < 300:
            raise SinkFailed(f"answered {status}")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        # The socket was made by ``connect``: to the address that was judged, with TLS for the name.
        link = connect(self._address)
        request = HTTPConnection(self._address.host, self._address.port)
        request.sock = link
        try:
            request.request("POST", self._address.target, body, headers)
            answer = request.getresponse()
            answer.read(ANSWER_BYTES)
        except (OSError, HTTPException) as problem:
            raise SinkFailed(f"no answer: {type(problem).__name__}") from problem
        finally:
            with contextlib.suppress(OSError):
                request.close()
        return answer.status


@sensitive_variables("secret")
def signature(body: bytes, *, secret: Secret, at: int) -> str:
    """Return ``t=<unix seconds>,v1=<hex>``: the HMAC-SHA256 of the seconds, a dot and the body."""
    signed = hmac.digest(secret.expose().encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={signed.hex()}"
