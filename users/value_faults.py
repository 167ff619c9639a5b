"""What is said of an address, a number or a code that cannot be taken, wherever one is typed."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.services.challenges import CodeAnswer

VALUE_FAULTS: Final[dict[str, str | Promise]] = {
    "email": _("Enter an email address, such as name@mail.example."),
    "phone": _("Enter the number with its country, such as +47 22 12 34 56."),
    "own_mailbox": _("This is the mailbox of the account itself, which you cannot open without your password."),
    "out_of_reach": _("No codes are sent to this kind of number, or to its country. Use another number."),
    "not_sent": _("No code was sent: this address or number cannot get one now. Use another, or try again in an hour."),
}
"""By the code of ``ValueRefused``, and ``not_sent`` for ``NotSent``."""
CODE_FAULTS: Final[dict[CodeAnswer, str | Promise]] = {
    CodeAnswer.WRONG: _("That code is wrong. Nothing was changed."),
    CodeAnswer.SPENT: _("Too many wrong codes. Ask for another one."),
    CodeAnswer.EXPIRED: _("That code is too old. Ask for another one."),
    CodeAnswer.NONE: _("That code was used before, or is not the newest. Ask for another one."),
}
