"""Org settings: the switches of the organisation, each for whoever may see and change it."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from adminportal.centre.org_settings_form import OrgSettingsForm
from sspr.rules import policy_of
from sspr.settings_words import state_of
from users.access import Permission, has_fresh_proof, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.services.tenant_settings import ChangedMeanwhile, change_settings, changeable_settings, readable_settings


@requires(Permission.PASSWORD_POLICY_READ)
@require_safe
def org_settings(request: PortalRequest) -> HttpResponse:
    """Show the switches of the tenant: all of them, or the numbers of the lockout alone."""
    # Asked before anything is typed, so that nothing typed is lost on the way there and back.
    if _may_change(request) and not has_fresh_proof(request.actor, now=clock.now()):
        return HttpResponseRedirect(_confirm_url())
    return _page(request, _form(request), was_saved="saved" in request.GET)


@requires(Permission.PASSWORD_POLICY_WRITE)
@require_POST
def save(request: PortalRequest) -> HttpResponse:
    """Change the switches of the tenant that are this person's to change."""
    form = _form(request)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        values, shown = form.values(), form.cleaned_data["shown"]
        change_settings(actor=request.actor, values=values, shown=shown, now=clock.now())
    except ChangedMeanwhile as others:
        request.tenant.refresh_from_db()
        return _page(request, form.after_others(request.tenant, others.columns), status=409)
    except Refused as refusal:
        form.add_error(None, sentence(refusal.decision))
        return _page(request, form, status=status_of(refusal.decision))
    return HttpResponseRedirect(f"{reverse('centre:org-settings')}?saved=1")


def _form(request: PortalRequest) -> OrgSettingsForm:
    data = request.POST if request.method == "POST" else None
    return OrgSettingsForm(
        data,
        tenant=request.tenant,
        readable=readable_settings(request.actor),
        changeable=changeable_settings(request.actor),
    )


def _may_change(request: PortalRequest) -> bool:
    return bool(changeable_settings(request.actor))


def _confirm_url() -> str:
    return f"{reverse('users:confirm')}?{urlencode({'next': reverse('centre:org-settings')})}"


def _page(request: PortalRequest, form: OrgSettingsForm, *, was_saved: bool = False, status: int = 200) -> HttpResponse:
    sees_reset = request.actor.may(Permission.SSPR_SETTINGS_READ)
    page = {
        "form": form,
        "may_change": _may_change(request),
        "was_saved": was_saved,
        "save_url": reverse("centre:org-settings-save"),
        "reset_state": state_of(policy_of(request.tenant)) if sees_reset else "",
    }
    return render(request, "centre/org_settings.html", page, status=status)
