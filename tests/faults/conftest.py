"""Fixtures of the tests that break what the portal stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.faults.mail_worker import SlowToAnswer


@pytest.fixture
def slow_sink(settings: Settings) -> Iterator[SlowToAnswer]:
    """Give a listening mail server that can be slow, and name it as the mail channel."""
    sink = SlowToAnswer()
    sink.start()
    settings.EMAIL_CHANNEL_URL = sink.url
    yield sink
    sink.stop()
