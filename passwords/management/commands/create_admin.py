"""``create_admin UPN --role R [--reason TEXT] [--prompt]``: first administrator and break-glass."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.shell.answers import PortalCommand
from passwords.services.break_glass import LIFETIME_HOURS, BreakGlassRefused, open_with_break_glass
from users.roles import Role


class Command(PortalCommand):
    """Gives a new or existing account a role and a temporary password of one hour."""

    help = "Create the first administrator, or get back in when everybody is locked out."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take user name, role and reason; never a password."""
        super().add_arguments(parser)
        parser.add_argument("upn")
        parser.add_argument("--role", required=True, choices=sorted(Role))
        parser.add_argument("--reason", default="")
        parser.add_argument("--prompt", action="store_true", help="type the temporary password instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        reason = options["reason"] or self._ask_reason()
        typed = Secret(getpass.getpass("Temporary password: ")) if options["prompt"] else None
        try:
            result = open_with_break_glass(
                user_name=options["upn"], role=Role(options["role"]), reason=reason, password=typed, now=clock.now()
            )
        except BreakGlassRefused as problem:
            raise CommandError(str(problem)) from problem
        values = {
            "user_name": result.user.user_principal_name,
            "role": options["role"],
            "account": "created" if result.is_new else "existing",
            "valid_hours": LIFETIME_HOURS,
        }
        if result.password:
            values["temporary_password"] = result.password.expose()
        self.answer(values, as_json=options["json"])

    def _ask_reason(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError("Give --reason; nothing was changed.")
        return input("Reason: ")
