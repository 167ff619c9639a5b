"""A live portal for browser tests: real database, a server in a thread, Chromium; a real worker and SMTP on demand."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright
from pytest_django import Settings

from adminportal.tryout import processes
from tests.browser.portal import Portal
from tests.cast import Cast, make_cast
from tests.services.chromium import FLAGS
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """Give a Chromium; one a module, for two drivers of it cannot live side by side in a process."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(
            executable_path=str(chromium_path),
            args=[*FLAGS],
            # As people have it: a page that is left may come back as it was.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def portal(browser: Browser, live_server: object, settings: Settings) -> Iterator[Portal]:
    """Give the portal in a browser; no tab of it may have complained."""
    settings.PUBLIC_URL = str(live_server)
    opened = Portal(browser=browser, url=str(live_server))
    yield opened
    opened.leave()
    assert opened.complaints == []


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Give one tenant with its people."""
    return make_cast()


@pytest.fixture
def post_office(portal: Portal, smtp_sink: SmtpSink, valkey: Valkey, tmp_path: Path) -> Iterator[SmtpSink]:
    """Give the mailboxes behind a real worker process that is woken through a real broker."""
    log_path = tmp_path / "worker.log"
    database = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{place}",
        "REDIS_URL": valkey.url,
        "EMAIL_URL": smtp_sink.url,
        "PUBLIC_URL": portal.url,
    }
    options = ["-Q", "mail,default", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with log_path.open("ab") as log:
        worker = processes.start(
            [sys.executable, "-m", "celery", "-A", "adminportal", "worker", *options],
            environment=environment,
            output=log,
            death_signal=signal.SIGKILL,
        )
    try:
        yield smtp_sink
    finally:
        processes.stop(worker, grace_seconds=10)
