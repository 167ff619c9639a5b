"""Settings › Password policy."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from passwords.policy_form import PasswordPolicyForm
from passwords.rules import policy_of
from passwords.services.policy import PolicyChanged, PolicyRefused, change_password_policy
from users.access import Permission, has_fresh_proof, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM: Final = 422
CHANGED: Final = 409
"""Status where a colleague's newer change would have been written over."""


@requires(Permission.PASSWORD_POLICY_READ)
@require_safe
def policy(request: PortalRequest) -> HttpResponse:
    """Show the password policy of the tenant."""
    # Asked before anything is typed, so that nothing typed is lost on the way there and back.
    if _may_change(request) and not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    return _page(request, _form(request), was_saved="saved" in request.GET)


@requires(Permission.PASSWORD_POLICY_WRITE)
@require_POST
def save(request: PortalRequest) -> HttpResponse:
    """Change the password policy of the tenant."""
    form = _form(request)
    if not form.is_valid():
        return _page(request, form, status=REFUSED_FORM)
    try:
        change_password_policy(
            actor=request.actor, values=form.values(), version=form.cleaned_data["version"], now=clock.now()
        )
    except PolicyChanged:
        return _changed_meanwhile(request)
    except PolicyRefused:
        form.add_error(None, gettext("The policy does not allow one of these values. Nothing was saved."))
        return _page(request, form, status=REFUSED_FORM)
    except Refused as refusal:
        form.add_error(None, sentence(refusal.decision))
        return _page(request, form, status=status_of(refusal.decision))
    return HttpResponseRedirect(f"{reverse('passwords:policy')}?saved=1")


def _changed_meanwhile(request: PortalRequest) -> HttpResponse:
    """Show the policy as it is now: what was typed was chosen beside values that are gone."""
    problem = gettext(
        "Somebody else has changed these settings since you opened the page. Nothing was saved. Look again."
    )
    return _page(request, _form(request, is_fresh=True), problem=problem, status=CHANGED)


def _form(request: PortalRequest, *, is_fresh: bool = False) -> PasswordPolicyForm:
    data = request.POST if request.method == "POST" and not is_fresh else None
    return PasswordPolicyForm(data, policy=policy_of(request.tenant), may_change=_may_change(request))


def _may_change(request: PortalRequest) -> bool:
    return request.actor.may(Permission.PASSWORD_POLICY_WRITE)


def _page(
    request: PortalRequest, form: PasswordPolicyForm, *, was_saved: bool = False, problem: str = "", status: int = 200
) -> HttpResponse:
    page = {"form": form, "may_change": _may_change(request), "was_saved": was_saved, "problem": problem}
    page["save_url"] = reverse("passwords:policy-save")
    return render(request, "passwords/policy.html", page, status=status)
