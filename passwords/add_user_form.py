"""The form of Add a user: the basics, a password as in the reset, contact data, a role; it never saves."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from passwords.forms import ResetForm
from users.addresses import LONGEST_ADDRESS, is_address
from users.csv_layout import shorten
from users.csv_rules import FAULTS, SHOWN, normal_phone
from users.models import Tenant
from users.names import MAX_LOCAL, NameFault, check_upn, fold_upn
from users.role_names import NAMES
from users.roles import Role
from users.services.people import NewPerson


def one_line(text: str) -> None:
    """Refuse control characters, line breaks among them.

    :raises ValidationError: when there is one.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValidationError(str(FAULTS["control"]))


class AddUserForm(ResetForm):
    """Everything about one new person on one page."""

    first_name = forms.CharField(label=_("First name"), required=False, max_length=64, validators=[one_line])
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=64, validators=[one_line])
    display_name = forms.CharField(label=_("Display name"), max_length=256, validators=[one_line])
    user_name = forms.CharField(
        label=_("Username"),
        max_length=MAX_LOCAL,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    domain = forms.ChoiceField(label=_("Domain"))
    alternate_email = forms.CharField(
        label=_("Alternate email"),
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    mobile_phone = forms.CharField(
        label=_("Mobile phone"),
        help_text=_("With + and the country code first."),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        tenant: Tenant,
        domains: Sequence[str],
        role_note: str,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, tenant=tenant, has_alternate=True, initial=initial)
        del self.fields["reason"], self.fields["ticket"]
        domain, role = self.fields["domain"], self.fields["role"]
        assert isinstance(domain, forms.ChoiceField) and isinstance(role, forms.ChoiceField)
        domain.choices = [(name, f"@{name}") for name in domains]
        names = sorted((str(NAMES[role]), role.value) for role in Role)
        role.choices = [("", _("No role")), *((value, name) for name, value in names)]
        role.help_text = role_note
        self.fields["email_to_me"].label = _("Send password in email upon completion")

    def shut_role(self) -> None:
        """Draw the role as one that cannot be chosen; what is sent all the same is judged by the service."""
        self.fields["role"].widget.attrs["disabled"] = True

    def clean_alternate_email(self) -> str:
        """Check the address."""
        typed: str = self.cleaned_data["alternate_email"]
        if typed and not is_address(typed):
            raise ValidationError(_fault("email", typed))
        return typed

    def clean_mobile_phone(self) -> str:
        """Bring the number into its one form."""
        typed = " ".join(self.cleaned_data["mobile_phone"].split())
        number = normal_phone(typed)
        if typed and not number:
            raise ValidationError(_fault("phone", typed))
        return number

    def clean(self) -> dict[str, Any]:
        """Put the user name together and ask for what the choices need."""
        values = super().clean() | {"reason": "", "ticket": ""}
        if values.get("user_name") and values.get("domain"):
            self._check_name(values["user_name"], f"{values['user_name']}@{values['domain']}")
        alternate = values.get("alternate_email", "")
        if values.get("email_to_alternate") and "alternate_email" not in self.errors:
            if not alternate:
                self.add_error("alternate_email", _("Give the alternate address that the sign-in info shall go to."))
            elif fold_upn(alternate) == fold_upn(self._upn(values)):
                self.add_error("alternate_email", _("The new user cannot open this mailbox without the password."))
        return values

    def person(self) -> NewPerson:
        """Return who shall be created."""
        values = self.cleaned_data
        return NewPerson(
            user_principal_name=self._upn(values),
            display_name=values["display_name"],
            given_name=values["first_name"],
            surname=values["last_name"],
            alternate_email=values["alternate_email"],
            mobile_phone=values["mobile_phone"],
            roles=(Role(values["role"]),) if values["role"] else (),
        )

    def _check_name(self, typed: str, whole: str) -> None:
        if "@" in typed:
            self.add_error("user_name", _("Type the part before the @ only, and choose the domain beside it."))
            return
        try:
            check_upn(whole)
        except NameFault as fault:
            self.add_error("user_name", _fault(f"name_{fault.code}", whole))

    def _upn(self, values: dict[str, Any]) -> str:
        return f"{values.get('user_name', '')}@{values.get('domain', '')}"


def _fault(code: str, value: str) -> str:
    return str(FAULTS[code]) % {"value": shorten(value, SHOWN)}
