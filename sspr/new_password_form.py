"""The last form of the wizard: the new password, twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from adminportal.shell.forms import PortalFormHelper
from passwords.forms import LONGEST_TYPED
from passwords.policy import Violation
from passwords.ticks import ticks_for
from passwords.validators import sentence
from sspr.models import RecoveryAttempt
from users.access import Decision
from users.refusals import sentence as refusal_sentence
from users.tenancy import within

TYPED: Final = "new_password"


class NewPasswordForm(forms.Form):
    """New and confirm; the service judges."""

    new_password = forms.CharField(
        label=_("Enter new password"),
        strip=False,
        max_length=LONGEST_TYPED,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    confirm_password = forms.CharField(
        label=_("Confirm new password"),
        strip=False,
        max_length=LONGEST_TYPED,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

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

    def password(self) -> Secret:
        """Return what the service takes."""
        return Secret(self.cleaned_data["new_password"])

    def refuse(self, violations: tuple[Violation, ...], *, code: str, values: Mapping[str, str]) -> None:
        """Show every broken rule at once, or the sentence of another refusal."""
        for violation in violations:
            self.add_error("new_password", sentence(violation))
        if not violations:
            decision = Decision(allowed=False, code=code, values=values)
            self.add_error("new_password", refusal_sentence(decision) or gettext("The password was refused."))


@sensitive_variables()
def password_page(
    attempt: RecoveryAttempt, form: NewPasswordForm | None = None, *, typed: Secret | None = None
) -> dict[str, object]:
    """Return the form and the rules for the person of an attempt that was proven."""
    user, tenant = attempt.user, attempt.tenant
    if user is None or tenant is None:
        return {"form": form or NewPasswordForm(), "ticks": [], "met": 0}
    with within(tenant):
        ticks = ticks_for(user, tenant=tenant, typed=typed)
    return {
        "form": form or NewPasswordForm(),
        "ticks": ticks,
        "met": sum(1 for _text, met in ticks if met),
        "user_name": user.user_principal_name,
    }
