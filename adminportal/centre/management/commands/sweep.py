"""``sweep``: what beat does, once."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from adminportal.centre.tasks import run_sweepers


class Command(BaseCommand):
    """Runs every registered sweeper once, also without a broker."""

    help = "Deliver due messages, end what has expired, purge what may go: what beat does, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--json``."""
        parser.add_argument("--json", action="store_true", help="Print the work done as JSON.")

    def handle(self, *args: object, **options: object) -> None:
        """Run them and say what was done.

        :raises CommandError: when one of them failed; the others have run.
        """
        done, failed = run_sweepers()
        if options["json"]:
            self.stdout.write(json.dumps(done))
        else:
            self.stdout.write("\n".join(f"{name}: {count}" for name, count in done.items()))
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log says why; the others have run.")
