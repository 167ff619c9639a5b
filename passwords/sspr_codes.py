"""What the codes of self-service password reset mean, for administrators; strangers never see them."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EXPLANATIONS: Final[dict[str, Promise]] = {
    "SSPR_0009": _("Self-service password reset is off for the organization."),
    "SSPR_0010": _("The password is kept in a directory, and password writeback is off."),
    "SSPR_0011": _("Self-service password reset is not enabled for this person."),
    "SSPR_0012": _("This person has no license that includes self-service password reset."),
    "SSPR_0013": _("This person is not a member of the group that may reset by themselves."),
    "SSPR_0014": _("This person has not registered enough ways to prove who they are."),
    "SSPR_0029": _("The connection to the directory is not set up properly."),
    "SSPR_0030": _("The directory does not answer."),
    "SSPR_X101": _("Nobody has this user name."),
    "SSPR_X102": _("Sign-in is blocked for this person."),
    "SSPR_X103": _("The account is deleted."),
    "SSPR_X104": _("This person is a guest of another organization."),
    "SSPR_X105": _("The domain is federated; the password is kept by its sign-in service."),
}
COULD: Final = _("They could have: their methods are in order. Too many wrong tries close it for a day.")
REPORTED: Final = _("They reported that something was done in their name.")


def explanation_of(code: str) -> str:
    """Return the sentence for a code in the active language; nothing for an empty or unknown one."""
    return str(EXPLANATIONS.get(code, ""))
