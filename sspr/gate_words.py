"""What the wizard calls its methods, and what it says about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sspr.models import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class GateWords:
    """One method in words; ``send`` is the button that sends a code, ``hint`` is filled with the masked value."""

    choice: str | Promise
    hint: str | Promise
    code: str | Promise
    send: str | Promise = ""
    sent: str | Promise = ""
    digits: int = 0


_CODE = _("Enter your verification code")
_WAITS = _("A code is on its way if this is the number on file.")

WORDS: Final[dict[Gate, GateWords]] = {
    Gate.EMAIL: GateWords(
        choice=_("Email my alternate email"),
        hint=_("You get an email with a verification code at your alternate address (%(masked)s)."),
        code=_CODE,
        send=pgettext_lazy("button", "Email"),
        sent=_("An email with a code of 8 digits is on its way."),
        digits=8,
    ),
    Gate.MOBILE_SMS: GateWords(
        choice=_("Text my mobile phone"),
        hint=_(
            "Type your complete mobile phone number (%(masked)s). You then get a text message with a verification code."
        ),
        code=_CODE,
        send=pgettext_lazy("button", "Text"),
        sent=_WAITS,
        digits=6,
    ),
    Gate.MOBILE_VOICE: GateWords(
        choice=_("Call my mobile phone"),
        hint=_("Type your complete mobile phone number (%(masked)s). A call then reads a verification code to you."),
        code=_CODE,
        send=pgettext_lazy("button", "Call"),
        sent=_WAITS,
        digits=6,
    ),
    Gate.OFFICE_VOICE: GateWords(
        choice=_("Call my office phone"),
        hint=_("Type your complete office phone number (%(masked)s). A call then reads a verification code to you."),
        code=_CODE,
        send=pgettext_lazy("button", "Call"),
        sent=_WAITS,
        digits=6,
    ),
    Gate.APP: GateWords(
        choice=_("Enter a code from my authenticator app"),
        hint=_("Open your authenticator app and type the code that it shows for this account."),
        code=_("Enter the code from your app"),
        digits=6,
    ),
    Gate.QUESTIONS: GateWords(
        choice=_("Answer my security questions"),
        hint=_("Answer every question as you did when you registered."),
        code="",
    ),
    Gate.RECOVERY_CODE: GateWords(
        choice=_("Enter a recovery code"),
        hint=_("Type one of the recovery codes that you printed. Each works once."),
        code=_("Recovery code"),
    ),
}
NUMBERS: Final = frozenset({Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE})
"""Methods for which the whole number is typed."""
