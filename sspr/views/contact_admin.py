"""Contact your administrator: from every page of the wizard, and for every name alike."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import captcha, clock, correlation
from adminportal.captcha import Answer, Purpose
from adminportal.shell.policy import plays_sound
from sspr.cookie import find_attempt
from sspr.help_desk import help_desk_of
from sspr.models import RecoveryAttempt
from sspr.services.contact_admin import call_for_help
from users.access import public
from users.challenge_page import challenge_page
from users.names import MAX_UPN, NameFault, check_upn


@public
@never_cache
@plays_sound
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Ask for help: about the attempt of this browser, or else about a user ID, after a challenge."""
    now = clock.now()
    attempt = find_attempt(request, now=now)
    if request.method != "POST":
        return _page(request, attempt, request.GET.get("username", ""))
    user_name = request.POST.get("user_name", "").strip()[: MAX_UPN + 1]
    if attempt is None:
        refused = _refusal(request, user_name)
        if refused is not None:
            return refused
    call_for_help(user_name, attempt=attempt, language=get_language() or "en", now=now)
    return HttpResponseRedirect(reverse("sspr:contact-sent"))


@public
@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what happens now; the same for every name."""
    attempt = find_attempt(request, now=clock.now())
    return render(request, "sspr/wizard_contact_sent.html", _frame(attempt))


def _refusal(request: HttpRequest, user_name: str) -> HttpResponse | None:
    try:
        check_upn(user_name)
    except NameFault:
        return _page(request, None, user_name, name_error=_("Type your user ID, such as name@contoso.example."))
    answer = captcha.check_answer(Purpose.WIZARD, request.POST, now=clock.now())
    return None if answer is Answer.RIGHT else _page(request, None, user_name, answer=answer)


def _page(
    request: HttpRequest,
    attempt: RecoveryAttempt | None,
    user_name: str,
    *,
    name_error: str = "",
    answer: Answer | None = None,
) -> HttpResponse:
    page: dict[str, object] = {
        "user_name": user_name.strip()[: MAX_UPN + 1],
        "name_error": name_error,
        "asks_name": attempt is None,
    }
    if attempt is None:
        page |= challenge_page(request, Purpose.WIZARD, answer=answer, now=clock.now())
    status = 422 if request.method == "POST" else 200
    return render(request, "sspr/wizard_contact.html", _frame(attempt) | page, status=status)


def _frame(attempt: RecoveryAttempt | None) -> dict[str, object]:
    tenant = attempt.tenant if attempt else None
    return {
        "attempt": attempt,
        "is_open": attempt is not None and attempt.ended_at is None,
        "help_desk": help_desk_of(tenant),
        "support_code": str(attempt.pk if attempt else correlation.current().correlation_id),
    }
