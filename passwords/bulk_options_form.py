"""What is chosen once for everybody of a bulk job: the reset panel in the plural, or a reason alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from passwords.bulk_options import BulkOptions
from passwords.forms import ResetForm
from users.models import Tenant


class BulkResetForm(ResetForm):
    """The Reset password panel for many; a password of one's own only for few (``may_choose``)."""

    BY_ME, BOTH, BLIND = "me", "both", "users"
    own_for_all = forms.BooleanField(label=_("Give this same password to every one of them"), required=False)
    delivery = forms.ChoiceField(
        label=_("How people get their passwords"),
        required=False,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        tenant: Tenant,
        options: BulkOptions,
        may_choose: bool,
        address: str,
        is_preview: bool = False,
    ) -> None:
        super().__init__(
            data, tenant=tenant, has_alternate=True, initial={"addresses": address, **_initial(options, may_choose)}
        )
        del self.fields["form_key"], self.fields["email_to_alternate"]
        self.may_choose, self.is_preview = may_choose, is_preview
        self._name_fields(tenant)
        if not may_choose:
            self.fields["how"].choices = [(self.AUTOMATIC, _("Automatically create passwords"))]  # type: ignore[attr-defined]

    def _name_fields(self, tenant: Tenant) -> None:
        """Say in the plural what the panel says of one person, and where the mails hold the passwords themselves."""
        self.fields["must_change"].label = _("Require these users to change their passwords when they first sign in")
        self.fields["addresses"].help_text = (
            _("Up to five addresses, separated by semicolons. The mail holds the passwords.")
            if tenant.password_in_mail and self.may_choose
            else _("Up to five addresses, separated by semicolons. The mail leads to the results.")
        )
        self.fields["delivery"].choices = [  # type: ignore[attr-defined]
            (self.BY_ME, _("I hand them out myself")),
            (
                self.BOTH,
                _("I hand them out, and each user is also mailed the password")
                if tenant.password_in_mail
                else _("I hand them out, and each user is also mailed a one-time link"),
            ),
            (self.BLIND, _("Each user is mailed a one-time link, and I see no password")),
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for what belongs together; a preview needs no password."""
        values = super().clean()
        if self.is_preview:
            self.errors.pop("new_password", None)
            return values
        if values.get("how") == self.OWN and not values.get("own_for_all"):
            self.add_error(
                "own_for_all", _("Confirm that all of them get this same password, or let passwords be created.")
            )
        if values.get("how") == self.OWN and values.get("delivery") == self.BLIND:
            self.add_error(
                "delivery", _("A password that you typed is known to you. Let passwords be created instead.")
            )
        return values

    def bulk_options(self) -> BulkOptions:
        """Return what the service takes."""
        values = self.cleaned_data
        return BulkOptions(
            style=values["style"] or "random",
            has_own_password=values["how"] == self.OWN,
            must_change=values["must_change"] or self.tenant.force_change_locked,
            deliver_to=values["addresses"],
            deliver_to_alternate=values["delivery"] in (self.BOTH, self.BLIND),
            blind=values["delivery"] == self.BLIND,
            language=get_language() or "en",
            reason=values["reason"],
            ticket=values["ticket"],
        )


class BulkReasonForm(forms.Form):
    """Why something other than a reset is done to many."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=256)
    ticket = forms.CharField(label=_("Ticket number"), required=False, max_length=64)

    def __init__(self, data: Any = None, *, options: BulkOptions) -> None:
        super().__init__(data, initial={"reason": options.reason, "ticket": options.ticket})
        self.helper = PortalFormHelper()

    def password(self) -> None:
        """Return nothing: no password is given."""

    def bulk_options(self) -> BulkOptions:
        """Return what the service takes."""
        values = self.cleaned_data
        return BulkOptions(language=get_language() or "en", reason=values["reason"], ticket=values["ticket"])


def _initial(options: BulkOptions, may_choose: bool) -> dict[str, object]:
    shown: dict[str, object] = {"addresses": "; ".join(options.deliver_to)} if options.deliver_to else {}
    return shown | {
        "how": "own" if options.has_own_password and may_choose else "automatic",
        "style": options.style,
        "must_change": options.must_change,
        "email_to_me": bool(options.deliver_to),
        "delivery": _delivery(options),
        "reason": options.reason,
        "ticket": options.ticket,
    }


def _delivery(options: BulkOptions) -> str:
    if options.blind:
        return BulkResetForm.BLIND
    return BulkResetForm.BOTH if options.deliver_to_alternate else BulkResetForm.BY_ME
