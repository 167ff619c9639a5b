"""Reset password for one person: picker, panel, result, show once, send the link again."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.forms import ResetForm
from passwords.orders import ResetEnd, ResetOrder, ResetOutcome
from passwords.reveal import show_to_starter
from passwords.selectors import get_own_reset, get_reset_panel, get_reset_result
from passwords.services.deliver_again import NotSentAgain, send_link_again
from passwords.services.reset import reset_passwords
from passwords.ticks import ticks_for
from passwords.validators import sentence as rule_sentence
from users.access import Decision, Permission, requires
from users.refusals import sentence
from users.request import PortalRequest
from users.selectors import get_user

STATUS_OF = {"RESET_NO_ROLE": 403, "RESET_STEP_UP": 401, "NOT_FOUND": 404, "RESET_DELETED": 404}
"""HTTP status of a refusal (roles.md 5); RESET_TARGET_* are 403, all others 400."""


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Show the Reset password panel of one person, and reset."""
    panel = get_reset_panel(get_user(user_id), actor=request.actor, now=clock.now())
    form = ResetForm(request.POST or None, tenant=request.tenant, has_alternate=bool(panel.alternate_email))
    if request.method != "POST":
        if panel.needs_proof:
            return _to_confirm(request)
        return _page(request, panel, form)
    if not form.is_valid():
        return _page(request, panel, form, status=422)
    (outcome,) = reset_passwords(
        tenant=request.tenant,
        orders=[ResetOrder(user_id=user_id, password=form.password())],
        authority=AdminAuthority(actor=request.actor),
        options=form.options(),
        now=clock.now(),
    )
    if outcome.end is ResetEnd.DONE:
        return HttpResponseRedirect(reverse("passwords:result", args=[outcome.reset_id]))
    if outcome.code == "RESET_STEP_UP":
        return _to_confirm(request)
    return _refused(request, panel, form, outcome)


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_post_parameters()
@require_POST
def live_rules(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Answer live ticks for the password typed for a person; nothing is kept."""
    typed = Secret(request.POST.get("new_password", ""))
    rules = ticks_for(get_user(user_id), tenant=request.tenant, typed=typed)
    return render(request, "components/rule_ticks.html", {"rules": rules})


@requires(Permission.PASSWORD_RESET)
@never_cache
@require_http_methods(["GET", "HEAD"])
def result(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Show how a reset ended, for whoever started it; the password itself is behind a button."""
    page = get_reset_result(get_own_reset(reset_id, actor=request.actor), now=clock.now())
    return render(request, "passwords/result.html", {"result": page})


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_POST
def show(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Show the password once."""
    row = get_own_reset(reset_id, actor=request.actor)
    password = show_to_starter(row.pk, actor=request.actor, now=clock.now())
    page = get_reset_result(get_own_reset(reset_id, actor=request.actor), now=clock.now())
    return render(request, "passwords/result.html", {"result": page, "password": password})


@requires(Permission.PASSWORD_RESET)
@require_POST
def send_again(request: PortalRequest, reset_id: UUID, message_id: UUID) -> HttpResponse:
    """Send a new link to one recipient; the older one of that recipient is dead."""
    row = get_own_reset(reset_id, actor=request.actor)
    try:
        send_link_again(row, message_id=message_id, actor=request.actor, now=clock.now())
    except NotSentAgain as problem:
        page = get_reset_result(row, now=clock.now())
        return render(request, "passwords/result.html", {"result": page, "problem": problem.code}, status=409)
    return HttpResponseRedirect(reverse("passwords:result", args=[reset_id]))


def _page(request: PortalRequest, panel: object, form: ResetForm, *, status: int = 200) -> HttpResponse:
    return render(request, "passwords/reset.html", {"panel": panel, "form": form}, status=status)


def _refused(request: PortalRequest, panel: object, form: ResetForm, outcome: ResetOutcome) -> HttpResponse:
    if outcome.code == "NOT_FOUND":
        raise Http404
    for violation in outcome.violations:
        form.add_error("new_password", rule_sentence(violation))
    if not outcome.violations:
        where = "addresses" if outcome.code == "RESET_CIRCULAR_RECIPIENT" else None
        form.add_error(where, sentence(Decision(allowed=False, code=outcome.code, values=outcome.values)))
    status = 422 if outcome.violations else STATUS_OF.get(outcome.code, 400)
    if outcome.code.startswith("RESET_TARGET_"):
        status = 403
    return _page(request, panel, form, status=status)


def _to_confirm(request: PortalRequest) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('users:confirm')}?{urlencode({'next': request.path})}")
