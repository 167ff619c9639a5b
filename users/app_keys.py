"""The key of a new authenticator app as its page shows it, and what is said where it cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from adminportal.shell.qr import QrPath, path_of
from users.services.authenticators import NewKey

GROUP: Final = 4
"""Letters of the key between two gaps."""
KEY_FAULTS: Final[dict[str, str | Promise]] = {
    "wrong": _(
        "That is not the code that the app shows for this key. Check the clock of your phone, and type the next code."
    ),
    "old": _("The earlier key was shown too long ago. Remove it from the app and scan this new one."),
    "many": _("You have five authenticator apps already. Remove one first."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """A key to be scanned, opened by ``address`` or typed from ``groups``; ``sealed`` comes back with the form."""

    sealed: str
    address: Secret
    qr: QrPath = field(repr=False)
    groups: list[str] = field(repr=False)


@sensitive_variables()
def shown_key(key: NewKey) -> ShownKey:
    """Return what the page of a new key shows."""
    letters = key.key.expose()
    return ShownKey(
        sealed=key.sealed,
        address=key.address,
        qr=path_of(key.address.expose()),
        groups=[letters[start : start + GROUP] for start in range(0, len(letters), GROUP)],
    )
