"""The last form of the wizard: the new password, twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from passwords.forms import NewPasswordTwice, password_field
from passwords.policy import Violation
from passwords.ticks import ticks_for
from sspr.models import RecoveryAttempt
from users.access import Decision
from users.refusals import sentence
from users.tenancy import within

TYPED: Final = "new_password"


class NewPasswordForm(NewPasswordTwice):
    """New and confirm."""

    new_password = password_field(_("Enter new password"), autofocus=True)

    def password(self) -> Secret:
        """Return what the service takes."""
        return Secret(self.cleaned_data["new_password"])

    def refuse(self, violations: tuple[Violation, ...], *, code: str, values: Mapping[str, str]) -> None:
        """Show every broken rule at once, or the sentence of another refusal."""
        self.add_violations(violations)
        if not violations:
            decision = Decision(allowed=False, code=code, values=values)
            self.add_error("new_password", sentence(decision) or gettext("The password was refused."))


@sensitive_variables()
def password_page(
    attempt: RecoveryAttempt, form: NewPasswordForm | None = None, *, typed: Secret | None = None
) -> dict[str, object]:
    """Return the form and the rules for the person of an attempt that was proven."""
    user, tenant = attempt.user, attempt.tenant
    if user is None or tenant is None:
        return {"form": form or NewPasswordForm(), "ticks": []}
    with within(tenant):
        ticks = ticks_for(user, tenant=tenant, typed=typed)
    return {
        "form": form or NewPasswordForm(),
        "ticks": ticks,
        "user_name": user.user_principal_name,
    }
