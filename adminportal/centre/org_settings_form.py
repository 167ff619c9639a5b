"""The form of Org settings: switches and numbers of the tenant, in the sections of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from adminportal.shell.forms import PortalFormHelper
from users.models import Tenant
from users.services.second_factor import count_holders
from users.services.tenant_settings import SETTINGS

SECTIONS: Final[dict[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "mail": (
        _("Emailed passwords"),
        ("password_in_mail", "notify_user_on_admin_reset", "fresh_contact_hours"),
    ),
    "reset": (_("Resetting"), ("force_change_locked", "reset_reason_required")),
    "privacy": (_("Privacy of contact data"), ("show_full_contact_to_readers",)),
    "second-factor": (_("Second factor for administrators"), ("admin_mfa_required", "trusted_device_days")),
    "proof": (_("Confirming one's own sign-in"), ("step_up_minutes",)),
    "lockout": (_("Sign-in lockout"), ("lockout_threshold", "lockout_seconds", "lockout_hard_stop")),
}
WORDS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "password_in_mail": (
        _("Put the password in the e-mail"),
        _("Off: a mail holds a link that reveals the password once. On: it holds the password, for whoever reads it."),
    ),
    "notify_user_on_admin_reset": (
        _("Tell people when an administrator reset their password"),
        _("At every address that is known of them; the mail holds no password."),
    ),
    "fresh_contact_hours": (
        _("Hours for which a changed address is warned of"),
        _("An administrator who is about to send a password to it reads that it is new. 0 warns of none."),
    ),
    "force_change_locked": (
        _("Always require a change at first sign-in"),
        _("Administrators cannot untick it when they reset a password."),
    ),
    "reset_reason_required": (_("Ask for a reason at each reset"), _("It is kept in the audit log.")),
    "show_full_contact_to_readers": (
        _("Show phone numbers and addresses to everybody who reads users"),
        _("Off: only whoever may reset a person sees them unmasked."),
    ),
    "admin_mfa_required": (
        _("Ask everybody with a role for a second factor"),
        _("A code of an authenticator app, before any page of the admin center. Without it My account stays open."),
    ),
    "trusted_device_days": (
        _("Days for which a browser may be trusted"),
        _("Whoever ticks it is not asked again there. A new password, role or method ends the trust. 0 trusts none."),
    ),
    "step_up_minutes": (
        _("Minutes for which a confirmed sign-in counts"),
        _("After that, acts on people with a role, bulk runs and role assignments ask again. 0 never asks."),
    ),
    "lockout_threshold": (_("Wrong passwords before an account locks"), _("From a place that is not familiar.")),
    "lockout_seconds": (_("Seconds of the first lock"), _("Each next one is longer.")),
    "lockout_hard_stop": (
        _("Wrong passwords in a row that stop an account"),
        _("It stays stopped until its password is reset or an administrator unlocks it."),
    ),
}
_SWITCH: Final = {"True": True, "False": False}


class OrgSettingsForm(forms.Form):
    """Every switch of the tenant; without the right to change them all are shown and none can be set.

    ``shown`` carries the values that the page was drawn with, so that a newer one is not written over.
    """

    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000)

    def __init__(self, data: Any = None, *, tenant: Tenant, may_change: bool) -> None:
        stored = {column: getattr(tenant, column) for column in SETTINGS}
        super().__init__(data, initial={**stored, "shown": urlencode(stored)})
        self.helper = PortalFormHelper()
        for column, (label, help_text) in WORDS.items():
            setting = SETTINGS[column]
            if setting.is_switch:
                field: forms.Field = forms.BooleanField(label=str(label), help_text=str(help_text), required=False)
            else:
                field = forms.IntegerField(
                    label=str(label), help_text=str(help_text), min_value=setting.least, max_value=setting.most
                )
            field.disabled = not may_change
            self.fields[column] = field
        if may_change and not tenant.admin_mfa_required:
            self.fields["admin_mfa_required"].help_text += f" {_who_has_none()}"

    def sections(self) -> Iterator[tuple[str | Promise, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        for heading, columns in SECTIONS.values():
            yield heading, [self[column] for column in columns]

    def clean_shown(self) -> dict[str, int | bool]:
        """Return what the page showed of each switch."""
        shown = dict(parse_qsl(self.cleaned_data["shown"]))
        try:
            return {
                column: _SWITCH[shown[column]] if each.is_switch else int(shown[column])
                for column, each in SETTINGS.items()
            }
        except (KeyError, ValueError):
            self.add_error(None, _("The form came back incomplete. Open it again; nothing was changed."))
            return {}

    def after_others(self, tenant: Tenant, columns: Sequence[str]) -> OrgSettingsForm:
        """Return the form with what was typed, except for switches that somebody else has set; it names those."""
        stored = {column: getattr(tenant, column) for column in SETTINGS}
        typed = self.cleaned_data | {column: stored[column] for column in columns} | {"shown": urlencode(stored)}
        form = OrgSettingsForm(typed, tenant=tenant, may_change=True)
        names = ", ".join(str(WORDS[column][0]) for column in columns)
        text = _("Somebody else has changed this since you opened the page: %(names)s. Nothing was saved. Look again.")
        form.add_error(None, ValidationError(text, params={"names": names}))
        return form

    def values(self) -> dict[str, int | bool]:
        """Return what was asked for."""
        return {column: self.cleaned_data[column] for column in SETTINGS}


def _who_has_none() -> str:
    """Say before it is switched on how many people must set an app up first."""
    holders = count_holders()
    return ngettext(
        "%(without)s of %(all)s person with a role has no app yet and sets one up on the next visit.",
        "%(without)s of %(all)s people with a role have no app yet and set one up on their next visit.",
        holders.all,
    ) % {"without": holders.without, "all": holders.all}
