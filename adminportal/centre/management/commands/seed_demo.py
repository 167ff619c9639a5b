"""``seed_demo [--users N]``: the demo tenants, repeatable."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.centre.demo.seed import SeedRefused, seed
from adminportal.centre.demo.sheet import known_password, write_sheet
from adminportal.sealing import Secret
from adminportal.shell.answers import WRONG_USE, PortalCommand
from passwords.generator import Style, generate
from passwords.policy import PersonWords, Profile, rules_of

MOST_PEOPLE = 1_000_000


class Command(PortalCommand):
    """Creates two tenants with invented people and writes ``demo.json``."""

    help = "Create the demo tenants, or what is missing of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a number of further people."""
        super().add_arguments(parser)
        parser.add_argument("--users", type=int, default=0, help="further people without a password, up to 1,000,000")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, or say why not."""
        if not settings.DEMO:
            raise CommandError("Demo accounts are for PORTAL_ENV=demo alone; nothing was changed.")
        if not 0 <= options["users"] <= MOST_PEOPLE:
            raise CommandError(f"--users takes 0 to {MOST_PEOPLE:,}; nothing was changed.", returncode=WRONG_USE)
        given = settings.DEMO_PASSWORD
        password = Secret(given) if given else known_password(settings.VAR_DIR) or _random()
        try:
            tenants = seed(password=password, now=clock.now(), extra_people=options["users"])
        except SeedRefused as problem:
            raise CommandError(f"{problem} Choose another one.") from problem
        path = write_sheet(settings.VAR_DIR, tenants=tenants, password=password)
        self.answer({"tenants": len(tenants), "sheet": path}, as_json=options["json"])


def _random() -> Secret:
    rules = rules_of(Profile.MICROSOFT_365)
    return generate(style=Style.RANDOM, rules=rules, person=PersonWords(first_name="", last_name="", user_name=""))
