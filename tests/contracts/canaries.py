"""Looks for secrets wherever something may rest: logs, queue, database, files, mails, answers."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from adminportal import logging as portal_logging
from tests.services.valkey import Valkey

Evidence = dict[str, str]
"""Text by the name of the place where it was found."""

LOGGERS_OF_THE_SINK = ("mail.", "aiosmtpd", "asyncio")
"""The SMTP server of the test runs in this process and tells what it receives; it is no part of the portal."""


@dataclass
class Trail:
    """Every secret of a walk by its name, what the walk left behind, and what it was answered."""

    secrets: dict[str, str] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)
    answers: Evidence = field(default_factory=dict)


class Recorder(Client):
    """A browser that keeps every answer with its method and address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.answers: Evidence = {}

    def request(self, **request: Any) -> HttpResponse:
        """Send and keep."""
        response = super().request(**request)
        place = f"answer {len(self.answers)} {request['REQUEST_METHOD']} {request['PATH_INFO']} {response.status_code}"
        body = b"".join(response) if response.streaming else response.content
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        # Django writes Set-Cookie where it hands the answer on; until then it stands apart.
        headers += "\n" + response.cookies.output()
        text = body.decode("utf-8", "replace")
        self.answers[place] = f"{headers}\n{text}\n{without_markup(text)}"
        return response


def without_markup(text: str) -> str:
    """Return what a reader sees, without tags and blanks: a password may be drawn sign by sign."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", text))


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(portal_logging.PortalFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(LOGGERS_OF_THE_SINK):
            self.lines.append(self.format(record))


@contextmanager
def logs_at_debug() -> Iterator[list[str]]:
    """Log as ``LOG_LEVEL=DEBUG`` does, and keep every finished line."""
    keeper, root = _Keeper(), logging.getLogger()
    before = {name: logging.getLogger(name).level for name in portal_logging.setting("DEBUG")["loggers"]}
    level = root.level
    try:
        root.setLevel(logging.DEBUG)
        for name, options in portal_logging.setting("DEBUG")["loggers"].items():
            logging.getLogger(name).setLevel(options["level"])
        root.addHandler(keeper)
        yield keeper.lines
    finally:
        root.removeHandler(keeper)
        root.setLevel(level)
        for name, was in before.items():
            logging.getLogger(name).setLevel(was)


def database() -> Evidence:
    """Return every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[f"table {table}"] = "\n".join(repr(row) for row in cursor.fetchall())
    return found


def queue(valkey: Valkey) -> Evidence:
    """Return every key of the broker and the store of limits; bodies of tasks decoded."""
    client, found = valkey.client(), {}
    for key in client.keys("*"):
        readers = {b"string": client.get, b"list": lambda k: client.lrange(k, 0, -1), b"hash": client.hgetall}
        readers |= {b"set": client.smembers, b"zset": lambda k: client.zrange(k, 0, -1, withscores=True)}
        value = readers[client.type(key)](key)
        bodies = [_task_body(item) for item in value] if isinstance(value, list) else []
        found[f"queue {key.decode()}"] = f"{key!r} {value!r} {bodies!r}"
    client.close()
    return found


def _task_body(item: object) -> str:
    try:
        return base64.b64decode(json.loads(item)["body"]).decode()  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError):
        return ""


def files(folder: Path | None = None) -> Evidence:
    """Return every file below ``VAR_DIR``."""
    return {
        f"file {path.name}": path.read_bytes().decode("utf-8", "replace")
        for path in (folder or Path(settings.VAR_DIR)).rglob("*")
        if path.is_file() and path.stat().st_size < 50_000_000
    }


def left_behind(lines: list[str], valkey: Valkey) -> Evidence:
    """Return what rests everywhere after a walk, with the lines that it logged."""
    later = {f"later {place}": text for place, text in queue(valkey).items()}
    return {"log": "\n".join(lines)} | database() | files() | later


def found_in(evidence: Evidence, secrets: dict[str, str]) -> set[tuple[str, str]]:
    """Return (name of the secret, place) for each hit; never the secret itself."""
    return {(name, place) for name, secret in secrets.items() for place, text in evidence.items() if secret in text}
