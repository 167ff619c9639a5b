"""What each setting of self-service is called, and each fault of it; the labels are the specified ones."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sspr.models import SsprPolicy
from sspr.policy_settings import Blade

Words = tuple[str | Promise, str | Promise]

BLADE_NAMES: Final[dict[Blade, str | Promise]] = {
    Blade.PROPERTIES: _("Properties"),
    Blade.METHODS: _("Authentication methods"),
    Blade.REGISTRATION: _("Registration"),
    Blade.NOTIFICATIONS: _("Notifications"),
    Blade.CUSTOMIZATION: _("Customization"),
    Blade.ADMINISTRATORS: _("Administrator policy"),
    Blade.ADVANCED: _("Advanced"),
}

WORDS: Final[dict[str, Words]] = {
    "reach": (
        _("Self service password reset enabled"),
        _("Who may reset their own password. Administrators always may, by their own policy."),
    ),
    "group_id": (
        _("Group"),
        _("Type its name. Its members may reset their own password; everybody else may not."),
    ),
    "allow_unlock": (
        _("Allow users to unlock accounts without resetting their password"),
        _("After the same proof as for a reset. A reset always unlocks."),
    ),
    "gates_required": (_("Number of methods required to reset"), ""),
    "two_gates_with_second_factor": (
        _("Always two methods for users with an authenticator app"),
        _("Otherwise one stolen mailbox would undo what the second factor protects."),
    ),
    "gates": (_("Methods available to users"), ""),
    "questions_to_register": (_("Number of questions required to register"), _("3 to 5")),
    "questions_to_reset": (_("Number of questions required to reset"), _("3 to 5, at most as many as to register")),
    "must_register": (
        _("Require users to register when signing in?"),
        _("Whoever has not registered enough is asked to, right after signing in."),
    ),
    "reconfirm_days": (
        _("Number of days before users are asked to re-confirm their authentication information"),
        _("0 to 730; 0 never asks."),
    ),
    "notify_users": (
        _("Notify users on password resets?"),
        _("At every address that is known of them, whenever their password is reset or changed."),
    ),
    "notify_admins": (
        _("Notify all admins when other admins reset their password?"),
        _("Global Administrators are told when anybody who holds a role resets their own password."),
    ),
    "customize_helpdesk": (
        _("Customize helpdesk link?"),
        _("“Contact your administrator” then leads here, and no mail goes to administrators."),
    ),
    "helpdesk_link": (_("Custom helpdesk email or URL"), _("Such as help@contoso.example or https://help.example/")),
    "admins_may_use": (
        _("Administrators may reset their own password"),
        _("Off: only Privileged Authentication Administrators may. All others are reset by another administrator."),
    ),
    "admin_wait_minutes": (
        _("Minutes that an administrator's own reset waits"),
        _("0 to 60. Until then every address of theirs and the Global Administrators can stop it. 0: no wait."),
    ),
    "code_minutes": (_("Minutes for which a code is valid"), _("2 to 10")),
    "explain_reason": (
        _("Tell people why they cannot reset their password"),
        _("On: whoever knows a user name learns whether it exists and what it has registered."),
    ),
    "questions_redraw_on_error": (
        _("Draw other security questions after a wrong answer"),
        _("On: whoever guesses sees more of the questions."),
    ),
    "questions_alone": (
        _("Let security questions be enough by themselves"),
        _("On: answers that others may know open an account."),
    ),
    "sends_lock_hours": (
        _("Hours for which too many codes lock self-service"),
        _("0 to 24. 0: only that method pauses, for an hour."),
    ),
    "start_lock_hours": (
        _("Hours for which too many attempts lock self-service"),
        _("0 to 24. 0: until an hour holds fewer than five. A lock lets a stranger shut somebody out."),
    ),
    "sms_countries": (
        _("Countries that text messages and calls go to"),
        _("Codes of two letters, such as NO, SE, DK. Empty: every country."),
    ),
    "sms_a_day": (_("Text messages and calls a day at most"), _("0 to 5,000, for the whole organization.")),
}
"""Each setting with its label and what stands below it."""

FAULTS: Final[dict[str, str | Promise]] = {
    "range": _("This is outside of what is possible. Choose another value."),
    "country": _("One of these is no country code. Write two letters for each, such as NO, SE, DK."),
    "no_group": _("Choose the group whose members may reset their password, or choose None or All."),
    "no_such_group": _("There is no such group any more. Choose another."),
    "no_method": _("Choose at least one method."),
    "app_needs_one": _("An authenticator app cannot be the only method. Choose one more."),
    "app_needs_two": _("Where two methods are required, choose two more beside the authenticator app."),
    "too_few": _("Where two methods are required, choose at least two."),
    "questions_alone": _("Security questions cannot be the only method. Choose one more."),
    "more_than_registered": _("Nobody can be asked more questions than they registered. Choose fewer."),
    "no_sms": _("Text messages are not set up. An operator sets up the channel first."),
    "no_voice": _("Calls are not set up. An operator sets up the channel first."),
    "no_link": _("Write the address to lead to, or choose No."),
    "link": _("Write an email address, or an address that begins with https://."),
}
"""Each fault that the rules of the settings find, as a sentence."""


def state_of(policy: SsprPolicy) -> str:
    """Return for whom self-service is enabled: None, All, or Selected with the name of the group."""
    label = str(policy.get_reach_display())
    return f"{label}: {policy.group.name}" if policy.group else label
