"""The wizard: page 1, the page of each step, and the ways out. Nobody is told whether a name exists."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adminportal import captcha, clock, correlation
from adminportal.captcha import Answer, Purpose
from adminportal.shell.policy import plays_sound
from adminportal.throttle.meter import source_of
from sspr.cookie import drop_key, find_attempt, read_key, set_key
from sspr.flow import PROVING, State
from sspr.models import RecoveryAttempt
from sspr.new_password_form import password_page
from sspr.outcome import outcome_of
from sspr.question_words import words_of
from sspr.services.cancel import cancel as end_attempt
from sspr.services.start import Later, NameFault, choose_reason, difficulty
from sspr.services.start import start as begin
from sspr.services.verify import view_of
from sspr.views.wizard_frame import draw, moves_of, to_start, to_step
from sspr.wizard_page import proof_page, waiting_page
from users.access import public
from users.challenge_page import challenge_page
from users.names import MAX_UPN
from users.support import home_domain, remembers_home, with_home
from users.tenancy import find_tenant_of_domain

LONGEST_NAME: Final = MAX_UPN + 1
LANGUAGE_COOKIE_SECONDS: Final = 31_536_000


@public
@remembers_home
@never_cache
@plays_sound
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Page 1: ask for the user ID and for work, and begin an attempt whoever has the name."""
    if request.method != "POST":
        return _in_language(request) or _page_one(request, request.GET.get("username", ""))
    user_name, now = request.POST.get("user_name", "").strip()[:LONGEST_NAME], clock.now()
    source = source_of(correlation.current().ip_address)
    level = difficulty(source=source, tenant=find_tenant_of_domain(user_name.rpartition("@")[2]), now=now)
    answer = captcha.check_answer(Purpose.WIZARD, request.POST, level=level, now=now)
    if answer is not Answer.RIGHT:
        return _page_one(request, user_name, answer=answer, level=level)
    try:
        begun = begin(
            user_name=user_name,
            source=source,
            language=get_language() or "en",
            now=now,
            instead_of=read_key(request),
        )
    except NameFault:
        return _page_one(request, user_name, is_no_name=True, level=level)
    except Later as limit:
        return later(request, limit.retry_after)
    response = to_step()
    set_key(response, begun.cookie, begun.attempt, now=now)
    return response


@public
@never_cache
@require_safe
def step(request: HttpRequest) -> HttpResponse:
    """Show the page of the step that the browser's attempt is at."""
    now = clock.now()
    attempt = find_attempt(request, now=now)
    if attempt is None:
        return to_start(request, said="over" if read_key(request) else "")
    state = State(attempt.state)
    if state is State.REASON:
        return draw(request, "wizard_reason", attempt, {})
    if state in PROVING:
        return _proof(request, attempt)
    if state is State.WAITING:
        return draw(request, "wizard_waiting", attempt, waiting_page(attempt, now=now))
    if state is State.NEW_PASSWORD:
        return draw(request, "wizard_password", attempt, password_page(attempt))
    if state is State.UNLOCK:
        return draw(request, "wizard_unlock", attempt, {})
    if state in (State.DONE, State.UNLOCKED):
        user_name = attempt.user.user_principal_name if attempt.user else ""
        return draw(request, "wizard_done", attempt, {"is_unlocked": state is State.UNLOCKED, "user_name": user_name})
    outcome = outcome_of(attempt)
    if outcome is not None:
        return draw(request, "wizard_outcome", attempt, {"outcome": outcome, "hide_contact": not outcome.is_nobody})
    return draw(request, "wizard_over", attempt, {})


@public
@never_cache
@require_POST
def reason(request: HttpRequest) -> HttpResponse:
    """Take the answer of page 2: forgotten, or known and still kept out."""
    now, chosen = clock.now(), request.POST.get("reason", "")
    attempt = find_attempt(request, now=now)
    if attempt is None:
        return to_start(request, said="over")
    if chosen not in ("forgot", "known"):
        return to_step(said="choose")
    taken = choose_reason(attempt, is_unlock=chosen == "known", moves=moves_of(request), now=now)
    return to_step(said="" if taken else "stale")


@public
@never_cache
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """End the attempt and go back to sign-in."""
    now = clock.now()
    attempt = find_attempt(request, now=now)
    if attempt is not None:
        end_attempt(attempt, now=now)
    response = HttpResponseRedirect(with_home(request, reverse("users:signin")))
    drop_key(response)
    return response


def later(request: HttpRequest, retry_after: int) -> HttpResponse:
    """Say that it is too early to try again, the same for every name."""
    page = {"minutes": -(-retry_after // 60), "support_code": str(correlation.current().correlation_id)}
    response = render(request, "sspr/wizard_later.html", page, status=429)
    response.headers["Retry-After"] = str(retry_after)
    return response


def _proof(request: HttpRequest, attempt: RecoveryAttempt) -> HttpResponse:
    now = clock.now()
    view = view_of(attempt, now=now)
    questions = words_of(view.questions, tenant=attempt.tenant)
    page = proof_page(view, wanted=request.GET.get("method", ""), questions=questions, now=now)
    if page is None:
        return draw(request, "wizard_over", attempt, {})
    return draw(request, "wizard_prove", attempt, {"page": page})


def _page_one(
    request: HttpRequest, user_name: str, *, answer: Answer | None = None, is_no_name: bool = False, level: int = 0
) -> HttpResponse:
    now = clock.now()
    if request.method != "POST":
        level = difficulty(source=source_of(correlation.current().ip_address), tenant=None, now=now)
    page = {
        "user_name": user_name.strip()[:LONGEST_NAME],
        "name_error": _("Type your user ID, such as name@contoso.example.") if is_no_name else "",
        "said": _("That took longer than 15 minutes. Begin again.") if request.GET.get("said") == "over" else "",
        **challenge_page(request, Purpose.WIZARD, answer=answer, level=level, now=now),
        "tenant": find_tenant_of_domain(home_domain(request)),
        "support_code": str(correlation.current().correlation_id),
    }
    return render(request, "sspr/wizard_start.html", page, status=422 if request.method == "POST" else 200)


def _in_language(request: HttpRequest) -> HttpResponse | None:
    """Turn ``?mkt=nb-no`` into the language cookie, and come back without it."""
    asked = request.GET.get("mkt", "").casefold().partition("-")[0]
    asked = {"no": "nb", "nn": "nb"}.get(asked, asked)
    if asked not in dict(settings.LANGUAGES):
        return None
    query = request.GET.copy()
    del query["mkt"]
    response = HttpResponseRedirect(request.path + (f"?{query.urlencode()}" if query else ""))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        asked,
        max_age=LANGUAGE_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
