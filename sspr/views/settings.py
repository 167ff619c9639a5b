"""Settings › Password reset: the blades whose settings are saved together."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import clock
from sspr.policy_settings import Blade
from sspr.rules import policy_of
from sspr.services.lock_out import LockOut
from sspr.services.policy import (
    LockOutNotConfirmed,
    SettingsChanged,
    SettingsRefused,
    change_policy,
    channels_set_up,
)
from sspr.settings_form import GROUP, BladeForm
from sspr.settings_words import BLADE_NAMES
from sspr.views.settings_frame import blade_groups, route_of
from users.access import Permission, has_fresh_proof, requires
from users.group_choice import LONGEST_NAME, offered_names
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM: Final = 422
CHANGED: Final = 409
"""Status where a colleague's newer change would have been written over."""
TYPED_ABOVE: Final = 10
"""More people than this have to be typed as a number before a change leaves them unable to reset."""


@requires(Permission.SSPR_SETTINGS_READ)
@require_safe
def settings(request: PortalRequest) -> HttpResponse:
    """Lead to the first blade."""
    return HttpResponseRedirect(reverse(route_of(Blade.PROPERTIES)))


@requires(Permission.SSPR_SETTINGS_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def blade(request: PortalRequest, blade: Blade) -> HttpResponse:
    """Show the settings of one blade, or change them."""
    if request.method == "POST":
        return _save(request, blade)
    # Asked before anything is typed, so that nothing typed is lost on the way there and back.
    if _may_change(request) and not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    return _page(request, _form(request, blade), was_saved="saved" in request.GET)


@requires(Permission.SSPR_SETTINGS_WRITE)
@require_safe
def group_names(request: PortalRequest) -> HttpResponse:
    """Draw the names to offer for what was typed so far of a group's name."""
    typed = request.GET.get(GROUP, "").strip()[:LONGEST_NAME]
    return render(request, "sspr/_settings_group_names.html", {"group_names": offered_names(typed)})


def _save(request: PortalRequest, blade: Blade) -> HttpResponse:
    form = _form(request, blade)
    if not form.is_valid():
        return _page(request, form, status=REFUSED_FORM)
    typed = request.POST.get("accepted", "").strip()
    try:
        change_policy(
            actor=request.actor,
            values=form.values(),
            version=form.cleaned_data["version"],
            accepted=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0,
            now=clock.now(),
        )
    except SettingsRefused as refusal:
        form.add_faults(refusal.faults)
        return _page(request, form, status=REFUSED_FORM)
    except SettingsChanged:
        return _changed_meanwhile(request, blade)
    except LockOutNotConfirmed as missing:
        return _ask(request, form, missing.lock_out, typed=typed)
    except Refused as refusal:
        form.add_error(None, sentence(refusal.decision))
        return _page(request, form, status=status_of(refusal.decision))
    return HttpResponseRedirect(f"{reverse(route_of(blade))}?saved=1")


def _changed_meanwhile(request: PortalRequest, blade: Blade) -> HttpResponse:
    """Show the settings as they are now: what was typed was chosen beside others that are gone."""
    problem = gettext(
        "Somebody else has changed these settings since you opened the page. Nothing was saved. Look again."
    )
    form = _form(request, blade, is_fresh=True)
    return _page(request, form, problem=problem, status=CHANGED)


def _ask(request: PortalRequest, form: BladeForm, lock_out: LockOut, *, typed: str) -> HttpResponse:
    must_type = lock_out.count > TYPED_ABOVE
    error = gettext("Type %(number)s exactly so. Nothing was saved.") % {"number": lock_out.count} if typed else ""
    page = {
        **_frame(request, form),
        "lock_out": lock_out,
        "must_type": must_type,
        "typed_error": error,
        "back_url": reverse(route_of(form.blade)),
    }
    return render(request, "sspr/settings_lock_out.html", page, status=REFUSED_FORM)


def _form(request: PortalRequest, blade: Blade, *, is_fresh: bool = False) -> BladeForm:
    return BladeForm(
        request.POST if request.method == "POST" and not is_fresh else None,
        blade=blade,
        policy=policy_of(request.tenant),
        channels=channels_set_up(),
        may_change=_may_change(request),
    )


def _may_change(request: PortalRequest) -> bool:
    return request.actor.may(Permission.SSPR_SETTINGS_WRITE)


def _frame(request: PortalRequest, form: BladeForm) -> dict[str, object]:
    return {
        "form": form,
        "title": BLADE_NAMES[form.blade],
        "groups": blade_groups(request.actor, route=route_of(form.blade)),
        "may_change": _may_change(request),
    }


def _page(
    request: PortalRequest, form: BladeForm, *, was_saved: bool = False, problem: str = "", status: int = 200
) -> HttpResponse:
    page = {
        **_frame(request, form),
        "was_saved": was_saved,
        "problem": problem,
        "group_names": form.group_names() if _may_change(request) else [],
        "is_licensed_only": request.tenant.licensing_mode != "portal",
    }
    return render(request, "sspr/settings_blade.html", page, status=status)
