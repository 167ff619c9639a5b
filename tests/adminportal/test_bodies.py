"""Bodies are refused before anything reads them: too large ones, and text in another encoding."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=b"
TOO_LONG = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
PART = b'--b\r\nContent-Disposition: form-data; name="user_name"\r\n\r\n+2AA-\\ud800\r\n--b--\r\n'


class Unreadable(io.BytesIO):
    """Fails the test that reads it."""

    def read(self, *args: Any) -> bytes:
        raise AssertionError("The body was read.")


def _post(address: str, length: str, *, content_type: str = FILES) -> HttpResponse:
    facts: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": Unreadable()}
    return Client(enforce_csrf_checks=True).generic("POST", address, content_type=content_type, **facts)


@pytest.mark.parametrize("content_type", [FORM, FILES])
@pytest.mark.parametrize("address", ["/signin", "/language", "/users/add", f"/reveal/{'x' * 43}"])
def test_stranger_cannot_have_a_large_file_written_to_disk(address: str, content_type: str) -> None:
    answer = _post(address, str(TOO_LONG), content_type=content_type)

    assert answer.status_code == 413
    assert "Nothing was changed" in answer.content.decode()


def test_upload_of_a_stranger_is_not_read_either() -> None:
    answer = _post("/users/import", str(TOO_LONG))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/signin")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣", "9" * 5_000])
def test_length_that_is_no_number_is_refused(length: str) -> None:
    assert _post("/signin", length).status_code == 400


@pytest.mark.parametrize("charset", ["rot13", "undefined", "idna", "utf-7", "unicode_escape", "utf-16"])
def test_text_in_another_encoding_is_refused(charset: str) -> None:
    answer = Client().generic("POST", "/signin", PART, content_type=f"{FILES}; charset={charset}")

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.content.decode()


def test_address_in_another_encoding_is_refused() -> None:
    answer = Client().generic("GET", "/signin?user_name=+2AA-", CONTENT_TYPE="text/plain; charset=utf-7")

    assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_text_in_utf8_is_taken(charset: str) -> None:
    answer = Client().generic("POST", "/signin", b"user_name=kari", content_type=f"{FORM}; charset={charset}")

    assert (answer.status_code, answer.context["user_name"]) == (200, "kari")


@pytest.mark.parametrize("report", [b"[" * 8_000, b'{"csp-report":' * 500, b"[]", b'"x"', b"\xff"])
def test_report_that_is_none_is_refused(report: bytes) -> None:
    assert Client().generic("POST", "/csp-report", report, content_type="application/csp-report").status_code == 400
