"""``reset_password UPN [--generate | --stdin] [--no-force-change] [--reason TEXT]``."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.shell.answers import WRONG_USE, PortalCommand
from passwords.authority import OperatorAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.reveal import show_to_operator
from passwords.services.break_glass import LONGEST_REASON
from passwords.services.reset import reset_passwords
from passwords.validators import sentence as rule_sentence
from users.access import Decision
from users.names import fold_upn
from users.refusals import sentence
from users.tenancy import find_person_to_sign_in, within


class Command(PortalCommand):
    """The operator's reset."""

    help = "Give a person a new temporary password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user name; a password only from standard input."""
        super().add_arguments(parser)
        parser.add_argument("upn")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--generate", action="store_true", help="create the password (default)")
        way.add_argument("--stdin", action="store_true", help="read the password from the first line of standard input")
        parser.add_argument("--no-force-change", action="store_true")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset, or say why not."""
        person = find_person_to_sign_in(fold_upn(options["upn"]))
        if person is None:
            raise CommandError(f"No such user: {options['upn']}. Nothing was changed.")
        if len(options["reason"]) > LONGEST_REASON:
            told = f"A reason has at most {LONGEST_REASON} characters. Nothing was changed."
            raise CommandError(told, returncode=WRONG_USE)
        typed = Secret(sys.stdin.readline().rstrip("\r\n")) if options["stdin"] else None
        with within(person.tenant):
            (outcome,) = reset_passwords(
                tenant=person.tenant,
                orders=[ResetOrder(user_id=person.pk, password=typed)],
                authority=OperatorAuthority(),
                options=ResetOptions(must_change=not options["no_force_change"], reason=options["reason"]),
                now=clock.now(),
            )
            if outcome.end is not ResetEnd.DONE or outcome.reset_id is None:
                refused = Decision(allowed=False, code=outcome.code, values=outcome.values)
                rules = " ".join(rule_sentence(violation) for violation in outcome.violations)
                raise CommandError(f"{rules or sentence(refused)} Nothing was changed.")
            shown = show_to_operator(outcome.reset_id, now=clock.now())
        values = {"user_name": person.user_principal_name, "must_change": not options["no_force_change"]}
        if shown and not typed:
            values["temporary_password"] = shown.expose()
        self.answer(values, as_json=options["json"])
