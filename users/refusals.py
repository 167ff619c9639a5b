"""One sentence for each refusal code, the same in page, API, result and audit."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.access import Decision
from users.role_names import translate_names

SENTENCES: Final[dict[str, Promise]] = {
    "RESET_SELF": _("You cannot reset your own password here. Use My account or Forgot password."),
    "RESET_NO_ROLE": _("None of your roles may reset passwords. Password Administrator is the smallest role that may."),
    "RESET_TARGET_ROLE": _("%(user)s holds %(role)s. Your role %(best)s does not cover it; %(enough)s do."),
    "RESET_TARGET_SPLIT": _("%(user)s holds several roles and no single one of yours covers all of them: %(list)s."),
    "RESET_TARGET_UNKNOWN_ROLE": _(
        "%(user)s holds a custom or unknown role. Only Global and Privileged Authentication Administrators may reset."
    ),
    "RESET_TARGET_RA_GROUP": _(
        "%(user)s belongs to or owns the role-assignable group %(group)s. "
        "Only Global and Privileged Authentication Administrators may reset."
    ),
    "RESET_TARGET_OUTSIDE_UNIT": _(
        "%(user)s is outside the administrative units that your roles are limited to: %(units)s."
    ),
    "RESET_GUEST": _("%(user)s signs in at another organization, so the password is not kept here."),
    "RESET_FEDERATED": _("The domain %(domain)s is federated; the password is kept by its sign-in service."),
    "RESET_SYNCED_NO_WRITEBACK": _("%(user)s comes from the directory %(name)s and password writeback is off."),
    "RESET_DELETED": _("%(user)s is deleted. Restore the account first."),
    "RESET_STEP_UP": _("Confirm your own sign-in to continue."),
    "RESET_POLICY": _("The password was refused: %(rules)s."),
    "RESET_CHOSEN_OFF": _("Your organization lets no administrator choose passwords. Let the portal create it."),
    "RESET_HISTORY_LIMIT": _(
        "Too many passwords were refused because they had been used before. Nothing was changed. "
        "Try again in %(minutes)s minutes, or let the portal create the password."
    ),
    "RESET_CIRCULAR_RECIPIENT": _(
        "%(address)s is the mailbox of %(user)s, who cannot open it without the password. Choose another address."
    ),
    "RESET_NO_DELIVERY": _("%(user)s has no alternate address to send a link to."),
    "LAST_GLOBAL_ADMIN": _("This is the last enabled Global Administrator."),
    "NOT_FOUND": _("No such user."),
    "ROLE_GROUP_NOT_ASSIGNABLE": _("The group %(group)s was not made to hold roles. Choose a role-assignable group."),
    "ROLE_NOT_FOR_UNIT": _("%(role)s always reaches the whole organization and cannot be limited to a unit."),
    "NEVER_ISSUED": _("No password was ever issued to %(user)s. Reset the password instead."),
    "STRONG_FOR_ROLES": _("%(user)s holds an administrator role. Whoever holds a role always needs a strong password."),
    "ACT_SELF": _("You cannot change this for your own account. Another administrator can."),
    "NO_RIGHT_GROUP_MANAGE": _(
        "None of your roles may change groups. Groups Administrator is the smallest role that may."
    ),
    "NO_RIGHT_PROTECTED_GROUP": _(
        "Whoever changes a role-assignable group gives or takes roles. "
        "Privileged Role Administrator is the smallest role that may."
    ),
    "GROUP_NAME_TAKEN": _("There is a group called %(name)s already. Choose another name. Nothing was changed."),
    "GROUP_IN_USE": _(
        "The group %(group)s decides who may reset their own password. "
        "Choose another one in Password reset first; it was not deleted."
    ),
    "UNIT_NAME_TAKEN": _(
        "There is an administrative unit called %(name)s already. Choose another name. Nothing was changed."
    ),
    "UNIT_HAS_ROLES": _(
        "Roles are held over the administrative unit %(unit)s. Take them away first; it was not deleted."
    ),
    "METHODS_SELF": _("Use My account for your own contact data and security info."),
    "CONTACT_FROM_DIRECTORY": _(
        "%(user)s comes from the directory %(name)s, and contact data are changed there. Nothing was changed."
    ),
    "NO_RIGHT_METHODS": _(
        "None of your roles may change how people prove who they are. "
        "Password Administrator is the smallest role that may."
    ),
    "NO_RIGHT_AUTHENTICATOR": _(
        "Removing the authenticator app of %(user)s, or asking for a new registration, takes one of these roles: "
        "%(enough)s. Nothing was changed."
    ),
    "BLOCK_SELF": _("You cannot block your own sign-in."),
    "SIGN_OUT_SELF": _("Use Sign out everywhere in My account for your own sessions."),
    "NO_RIGHT_USER_BLOCK": _(
        "None of your roles may block or unblock sign-in. "
        "Authentication Administrator and User Administrator are the smallest roles that may."
    ),
    "NAME_TAKEN": _("The user name %(name)s is taken already. Choose another. Nobody was added."),
    "NO_RIGHT_USER_CREATE": _("None of your roles may add users. User Administrator is the smallest role that may."),
    "NO_RIGHT_ROLE_ASSIGN": _(
        "None of your roles may give roles. Privileged Role Administrator is the smallest role that may."
    ),
    "NO_RIGHT_ORG_SETTINGS_WRITE": _(
        "None of your roles may change these settings. A Global Administrator may. Nothing was changed."
    ),
    "NO_RIGHT_PASSWORD_POLICY_WRITE": _(
        "None of your roles may change these settings. "
        "Authentication Policy Administrator is the smallest role that may. Nothing was changed."
    ),
    "NO_RIGHT_SSPR_SETTINGS_WRITE": _(
        "None of your roles may change these settings. "
        "Authentication Policy Administrator is the smallest role that may. Nothing was changed."
    ),
    "NO_RIGHT_SESSION_END": _(
        "None of your roles may sign people out. Helpdesk Administrator is the smallest role that may."
    ),
}

ROLE_VALUES: Final = frozenset({"role", "best", "enough", "list"})
"""Values of a decision that are lists of roles, in English there as in the audit log."""


def sentence(decision: Decision) -> str:
    """Return the reason of a refusal in the active language; empty when it was allowed."""
    if decision.allowed:
        return ""
    values = {key: translate_names(value) if key in ROLE_VALUES else value for key, value in decision.values.items()}
    return str(SENTENCES[decision.code]) % values


def status_of(decision: Decision) -> int:
    """Return the HTTP status of a refusal."""
    if decision.code in ("NOT_FOUND", "RESET_DELETED"):
        return 404
    return 403 if decision.code.startswith(("RESET_NO_ROLE", "RESET_TARGET_", "NO_RIGHT_")) else 400
