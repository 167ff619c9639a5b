"""What the page behind *This was not me* says, in words of the notice that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sspr.services.notices import LOCKED, OPENED, RESET, UNLOCKED, WAITS, WAITS_OF_ADMIN
from users.models import Tenant
from users.notices import Notice

RESET_BY_ADMIN: Final = "password_was_reset"
CHANGED: Final = "password_was_changed"
Words = tuple[str | Promise, str | Promise]
_STOP: Final[Words] = (
    _("Stop this reset?"),
    _("On %(moment)s somebody proved to be %(user_name)s and asked for a new password."),
)
WORDS: Final[dict[str, Words]] = {
    RESET: (_("Was this reset not you?"), _("The password of %(user_name)s was reset on %(moment)s.")),
    RESET_BY_ADMIN: (_("Was this reset not you?"), _("The password of %(user_name)s was reset on %(moment)s.")),
    CHANGED: (_("Was this change not you?"), _("The password of %(user_name)s was changed on %(moment)s.")),
    UNLOCKED: (_("Was this unlock not you?"), _("The account %(user_name)s was unlocked on %(moment)s.")),
    LOCKED: (
        _("Were these tries not you?"),
        _("Somebody tried too often to reset the password of %(user_name)s, last on %(moment)s."),
    ),
    OPENED: (
        _("Should Forgot password stay closed?"),
        _("It was opened again for %(user_name)s on %(moment)s."),
    ),
    WAITS: _STOP,
    WAITS_OF_ADMIN: _STOP,
    "method_changed": (
        _("Was this change not you?"),
        _("How %(user_name)s proves who they are was changed on %(moment)s."),
    ),
    "contact_changed": (
        _("Was this change not you?"),
        _("The contact data of %(user_name)s were changed on %(moment)s."),
    ),
}
"""Title and fact of each notice with this button."""
OF_DATA: Final = frozenset({"method_changed", "contact_changed"})
"""Notices of what the button does not take back."""
OTHERWISE: Final[Words] = (_("Was this not you?"), _("The account %(user_name)s was changed on %(moment)s."))


def asked(template: str, facts: Mapping[str, str], *, ends_password: bool, tenant: Tenant) -> Notice:
    """Say what happened and what the button does."""
    title, fact = WORDS.get(template, OTHERWISE)
    does = gettext(
        "If that was somebody else, press the button: every session ends, nobody can reset this password "
        "by themselves for 24 hours, and the administrators are told."
    )
    ends = gettext("The password stops working too. An administrator gives you a new one.")
    return Notice(
        title=str(title),
        paragraphs=(str(fact) % facts, does, *([ends] if ends_password else []), *_stays(template)),
        button=gettext("Stop it") if template == WAITS_OF_ADMIN else gettext("This was not me"),
        tenant=tenant,
    )


def done(template: str, *, has_ended_password: bool, tenant: Tenant) -> Notice:
    """Say what the button did."""
    ended = gettext("The password no longer works. An administrator gives you a new one.")
    return Notice(
        title=gettext("Thank you, the administrators look into it"),
        paragraphs=(
            gettext(
                "Every session of the account was ended, and nobody can reset its password by themselves for 24 h."
            ),
            *([ended] if has_ended_password else []),
            *_stays(template),
            gettext("The administrators know. They get in touch with you; you can also ask them."),
        ),
        tenant=tenant,
    )


def _stays(template: str) -> tuple[str, ...]:
    """Say what the button leaves as it is: a stolen mailbox must not be able to put the old data back."""
    if template not in OF_DATA:
        return ()
    return (gettext("What was changed stays until you or an administrator change it back."),)


def over(*, tenant: Tenant) -> Notice:
    """Say that the button does nothing any more."""
    return Notice(
        title=gettext("This button is over"),
        paragraphs=(gettext("Nothing was changed. If something is wrong with your account, ask an administrator."),),
        tenant=tenant,
    )
