"""The form of Settings › Password policy; it validates, it never saves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from passwords.custom_terms import CUSTOM_TERMS_LIMIT, TermsRefused, parse_custom_terms
from passwords.models import PasswordPolicy
from passwords.policy import HISTORY_DEPTHS
from passwords.services.policy import LONGEST_LIFE, NAMES, Value

LONGEST_LIST: Final = CUSTOM_TERMS_LIMIT * 20
"""Characters of the typed terms: each with its line break, and room for what is cut off."""
SECTIONS: Final[tuple[tuple[str, Promise, tuple[str, ...]], ...]] = (
    ("rules", _("Rules"), ("profile", "history_depth", "history_on_reset")),
    ("banned", _("Banned passwords"), ("banned_scoring", "blocklist", "custom_terms")),
    (
        "given",
        _("Passwords that administrators give"),
        ("admin_may_choose", "temporary_lifetime_hours", "temporary_lifetime_hours_for_roles"),
    ),
)
TERM_FAULTS: Final = {
    "length": _("Line %(line)s: a term has 4 to 16 characters. Nothing was saved."),
    "too_many": _("Line %(line)s: there are more than 1,000 terms. Nothing was saved."),
}


class PasswordPolicyForm(forms.Form):
    """What the passwords of an organization obey; without the right to change it, all is shown and none can be set."""

    profile = forms.ChoiceField(
        label=_("Profile"),
        help_text=_(
            "Microsoft 365: 8 to 256 characters, three of four kinds of signs. NIST SP 800-63B-4: 15 to 256 "
            "characters of any kind, and only created passwords until administrators are allowed to choose again. "
            "Passwords in use stay in use; the next one obeys."
        ),
        choices=PasswordPolicy.Profile.choices,
        widget=forms.RadioSelect,
    )
    history_depth = forms.IntegerField(
        label=_("Earlier passwords that may not be used again"),
        help_text=_("0 allows every earlier one, 1 forbids the present one alone."),
        min_value=HISTORY_DEPTHS.start,
        max_value=HISTORY_DEPTHS.stop - 1,
    )
    history_on_reset = forms.BooleanField(
        label=_("Also when a password is reset"),
        help_text=_("Off: a reset may give the present password again."),
        required=False,
    )
    banned_scoring = forms.BooleanField(
        label=_("Refuse passwords that are built of banned words"),
        help_text=_("Always on in the Microsoft 365 profile."),
        required=False,
    )
    blocklist = forms.BooleanField(
        label=_("Refuse passwords on the list of leaked ones"),
        help_text=_("Always on in the NIST profile."),
        required=False,
    )
    custom_terms = forms.CharField(
        label=_("Your organization's own banned words"),
        help_text=_("One a line, 4 to 16 characters each, at most 1,000: brands, places, products. Acts at once."),
        required=False,
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"}),
    )
    admin_may_choose = forms.BooleanField(
        label=_("Let administrators choose the passwords that they give"),
        help_text=_("Off: only created passwords are given. Going over to the NIST profile switches it off."),
        required=False,
    )
    temporary_lifetime_hours = forms.IntegerField(
        label=_("Hours for which a temporary password lives"),
        help_text=_("0 lets it live until it is changed."),
        min_value=0,
        max_value=LONGEST_LIFE,
    )
    temporary_lifetime_hours_for_roles = forms.IntegerField(
        label=_("The same for whoever holds a role"),
        help_text=_("The shorter of the two counts."),
        min_value=1,
        max_value=LONGEST_LIFE,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, policy: PasswordPolicy, may_change: bool) -> None:
        shown = {column: getattr(policy, column) for column in NAMES}
        initial = {**shown, "custom_terms": "\n".join(policy.custom_terms), "version": policy.version}
        super().__init__(data, initial=initial)
        self.helper = PortalFormHelper()
        for field in self.fields.values():
            field.disabled = not may_change

    def sections(self) -> Iterator[tuple[str, str | Promise, list[forms.BoundField]]]:
        """Return the fields under their headings, each with the code that an address can name."""
        for code, heading, columns in SECTIONS:
            yield code, heading, [self[column] for column in columns]

    def clean_custom_terms(self) -> list[str]:
        """Read one term a line; names every line that is none."""
        try:
            return list(parse_custom_terms(self.cleaned_data["custom_terms"]))
        except TermsRefused as refusal:
            faults = [ValidationError(TERM_FAULTS[code], params={"line": line}) for line, code in refusal.problems]
            raise ValidationError(faults[:10]) from None

    def values(self) -> dict[str, Value]:
        """Return what was asked for."""
        return {column: self.cleaned_data[column] for column in NAMES}
