"""``after_restore [--yes]``: what follows when a backup was put back."""

from __future__ import annotations

import sys
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.audit.checkpoints import public_key
from adminportal.centre.after_restore import Settled, settle_restore
from adminportal.centre.readiness import database_state
from adminportal.shell.answers import PortalCommand

WORD: Final = "restored"
"""What has to be typed."""
WRONG_USE: Final = 2
QUESTION: Final = (
    "Everybody is signed out. Every open link, code, attempt and trusted browser ends, bulk jobs under way stop, "
    "temporary passwords that nobody has seen are wiped. Web, workers and beat must not run meanwhile.\n"
    f"Type {WORD} to go on: "
)


class Command(PortalCommand):
    """Ends what a backup brought back open, and begins a new checkpoint of the audit log."""

    help = "After a backup was put back: end every open code, link, attempt, session and token."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--yes``, for scripts."""
        super().add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, do it, and say what ended.

        :raises CommandError: when nobody agreed, the database or the audit key does not fit, or a chain is broken.
        """
        _check_ground()
        if not options["yes"]:
            self._ask()
        settled = settle_restore(now=clock.now())
        self.answer(_told(settled), as_json=options["json"])
        for chain in settled.chains:
            for guard in chain.missing_guards:
                self.stderr.write(f"WARNING: the database guard {guard} of the audit log is not in place.")
        if settled.broken:
            names = ", ".join(str(chain.tenant_id or "the installation") for chain in settled.broken)
            raise CommandError(
                f"Everything open has ended, but the audit log does not hold for {names}, and no checkpoint was "
                "signed there. verify_audit --all says where it breaks."
            )

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Give --yes where nobody can be asked. Nothing was changed.", returncode=WRONG_USE)
        self.stderr.write(QUESTION, ending="")
        self.stderr.flush()
        if input().strip() != WORD:
            raise CommandError("Nothing was changed.")


def _check_ground() -> None:
    """Refuse what could be done by halves only: a database of an older release, a key that nobody can sign with."""
    state = database_state()
    if state != "ok":
        remedy = "Run migrate first." if state == "migrations missing" else "Look at DATABASE_URL."
        raise CommandError(f"The database is not ready ({state}). {remedy} Nothing was changed.")
    try:
        public_key()
    except ImproperlyConfigured as problem:
        raise CommandError(f"{problem} Nothing was changed.") from None


def _told(settled: Settled) -> dict[str, Any]:
    intact = len(settled.chains) - len(settled.broken)
    return {"tenants": settled.tenants, **settled.ended, "audit_chains": len(settled.chains), "audit_intact": intact}
