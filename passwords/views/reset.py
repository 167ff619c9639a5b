"""Reset password for one person: panel, result, show once, send the link again."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.shell.qr import path_of
from passwords.authority import AdminAuthority
from passwords.forms import ResetForm
from passwords.models import PasswordReset
from passwords.orders import ResetEnd, ResetOrder, ResetOutcome
from passwords.reveal import ProofTooOld, show_to_starter
from passwords.selectors import ResetPanel, get_own_reset, get_reset_panel, get_reset_result, why_refused
from passwords.services.deliver_again import NotSentAgain, send_link_again
from passwords.services.printing import note_printed
from passwords.services.request import closing
from passwords.services.reset import reset_passwords
from passwords.ticks import ticks_for
from passwords.validators import sentence as rule_sentence
from passwords.views.reset_form import form_of
from users.access import Decision, Permission, requires
from users.refusals import sentence
from users.request import PortalRequest
from users.selectors import get_user
from users.views.proof import to_confirm

STATUS_OF = {
    "NOT_FOUND": 404,
    "RESET_DELETED": 404,
    "RESET_HISTORY_LIMIT": 429,
    "RESET_NO_ROLE": 403,
    "RESET_STEP_UP": 401,
}
"""HTTP status of a refusal; RESET_TARGET_* are 403, all others 400."""
REFUSED_FORM = 422
"""Status of a form that comes back; htmx puts it into the page, and no other refusal."""


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Show the Reset password panel of one person, and reset."""
    panel = get_reset_panel(user_id, actor=request.actor, now=clock.now())
    form = form_of(request, panel)
    if request.method != "POST":
        return to_confirm(request) if panel.needs_proof else _panel(request, panel, form)
    if not form.is_valid():
        allowed = panel.decision.allowed
        return _panel(request, panel, form, status=REFUSED_FORM if allowed else _status_of(panel.decision.code))
    now = clock.now()
    (outcome,) = reset_passwords(
        tenant=request.tenant,
        orders=[ResetOrder(user_id=user_id, password=form.password())],
        authority=AdminAuthority(actor=request.actor),
        options=form.options(),
        now=now,
        settle=closing(request.actor, now=now),
    )
    if outcome.end is ResetEnd.DONE:
        return HttpResponseRedirect(reverse("passwords:result", args=[outcome.reset_id]))
    if outcome.code == "RESET_STEP_UP":
        return to_confirm(request)
    return _refused(request, panel, form, outcome)


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_post_parameters()
@require_POST
def live_rules(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Answer live ticks for the password typed for a person; nothing is kept."""
    typed = Secret(request.POST.get("new_password", ""))
    ticks = ticks_for(get_user(user_id), tenant=request.tenant, typed=typed)
    return render(request, "components/rule_ticks.html", {"ticks": ticks})


@requires(Permission.PASSWORD_RESET)
@never_cache
@require_safe
def result(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Show how a reset ended, for whoever started it; the password itself is behind a button."""
    response = _result(request, get_own_reset(reset_id, actor=request.actor))
    if _is_fragment(request):
        response.headers["HX-Replace-Url"] = request.path
    return response


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Show the password once, in the answer to the button alone; its address leads to the result otherwise."""
    row, result_url = get_own_reset(reset_id, actor=request.actor), reverse("passwords:result", args=[reset_id])
    if request.method != "POST":
        return HttpResponseRedirect(result_url)
    try:
        password = show_to_starter(row.pk, actor=request.actor, now=clock.now())
    except ProofTooOld:
        return to_confirm(request, back_to=result_url)
    # Who lost the right since the reset reads why; a password that was shown or is gone has its own words on the page.
    reason = "" if password else why_refused(row.target, actor=request.actor)
    fresh = get_own_reset(reset_id, actor=request.actor)
    return _result(request, fresh, password=password, problem=reason)


@requires(Permission.PASSWORD_RESET)
@never_cache
@require_POST
def printed(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Take note that the browser was asked to print the slip."""
    note_printed(get_own_reset(reset_id, actor=request.actor), actor=request.actor, now=clock.now())
    return HttpResponse(status=204)


@requires(Permission.PASSWORD_RESET)
@never_cache
@require_safe
def progress(request: PortalRequest, reset_id: UUID) -> HttpResponse:
    """Answer how the reset and its messages fare, for a page that asks again and again; 204 when nothing changed."""
    row = get_own_reset(reset_id, actor=request.actor)
    if not _is_fragment(request):
        return HttpResponseRedirect(reverse("passwords:result", args=[reset_id]))
    page = get_reset_result(row, now=clock.now())
    if page.stamp == request.GET.get("stamp") and page.polls_every == _number(request.GET.get("every", "")):
        return HttpResponse(status=204)
    return render(request, "passwords/_result_progress.html", {"result": page})


@requires(Permission.PASSWORD_RESET)
@never_cache
@require_POST
def send_again(request: PortalRequest, reset_id: UUID, message_id: UUID) -> HttpResponse:
    """Send a new link to one recipient; the older one of that recipient is dead."""
    row = get_own_reset(reset_id, actor=request.actor)
    problem = ""
    try:
        send_link_again(row, message_id=message_id, actor=request.actor, now=clock.now())
    except NotSentAgain as refusal:
        problem = _why_not_again(refusal.code)
    if _is_fragment(request):
        page = {"result": get_reset_result(row, now=clock.now()), "problem": problem}
        return render(request, "passwords/_result_progress.html", page, status=REFUSED_FORM if problem else 200)
    if problem:
        return _result(request, row, problem=problem, status=409)
    return HttpResponseRedirect(reverse("passwords:result", args=[reset_id]))


def _panel(request: PortalRequest, panel: ResetPanel, form: ResetForm, *, status: int = 200) -> HttpResponse:
    page = {"panel": panel, "form": form, "ticks": ticks_for(panel.user, tenant=request.tenant)}
    name = "passwords/_reset_panel.html" if _is_fragment(request) else "passwords/reset.html"
    return render(request, name, page | {"in_panel": _is_fragment(request)}, status=status)


@sensitive_variables()
def _result(
    request: PortalRequest,
    row: PasswordReset,
    *,
    password: Secret | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    page: dict[str, object] = {
        "result": get_reset_result(row, now=clock.now()),
        "password": password,
        "problem": problem,
        "in_panel": _is_fragment(request),
    }
    if password:
        address = settings.PUBLIC_URL + reverse("users:signin")
        page |= {"sign_in_url": address, "qr": path_of(address)}
    name = "passwords/_result.html" if _is_fragment(request) else "passwords/result.html"
    return render(request, name, page, status=status)


def _refused(request: PortalRequest, panel: ResetPanel, form: ResetForm, outcome: ResetOutcome) -> HttpResponse:
    if outcome.code == "NOT_FOUND":
        raise Http404
    for violation in outcome.violations:
        form.add_error("new_password", rule_sentence(violation))
    if not outcome.violations:
        where = "addresses" if outcome.code == "RESET_CIRCULAR_RECIPIENT" else None
        form.add_error(where, sentence(Decision(allowed=False, code=outcome.code, values=outcome.values)))
    in_page = outcome.violations or _is_fragment(request)
    return _panel(request, panel, form, status=REFUSED_FORM if in_page else _status_of(outcome.code))


def _status_of(code: str) -> int:
    return 403 if code.startswith("RESET_TARGET_") else STATUS_OF.get(code, 400)


def _why_not_again(code: str) -> str:
    reasons = {
        "opened": _("The link was opened already, so no new one was sent. Use Resend to make a new password."),
        "gone": _("The password is no longer waiting, so no new link was sent. Use Resend to make a new one."),
    }
    return reasons.get(code, _("Your roles no longer reach this person, so no new link was sent."))


def _is_fragment(request: PortalRequest) -> bool:
    """Tell whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000") else -1
