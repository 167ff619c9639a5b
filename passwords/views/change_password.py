"""Change one's own password: forced after a temporary one, or from My account."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from adminportal.sealing import Secret
from passwords.forms import ChangePasswordForm
from passwords.services.change import (
    PolicyViolation,
    TemporaryPasswordExpired,
    WrongCurrentPassword,
    change_password,
)
from passwords.ticks import ticks_for
from users import cookies
from users.access import open_to_must_change, own_account
from users.request import PortalRequest
from users.sessions import owes_new_password


@own_account
@open_to_must_change
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PortalRequest) -> HttpResponse:
    """Show and take the form: old, new, confirm."""
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        key = change_password(session=request.session_row, now=clock.now(), **form.order())
    except PolicyViolation as refusal:
        form.add_violations(refusal.violations)
    except WrongCurrentPassword:
        form.say_wrong_current()
    except TemporaryPasswordExpired:
        form.say_expired()
    else:
        response = HttpResponseRedirect(reverse("passwords:changed"))
        cookies.set_session(response, key)
        rotate_token(request)
        return response
    return _page(request, form, status=422)


@own_account
@never_cache
def changed(request: PortalRequest) -> HttpResponse:
    """Say that the password was changed and lead on."""
    return render(request, "passwords/changed.html")


@own_account
@open_to_must_change
@never_cache
@sensitive_post_parameters()
@require_POST
def live_rules(request: PortalRequest) -> HttpResponse:
    """Answer live ticks for a typed password; nothing is kept."""
    typed = Secret(request.POST.get("new_password", ""))
    ticks = ticks_for(request.actor.user, tenant=request.tenant, typed=typed)
    return render(request, "components/rule_ticks.html", {"ticks": ticks})


def _page(request: PortalRequest, form: ChangePasswordForm, *, status: int = 200) -> HttpResponse:
    user, session = request.actor.user, request.session_row
    page = {
        "form": form,
        "is_forced": owes_new_password(session),
        "is_expired": session.password_expired_at is not None and not user.must_change,
        "ticks": ticks_for(user, tenant=request.tenant),
    }
    return render(request, "passwords/change_password.html", page, status=status)
