"""A gateway of text messages on loopback that answers as a test tells it to."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, str]:
        """Return the body of a webhook."""
        found: dict[str, str] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer; ``hangs`` takes the request and never answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    hangs: bool = False


class Gateway:
    """Takes POSTs; ``replies`` are the next answers, then 200."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self._over = threading.Event()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.requests.append(Request(self.path, dict(self.headers), body))
                reply = gateway.replies.pop(0) if gateway.replies else Reply()
                if reply.hangs:
                    gateway._over.wait(30)
                    return
                with contextlib.suppress(OSError):
                    self.send_response(reply.status)
                    for name, value in ({"Content-Length": str(len(reply.body))} | reply.headers).items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *facts: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
