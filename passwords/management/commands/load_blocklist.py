"""``load_blocklist FILE``: a larger list of refused passwords, without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from adminportal.shell.answers import PortalCommand
from passwords.blocklist_file import load
from passwords.wordlists import ListUnreadable


class Command(PortalCommand):
    """Takes a file of common passwords into use on this machine."""

    help = "Refuse the passwords of a file, one a line in UTF-8 (plain or .gz), beside those that ship."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, or say why not.

        :raises CommandError: when the file cannot be used, or nothing can be written; the list in use stays.
        """
        try:
            number = load(options["file"])
        except ListUnreadable as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            kept = f"The list cannot be kept in {settings.VAR_DIR}: {problem.strerror}. The one in use stays."
            raise CommandError(kept) from None
        self.answer({"file": options["file"], "passwords": number}, as_json=options["json"])
