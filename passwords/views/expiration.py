"""Settings › Password expiration policy."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from passwords.expiration_form import ExpirationForm
from passwords.models import PasswordPolicy
from passwords.rules import policy_of
from passwords.services.expiration import (
    Expiration,
    ExpirationChanged,
    Overdue,
    OverdueNotConfirmed,
    change_expiration,
)
from passwords.services.expiry_reminders import count_unreached
from users.access import Permission, has_fresh_proof, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM: Final = 422
CHANGED: Final = 409
"""Status where a colleague's newer change would have been written over."""
TYPED_ABOVE: Final = 10
"""More people than this have to be typed as a number before their passwords are too old."""


@requires(Permission.PASSWORD_EXPIRATION_READ)
@require_safe
def expiration(request: PortalRequest) -> HttpResponse:
    """Show for how long passwords are good."""
    # Asked before anything is typed, so that nothing typed is lost on the way there and back.
    if _may_change(request) and not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    return _page(request, _form(request), was_saved="saved" in request.GET)


@requires(Permission.PASSWORD_EXPIRATION_WRITE)
@require_POST
def save(request: PortalRequest) -> HttpResponse:
    """Change for how long passwords are good, once it is confirmed whom that reaches at once."""
    form = _form(request)
    if not form.is_valid():
        return _page(request, form, status=REFUSED_FORM)
    typed = request.POST.get("accepted", "").strip()
    try:
        change_expiration(
            actor=request.actor,
            wanted=form.wanted(),
            shown=form.before(),
            accepted=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0,
            now=clock.now(),
        )
    except ExpirationChanged:
        return _changed_meanwhile(request)
    except OverdueNotConfirmed as missing:
        return _ask(request, form, missing.overdue, typed=typed)
    except Refused as refusal:
        form.add_error(None, sentence(refusal.decision))
        return _page(request, form, status=status_of(refusal.decision))
    return HttpResponseRedirect(f"{reverse('passwords:expiration')}?saved=1")


def _ask(request: PortalRequest, form: ExpirationForm, overdue: Overdue, *, typed: str) -> HttpResponse:
    error = gettext("Type %(number)s exactly so. Nothing was saved.") % {"number": overdue.count} if typed else ""
    page = {
        "form": form,
        "overdue": overdue,
        "must_type": overdue.count > TYPED_ABOVE,
        "typed_error": error,
        "spread_days": form.wanted().spread_days,
        "save_url": reverse("passwords:expiration-save"),
        "back_url": reverse("passwords:expiration"),
    }
    return render(request, "passwords/expiration_confirm.html", page, status=REFUSED_FORM)


def _changed_meanwhile(request: PortalRequest) -> HttpResponse:
    """Show the settings as they are now: what was typed was chosen beside values that are gone."""
    problem = gettext(
        "Somebody else has changed these settings since you opened the page. Nothing was saved. Look again."
    )
    request.tenant.refresh_from_db()
    return _page(request, _form(request, is_fresh=True), problem=problem, status=CHANGED)


def _form(request: PortalRequest, *, is_fresh: bool = False) -> ExpirationForm:
    data = request.POST if request.method == "POST" and not is_fresh else None
    return ExpirationForm(data, stored=Expiration.of(request.tenant), may_change=_may_change(request))


def _may_change(request: PortalRequest) -> bool:
    return request.actor.may(Permission.PASSWORD_EXPIRATION_WRITE)


def _page(
    request: PortalRequest, form: ExpirationForm, *, was_saved: bool = False, problem: str = "", status: int = 200
) -> HttpResponse:
    page = {
        "form": form,
        "may_change": _may_change(request),
        "was_saved": was_saved,
        "problem": problem,
        "save_url": reverse("passwords:expiration-save"),
        "unreached": count_unreached(request.tenant) if request.tenant.password_days else 0,
        "is_nist": policy_of(request.tenant).profile == PasswordPolicy.Profile.NIST,
    }
    return render(request, "passwords/expiration.html", page, status=status)
