"""``set_licensing DOMAIN (portal | microsoft) [--accept N]``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.shell.answers import PortalCommand
from sspr.services.licensing import Licensing, change_licensing
from sspr.services.lock_out import LockOut
from sspr.services.policy import LockOutNotConfirmed
from users.actors import OPERATOR
from users.tenancy import find_tenant_of_domain, within


class Command(PortalCommand):
    """Says whether licences decide who may reset their own password."""

    help = "Set whether people need an assigned license to reset their own password (SSPR_0012)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tenant, the mode and how many people it may leave unable to reset."""
        super().add_arguments(parser)
        parser.add_argument("domain")
        parser.add_argument("mode", choices=[mode.value for mode in Licensing])
        parser.add_argument("--accept", type=int, default=0, metavar="N", help="people it leaves unable to reset")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it, or name whom that would leave unable to reset."""
        tenant = find_tenant_of_domain(options["domain"])
        if tenant is None:
            raise CommandError(f"There is no tenant with the domain {options['domain']}. Nothing was changed.")
        mode = Licensing(options["mode"])
        with within(tenant):
            try:
                left = change_licensing(tenant, mode, accepted=options["accept"], by=OPERATOR, now=clock.now())
            except LockOutNotConfirmed as missing:
                raise CommandError(_whom(missing.lock_out)) from missing
        self.answer({"licensing": mode.value, "left_unable_to_reset": left.count}, as_json=options["json"])


def _whom(lock_out: LockOut) -> str:
    """Say how many people the change would leave unable to reset, and who."""
    names = [user.user_principal_name for user in lock_out.people]
    more = [f"and {lock_out.others} more"] if lock_out.others else []
    return "\n".join(
        [
            f"This leaves {lock_out.count} of the {lock_out.before} users who can reset their password today unable:",
            *(f"  {line}" for line in [*names, *more]),
            f"Nothing was changed. To do it all the same, add --accept {lock_out.count}.",
        ]
    )
