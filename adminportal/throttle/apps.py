"""Limits: every guessable input and every costly action has a named number."""

from __future__ import annotations

from django.apps import AppConfig


class ThrottleConfig(AppConfig):
    """Registers the purge of counters whose window has passed."""

    name = "adminportal.throttle"
    label = "throttle"
