"""The form of Org settings: everything that is set for the tenant, in the sections of the page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from adminportal.shell.forms import PortalFormHelper
from users.models import ContactKind, Tenant
from users.moments import ZONES
from users.services.second_factor import count_holders
from users.services.tenant_settings import SETTINGS, Kind, Setting, Value, is_contact

SECTIONS: Final[dict[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "region": (_("Region"), ("time_zone",)),
    "mail": (
        _("Emailed passwords"),
        ("password_in_mail", "notify_user_on_admin_reset", "fresh_contact_hours"),
    ),
    "reset": (_("Resetting"), ("force_change_locked", "reset_reason_required")),
    "privacy": (_("Privacy of contact data"), ("show_full_contact_to_readers",)),
    "managed": (_("Contact data looked after elsewhere"), ("managed_contacts", "managed_by", "managed_contact")),
    "support": (_("Help for people who cannot sign in"), ("support_url", "support_contact")),
    "second-factor": (_("Second factor for administrators"), ("admin_mfa_required", "trusted_device_days")),
    "proof": (_("Confirming one's own sign-in"), ("step_up_minutes",)),
    "lockout": (_("Sign-in lockout"), ("lockout_threshold", "lockout_seconds", "lockout_hard_stop")),
}
WORDS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "time_zone": (
        _("Time zone"),
        _("Moments on pages, in mails and in files are told in it."),
    ),
    "password_in_mail": (
        _("Put the password in the email"),
        _(
            "Off: a mail holds a link that reveals the password once. On: it holds the password, for whoever reads it; "
            "the mail about a bulk reset of more than 40 people never does."
        ),
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
    "managed_contacts": (
        _("Looked after by HR or IT"),
        _("People see these locked in My account and cannot change them. Administrators may."),
    ),
    "managed_by": (_("Source, such as HR system"), _("People read it beside what is locked.")),
    "managed_contact": (_("Whom to ask"), _("An address, a number or words. People read it there too.")),
    "support_url": (
        _("Support page"),
        _("An address that begins with https://. The pages before signing in link to it, for everybody."),
    ),
    "support_contact": (
        _("Support address or number"),
        _("Such as help@contoso.example or +47 22 12 34 56. It stands beside the page, for everybody to read."),
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
    "lockout_threshold": (
        _("Wrong passwords before an account locks"),
        _("From familiar and unfamiliar places, each counted by itself."),
    ),
    "lockout_seconds": (_("Seconds of the first lock"), _("Each next one is longer.")),
    "lockout_hard_stop": (
        _("Wrong passwords in a row that stop an account"),
        _("It stays stopped until its password is reset or an administrator unlocks it. 10 to 1,000; 0 stops none."),
    ),
}
LONGEST_SHOWN: Final = 10_000
"""Characters of the values that a page showed; each one of a text may take twelve."""
_SWITCH: Final = {"True": True, "False": False}


class OrgSettingsForm(forms.Form):
    """What the reader may see of everything that is set for the tenant; what they may not change is off.

    ``shown`` carries the values that the page was drawn with, so that a newer one is not written over.
    """

    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_SHOWN)

    def __init__(
        self, data: Any = None, *, tenant: Tenant, readable: Collection[str], changeable: Collection[str]
    ) -> None:
        self.readable, self.changeable = readable, [column for column in SETTINGS if column in changeable]
        stored = self._stored(tenant)
        super().__init__(data, initial={**stored, "shown": urlencode(stored, doseq=True)})
        self.helper = PortalFormHelper()
        for column, (label, help_text) in WORDS.items():
            if column not in readable:
                continue
            field = _field(SETTINGS[column])
            field.label, field.help_text = str(label), str(help_text)
            field.disabled = column not in changeable
            self.fields[column] = field
        if "admin_mfa_required" in changeable and not tenant.admin_mfa_required:
            self.fields["admin_mfa_required"].help_text += f" {_who_has_none()}"

    def sections(self) -> Iterator[tuple[str, str | Promise, list[forms.BoundField]]]:
        """Return the fields under their headings, each with the code that an address can name."""
        for code, (heading, columns) in SECTIONS.items():
            if fields := [self[column] for column in columns if column in self.fields]:
                yield code, heading, fields

    def clean_shown(self) -> dict[str, Value]:
        """Return what the page showed of each setting."""
        shown = parse_qs(self.cleaned_data["shown"], keep_blank_values=True)
        try:
            return {column: _read(SETTINGS[column], shown) for column in self.changeable}
        except (KeyError, ValueError):
            self.add_error(None, _("The form came back incomplete. Open it again; nothing was changed."))
            return {}

    def clean(self) -> None:
        """Ask for the source of what is looked after elsewhere."""
        typed = self.cleaned_data
        if typed.get("managed_contacts") and typed.get("managed_by") == "":
            self.add_error("managed_by", _("Write who looks after what is ticked."))

    def after_others(self, tenant: Tenant, columns: Sequence[str]) -> OrgSettingsForm:
        """Return the form with what was typed, except for settings that somebody else has set; it names those."""
        stored = self._stored(tenant)
        typed = (
            self.cleaned_data
            | {column: stored[column] for column in columns}
            | {"shown": urlencode(stored, doseq=True)}
        )
        form = OrgSettingsForm(typed, tenant=tenant, readable=self.readable, changeable=self.changeable)
        names = ", ".join(str(WORDS[column][0]) for column in columns)
        text = _("Somebody else has changed this since you opened the page: %(names)s. Nothing was saved. Look again.")
        form.add_error(None, ValidationError(text, params={"names": names}))
        return form

    def values(self) -> dict[str, Value]:
        """Return what was asked for."""
        return {column: self.cleaned_data[column] for column in self.changeable}

    def _stored(self, tenant: Tenant) -> dict[str, Value]:
        return {column: getattr(tenant, column) for column in SETTINGS if column in self.readable}


def _field(setting: Setting) -> forms.Field:
    if setting.kind is Kind.SWITCH:
        return forms.BooleanField(required=False)
    if setting.kind is Kind.NUMBER:
        rules = [_check_off_or_least(setting.least)] if setting.zero else []
        least = 0 if setting.zero else setting.least
        return forms.IntegerField(min_value=least, max_value=setting.most, validators=rules)
    if setting.kind is Kind.ZONE:
        return forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in sorted(ZONES)])
    if setting.kind is Kind.CODES:
        kinds = [(code, label) for code, label in ContactKind.choices if code in setting.codes]
        return forms.MultipleChoiceField(choices=kinds, widget=forms.CheckboxSelectMultiple, required=False)
    if setting.kind is Kind.LINK:
        is_link = URLValidator(schemes=["https"], message=_("Write an address that begins with https://."))
        return forms.CharField(max_length=setting.most, validators=[is_link], required=False)
    if setting.kind is Kind.CONTACT:
        return forms.CharField(max_length=setting.most, validators=[_check_contact], required=False)
    return forms.CharField(max_length=setting.most, required=False)


def _check_off_or_least(least: int) -> Callable[[int], None]:
    def check(typed: int) -> None:
        if 0 < typed < least:
            text = _("Give 0 to switch it off, or at least %(least)s.")
            raise ValidationError(text, params={"least": least})

    return check


def _check_contact(typed: str) -> None:
    try:
        is_contact(" ".join(typed.split()))
    except ValidationError:
        raise ValidationError(_("Write an email address or a telephone number.")) from None


def _read(setting: Setting, shown: dict[str, list[str]]) -> Value:
    """Return one value of those that the page showed; of codes none stands for itself."""
    if setting.kind is Kind.CODES:
        return shown.get(setting.column, [])
    (text,) = shown[setting.column]
    if setting.kind is Kind.SWITCH:
        return _SWITCH[text]
    return int(text) if setting.kind is Kind.NUMBER else text


def _who_has_none() -> str:
    """Say before it is switched on how many people must set an app up first."""
    holders = count_holders()
    return ngettext(
        "%(without)s of %(all)s person with a role has no app yet and sets one up on the next visit.",
        "%(without)s of %(all)s people with a role have no app yet and set one up on their next visit.",
        holders.all,
    ) % {"without": holders.without, "all": holders.all}
