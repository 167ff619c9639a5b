"""``create_tenant DOMAIN --name N``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.shell.answers import PortalCommand
from users.actors import OPERATOR
from users.services.tenants import TenantRefused, create_tenant


class Command(PortalCommand):
    """Creates an organisation."""

    help = "Create an organisation with its first domain."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the domain and the name."""
        super().add_arguments(parser)
        parser.add_argument("domain")
        parser.add_argument("--name", required=True)
        parser.add_argument("--language", default="en", choices=["en", "nb", "sv", "da"])
        parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="such as Europe/Oslo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it, or say why not."""
        try:
            tenant = create_tenant(
                domain=options["domain"],
                name=options["name"],
                language=options["language"],
                time_zone=options["time_zone"],
                by=OPERATOR,
                now=clock.now(),
            )
        except TenantRefused as problem:
            raise CommandError(str(problem)) from problem
        self.answer({"id": tenant.pk, "domain": options["domain"], "name": tenant.name}, as_json=options["json"])
