"""Forms of the reset and the change; they validate, they never save."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from adminportal.shell.forms import PortalFormHelper
from passwords.generator import Style
from passwords.orders import ResetOptions
from passwords.policy import Violation
from passwords.validators import sentence
from users.addresses import is_address
from users.models import Tenant

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_ADDRESSES = 5
"""How many addresses the sign-in info may go to (Microsoft 365, reset-passwords)."""
LONGEST_TYPED = 1024
"""Code points that are looked at at all; the policy's own maximum is named by the policy."""


def password_field(label: _StrPromise, *, required: bool = True, **attrs: str | bool) -> forms.CharField:
    """Return a field for a password, taken as it is typed and never sent back."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", **attrs})
    return forms.CharField(label=label, strip=False, max_length=LONGEST_TYPED, widget=widget, required=required)


class NewPasswordTwice(forms.Form):
    """A new password and once more the same; the service judges it."""

    new_password = password_field(_("New password"))
    confirm_password = password_field(_("Confirm new password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        values = super().clean() or {}
        new, again = values.get("new_password"), values.get("confirm_password")
        if new is not None and again is not None and new != again:
            self.add_error("confirm_password", _("The two new passwords are not the same. Type the new one again."))
        return values

    def add_violations(self, violations: tuple[Violation, ...]) -> None:
        """Show every violated rule under the new password."""
        for violation in violations:
            self.add_error("new_password", sentence(violation))


class ChangePasswordForm(NewPasswordTwice):
    """Old, new, confirm."""

    current_password = password_field(_("Current password"), autocomplete="current-password", autofocus=True)
    field_order = ("current_password", "new_password", "confirm_password")

    def order(self) -> dict[str, Secret]:
        """Return what the service takes."""
        return {
            "current": Secret(self.cleaned_data["current_password"]),
            "new": Secret(self.cleaned_data["new_password"]),
        }

    def say_wrong_current(self) -> None:
        """Say that the current password was not right."""
        self.add_error("current_password", _("The current password is not right. The password was not changed."))

    def say_expired(self) -> None:
        """Say that the temporary password's time is over."""
        self.add_error(
            None, _("The temporary password has expired, so it was not changed. Ask your administrator for a new one.")
        )


STYLES: Final = [
    (Style.RANDOM.value, _("Random")),
    (Style.PRONOUNCEABLE.value, _("Pronounceable")),
    (Style.PASSPHRASE.value, _("Passphrase")),
]
"""The shapes of a password that is created, as they are offered."""


class ResetForm(forms.Form):
    """The Reset password panel for one person."""

    AUTOMATIC, OWN = "automatic", "own"
    how = forms.ChoiceField(
        label=_("Password"),
        choices=[(AUTOMATIC, _("Automatically create a password")), (OWN, _("Let me create the password"))],
        initial=AUTOMATIC,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    style = forms.ChoiceField(
        label=_("Style"),
        choices=STYLES,
        initial=Style.RANDOM.value,
        required=False,
    )
    new_password = password_field(_("Password"), required=False)
    must_change = forms.BooleanField(
        label=_("Require this user to change their password when they first sign in"), required=False, initial=True
    )
    email_to_me = forms.BooleanField(label=_("Email the sign-in info to me"), required=False)
    addresses = forms.CharField(
        label=_("Email addresses"),
        help_text=_("Up to five addresses, separated by semicolons. Each gets a link of its own."),
        required=False,
        max_length=1300,
    )
    email_to_alternate = forms.BooleanField(
        label=_("Email the sign-in info to the user's alternate address"), required=False
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=256)
    ticket = forms.CharField(label=_("Ticket number"), required=False, max_length=64)
    form_key = forms.RegexField(regex=re.compile(r"\A[0-9a-f]{32}\Z"), widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        tenant: Tenant,
        has_alternate: bool,
        alternate_note: str = "",
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={**(initial or {}), "form_key": uuid4().hex})
        self.tenant = tenant
        self.helper = PortalFormHelper()
        self.fields["reason"].required = tenant.reset_reason_required
        self.fields["email_to_alternate"].disabled = not has_alternate
        self.fields["email_to_alternate"].help_text = alternate_note
        if not has_alternate:
            self.initial["email_to_alternate"] = False
        if tenant.force_change_locked:
            self.initial["must_change"] = self.fields["must_change"].disabled = True
            self.fields["must_change"].help_text = _("Your organization requires this.")

    def shut_own(self) -> None:
        """Offer created passwords alone, as the organization wants it; the reset refuses others by itself."""
        self.fields["how"].choices = self.fields["how"].choices[:1]  # type: ignore[attr-defined]
        self.initial["how"] = self.AUTOMATIC

    def clean_addresses(self) -> tuple[str, ...]:
        """Split at semicolons and check each address; without the tick above them they do not count."""
        if not self.cleaned_data.get("email_to_me"):
            return ()
        parts = [part.strip() for part in self.cleaned_data["addresses"].split(";") if part.strip()]
        if len(parts) > MOST_ADDRESSES:
            raise ValidationError(_("Give at most five addresses, separated by semicolons."))
        wrong = [part for part in parts if not is_address(part)]
        if wrong:
            text = _("These are not email addresses: %(addresses)s. Nothing was changed.")
            raise ValidationError(text, params={"addresses": ", ".join(wrong)})
        return tuple({part.casefold(): part for part in parts}.values())

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen options need."""
        values = super().clean() or {}
        if values.get("how") == self.OWN and not values.get("new_password") and "new_password" not in self.errors:
            self.add_error("new_password", _("Type the password, or let one be created."))
        if values.get("email_to_me") and not values.get("addresses") and "addresses" not in self.errors:
            self.add_error("addresses", _("Give an address to send the sign-in info to."))
        if "form_key" in self.errors:
            self.add_error(None, _("The form came back incomplete. Open it again; nothing was changed."))
        return values

    def password(self) -> Secret | None:
        """Return the typed password, or nothing where one is to be created."""
        return Secret(self.cleaned_data["new_password"]) if self.cleaned_data["how"] == self.OWN else None

    def options(self) -> ResetOptions:
        """Return what the service takes."""
        values = self.cleaned_data
        return ResetOptions(
            style=Style(values["style"] or Style.RANDOM),
            must_change=values["must_change"] or self.tenant.force_change_locked,
            deliver_to=values["addresses"],
            deliver_to_alternate=values["email_to_alternate"],
            language=get_language() or "en",
            reason=values["reason"],
            ticket=values["ticket"],
            idempotency_key=values["form_key"],
        )
