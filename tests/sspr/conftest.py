"""Fixtures of the tests of self-service."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def texts_only(settings: Settings) -> None:
    """Let text messages be set up, and calls not."""
    settings.SMS_CHANNEL_URL, settings.VOICE_CHANNEL_URL = "inbox:", ""
