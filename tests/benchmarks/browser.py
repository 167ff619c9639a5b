"""Calls a WSGI application as a web server does, with nothing of a test client in the measured time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

CSRF_TOKEN = "0123456789abcdefghijABCDEFGHIJ01"
"""A form's token and its cookie agree: that is all the check asks for over plain loopback."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, and the seconds from the call to the close of the response."""

    status: int
    location: str
    body: bytes
    seconds: float


@dataclass(slots=True, kw_only=True)
class Browser:
    """Sends requests with cookies; of those that come back it keeps the ones named in ``kept``."""

    application: Application
    csrf_cookie: str
    source: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def get(self, address: str) -> Answer:
        """Ask for a page."""
        path, _, query = address.partition("?")
        return self._call({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}, b"")

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form."""
        body = urlencode({**form, "csrfmiddlewaretoken": CSRF_TOKEN}).encode()
        own = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
        }
        return self._call(own, body)

    def _call(self, own: dict[str, str], body: bytes) -> Answer:
        environment = self._environment(body) | own
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], problem: object = None) -> None:
            head[:] = [status, headers]

        started = time.perf_counter()
        response = self.application(environment, start_response)
        content = b"".join(response)
        response.close()
        seconds = time.perf_counter() - started
        headers = {name.lower(): value for name, value in head[1]}
        self._keep([value for name, value in head[1] if name.lower() == "set-cookie"])
        return Answer(status=int(head[0][:3]), location=headers.get("location", ""), body=content, seconds=seconds)

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if name in self.kept:
                    self.cookies[name] = morsel.value

    def _environment(self, body: bytes) -> dict[str, Any]:
        jar: SimpleCookie = SimpleCookie({self.csrf_cookie: CSRF_TOKEN, **self.cookies})
        return {
            "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Benchmark/1.0",
            "HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8",
            "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_COOKIE": "; ".join(f"{name}={morsel.coded_value}" for name, morsel in jar.items()),
            "REMOTE_ADDR": self.source,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
