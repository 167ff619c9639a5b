"""Why people are left out of a bulk job: one sentence for all of them, beside that of each person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.access import Decision
from users.refusals import SENTENCES, sentence

IN_THE_PLURAL: Final[Mapping[str, str | Promise]] = {
    "NEVER_ISSUED": _("No password was ever issued to them. Reset their passwords instead."),
    "RESET_CIRCULAR_RECIPIENT": _("An address that gets the passwords is their own mailbox, which they cannot open."),
    "RESET_DELETED": _("They are deleted. Restore the accounts first."),
    "RESET_FEDERATED": _("Their domain is federated; the password is kept by its sign-in service."),
    "RESET_GUEST": _("They sign in at another organization, so the password is not kept here."),
    "RESET_HISTORY_LIMIT": _("Too many passwords were refused because they had been used before. Try again later."),
    "RESET_NO_DELIVERY": _("They have no alternate address to send a link to."),
    "RESET_SYNCED_NO_WRITEBACK": _("They come from a directory and password writeback is off."),
    "RESET_TARGET_OUTSIDE_UNIT": _("They are outside the administrative units that your roles are limited to."),
    "RESET_TARGET_RA_GROUP": _(
        "They belong to or own a role-assignable group. "
        "Only Global and Privileged Authentication Administrators may reset them."
    ),
    "RESET_TARGET_ROLE": _("They hold a role that yours does not cover."),
    "RESET_TARGET_SPLIT": _("They hold several roles and no single one of yours covers all of them."),
    "RESET_TARGET_UNKNOWN_ROLE": _(
        "They hold a custom or unknown role. Only Global and Privileged Authentication Administrators may reset them."
    ),
    "STRONG_FOR_ROLES": _("They hold an administrator role. Whoever holds a role always needs a strong password."),
}
"""The sentences of refusals that name a person, without the name; the others are the same for one and for many."""

OF_JOB: Final[Mapping[str, Promise]] = {
    "BULK_FAULT": _("A fault of the portal stopped this. Nothing was changed; the log of the server says why."),
    "BULK_NOT_FINISHED": _("The worker ended each time before this was done. Nothing was changed."),
    "BULK_RESTORED": _(
        "The portal was restored from a backup while this was under way, so it stopped here. "
        "What was done after the backup is undone."
    ),
    "BULK_STOPPED": _("Whoever started the job may no longer do this, so it stopped here."),
    "RESET_STEP_UP": _(
        "This person has gained a role since the job began, and you were not asked for your password then. "
        "Nothing was changed. Start again for this person alone."
    ),
    "BULK_PASSWORD_GONE": _("The chosen password was not kept when the work was interrupted. Start another reset."),
}
"""Sentences of ends that only a bulk job has."""


def plural_of(code: str) -> str:
    """Return why everybody with this code is left out, in the active language."""
    return str(IN_THE_PLURAL.get(code) or SENTENCES.get(code, code))


def sentence_of(code: str, values: Mapping[str, str]) -> str:
    """Return why nothing was done to one person, in the active language; empty without a code."""
    if not code:
        return ""
    if code in OF_JOB:
        return str(OF_JOB[code])
    return sentence(Decision(allowed=False, code=code, values=values))
