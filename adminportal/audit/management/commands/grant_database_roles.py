"""``grant_database_roles``: lets the web add to the audit log and read it, and nothing else."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from adminportal.audit.database_roles import RolesRefused, split_rights


class Command(BaseCommand):
    """Gives the roles of web and worker their rights; run it as owner of the tables."""

    help = "Split the rights over the database between the owner, the web and the worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the names of the roles."""
        parser.add_argument("--web", required=True, metavar="ROLE", help="role of DATABASE_URL of the web processes")
        parser.add_argument("--worker", required=True, metavar="ROLE", help="role of DATABASE_URL of worker and beat")
        parser.add_argument("--json", action="store_true", help="print the statements as JSON")

    def handle(self, *, web: str, worker: str, **options: object) -> None:
        """Split the rights and print the statements.

        :raises CommandError: when they cannot be split; nothing was changed then.
        """
        try:
            statements = split_rights(web=web, worker=worker)
        except RolesRefused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from None
        self.stdout.write(json.dumps(statements) if options["json"] else "\n".join(f"{line};" for line in statements))
