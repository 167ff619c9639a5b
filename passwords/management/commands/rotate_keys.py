"""``rotate_keys``: re-seals with the first key of ``SEALING_KEYS``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from adminportal import clock
from adminportal.shell.answers import PortalCommand
from passwords.services.key_rotation import OlderKey, Rotation, reseal_all
from users.devices import LIFETIME


class Command(PortalCommand):
    """Re-seals, and says when an older key may go."""

    help = "Seal with the first key of SEALING_KEYS what an older one sealed; say when an older one may go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-seal and report.

        :raises CommandError: when something was sealed by a key that is not in the ring; the rest is done.
        """
        found = reseal_all(now=clock.now())
        if options["json"]:
            self.answer(asdict(found), as_json=True)
        else:
            self.stdout.write("\n".join(_lines(found)))
        if found.unreadable:
            raise CommandError(
                f"{found.unreadable} temporary passwords were sealed by a key that SEALING_KEYS does not hold, "
                "and stay as they are. Put that key back behind the first one, or reset these people again."
            )
        if found.unreadable_secrets:
            raise CommandError(
                "What names of nobody are shown by Forgot password was sealed by a key that SEALING_KEYS does not "
                "hold, and has changed. Put that key back behind the first one, and run this again."
            )
        if found.unreadable_apps:
            raise CommandError(
                f"The keys of {found.unreadable_apps} authenticator apps were sealed by a key that SEALING_KEYS does "
                "not hold, and stay as they are. Put that key back behind the first one, or have these set up anew."
            )


def _lines(found: Rotation) -> list[str]:
    what = f"{found.resealed} temporary passwords were re-sealed, and the keys of {found.resealed_apps} apps"
    lines = [f"sealed with {found.current_key}, the first key: {what}"]
    lines += [_line(key) for key in found.older]
    if found.older:
        lines.append(
            "Browsers that nobody has used since the change become unfamiliar when an older key goes; "
            f"the last of them is forgotten after {LIFETIME.days} days anyway."
        )
    return lines


def _line(key: OlderKey) -> str:
    printed = f"; {key.recovery_codes} recovery codes that people keep work until it goes" if key.recovery_codes else ""
    if key.needed_until is None:
        return f"{key.key_id} may go: nothing on its way needs it{printed}"
    until = f"{key.needed_until:%Y-%m-%d %H:%M} UTC"
    return f"{key.key_id} may go after {until}: {key.open_links} open links need it, or codes on their way{printed}"
