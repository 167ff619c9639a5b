"""How management commands answer: plain lines, or JSON with ``--json``; a refusal is a sentence and exit code 1."""

from __future__ import annotations

import json
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

WRONG_USE: Final = 2
"""Exit code where the arguments contradict themselves or are out of bounds; what argparse finds has it too."""


class PortalCommand(BaseCommand):
    """A command whose output is for people, or with ``--json`` for scripts."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer ``--json``."""
        parser.add_argument("--json", action="store_true", help="print JSON")

    def answer(self, values: dict[str, Any], *, as_json: bool) -> None:
        """Print the values."""
        if as_json:
            self.stdout.write(json.dumps(values, default=str))
            return
        for key, value in values.items():
            self.stdout.write(f"{key.replace('_', ' ')}: {value}")
