"""System checks of the outbox."""

from __future__ import annotations
