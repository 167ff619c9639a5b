"""Why somebody cannot reset, in words for the person: shown only where their organization switched that on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sspr.flow import State
from sspr.models import RecoveryAttempt
from sspr.rules import policy_of

_NO_SUCH_USER: Final = _("The user ID you entered does not exist. Check it and begin again.")
REASONS: Final[dict[str, Promise]] = {
    "SSPR_0009": _("Your organization has not turned on password reset by yourself."),
    "SSPR_0010": _("Your password is kept in your organization's directory and cannot be reset here."),
    "SSPR_0011": _("You may not reset your own password."),
    "SSPR_0012": _("Your account has no license that includes password reset by yourself."),
    "SSPR_0013": _("You are not in the group of people who may reset their own password."),
    "SSPR_0014": _("You have not registered enough ways to prove who you are."),
    "SSPR_X101": _NO_SUCH_USER,
    "SSPR_X102": _("Sign-in is blocked for your account."),
    "SSPR_X103": _NO_SUCH_USER,
    "SSPR_X104": _("Your account belongs to another organization. Reset your password there."),
    "SSPR_X105": _("Your password is kept by the sign-in service of your organization. Reset it there."),
}
"""What each code of ``passwords.sspr_codes`` means to the person; who is deleted is told what nobody is told."""
OF_NOBODY: Final = "SSPR_X101"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePage:
    """The reason, and the code for whoever helps; ``is_nobody`` is true where no administrator could."""

    reason: str
    code: str
    is_nobody: bool


def outcome_of(attempt: RecoveryAttempt) -> OutcomePage | None:
    """Return what an attempt that ended on page 1 may be told; None for every other, and once the switch is off."""
    reason = REASONS.get(attempt.sspr_code)
    if attempt.state != State.REFUSED or reason is None or attempt.tenant is None:
        return None
    if not policy_of(attempt.tenant).explain_reason:
        return None
    is_nobody = reason is _NO_SUCH_USER
    # A code of its own would tell that somebody had the name once.
    return OutcomePage(reason=str(reason), code=OF_NOBODY if is_nobody else attempt.sspr_code, is_nobody=is_nobody)
