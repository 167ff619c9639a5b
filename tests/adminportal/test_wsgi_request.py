"""Requests whose headers Django cannot read get the portal's page, by the handler that the web server calls."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from adminportal.middleware.headers import ALWAYS
from adminportal.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keep_the_connection_of_the_test() -> Any:
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def _call(content_type: str, *, query: str = "", method: str = "GET", body: bytes = b"") -> tuple[str, dict[str, str]]:
    answer: dict[str, Any] = {}
    environ = {
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": content_type,
        "PATH_INFO": "/signin",
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": io.StringIO(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        answer.update(status=status, headers=dict(headers))

    answer["body"] = b"".join(application(environ, start)).decode()
    answer["headers"]["body"] = answer["body"]
    return answer["status"], answer["headers"]


UNREADABLE = [
    "text/html; charset=undefined",
    "text/html; charset=idna",
    "text/html; charset=rot13",
    "text/html; charset=a\x00b",
    "text/html; charset*=undefined'en'x",
    "text/html; charset*=nowhere'en'x",
    "text/html; charset=",
]


@pytest.mark.parametrize("content_type", UNREADABLE)
@pytest.mark.parametrize(("method", "query"), [("GET", ""), ("GET", "user_name=%ff"), ("POST", "a=b")])
def test_encoding_that_breaks_django_is_400_with_page_and_headers(content_type: str, method: str, query: str) -> None:
    status, headers = _call(content_type, method=method, query=query)

    assert status == "400 Bad Request"
    assert "Nothing was changed" in headers["body"]
    assert headers["Content-Type"].startswith("text/html")
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
    assert "Content-Security-Policy" in headers


@pytest.mark.parametrize("content_type", ["", "text/html", "text/html; charset=utf-8", 'text/html; charset="UTF-8"'])
def test_ordinary_request_is_served(content_type: str) -> None:
    assert _call(content_type, query="user_name=k%C3%A5re")[0] == "200 OK"
