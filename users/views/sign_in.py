"""Sign in as at Microsoft: user name, Next, password; sign out; choose a language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock, correlation
from adminportal.captcha import Answer, Purpose, check_answer
from adminportal.sealing import Secret
from adminportal.shell.policy import plays_sound
from adminportal.throttle import Throttled
from adminportal.throttle.meter import source_of
from users import cookies
from users.access import open_to_must_change, own_account, public
from users.challenge_page import challenge_page
from users.names import MAX_UPN
from users.request import PortalRequest
from users.services.sign_in import Outcome, SignInResult, sign_in
from users.services.sign_in import sign_out as end_this_session
from users.services.sign_in_sources import ChallengeNeeded, challenge_level
from users.support import remembers_home

LANGUAGE_COOKIE_SECONDS = 31_536_000
CHALLENGE_ERRORS = {
    Answer.WRONG: _("That is not what the picture shows. Nothing was tried yet."),
    Answer.EXPIRED: _("Many sign-ins from here have failed lately, so a proof that you are no program is needed."),
}
"""What is said of an answer that was not right."""


@public
@remembers_home
@never_cache
@plays_sound
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    """Ask for the user name, then for the password."""
    target = safe_target(request.POST.get("next") or request.GET.get("next") or "")
    user_name = request.POST.get("user_name", request.GET.get("user_name", "")).strip()[: MAX_UPN + 1]
    page = {"user_name": user_name, "next": target}
    if request.method != "POST":
        return render(request, "users/signin_name.html", page)
    if not user_name:
        return render(request, "users/signin_name.html", page | {"is_missing": True}, status=422)
    level = challenge_level(_source(), now=clock.now())
    if "password" not in request.POST:
        return _password_page(request, page, level=level)
    answer = None if level is None else check_answer(Purpose.SIGN_IN, request.POST, level=level, now=clock.now())
    if answer not in (None, Answer.RIGHT):
        return _password_page(request, page, level=level, answer=answer)
    try:
        result = _try(request, user_name, has_answered=answer is Answer.RIGHT)
    except ChallengeNeeded as needed:
        return _password_page(request, page, level=needed.level, answer=Answer.EXPIRED)
    return _answer(request, result, page)


@own_account
@open_to_must_change
@require_POST
def signout(request: PortalRequest) -> HttpResponse:
    """End this session."""
    end_this_session(request.session_row, now=clock.now())
    response = HttpResponseRedirect(reverse("users:signin"))
    cookies.drop_session(response)
    return response


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language in a cookie and go back."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(safe_target(request.POST.get("next", "")) or "/")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def safe_target(address: str) -> str:
    """Return a local path to go to, or nothing for any other address."""
    local = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if local else ""


def _source() -> str:
    return source_of(correlation.current().ip_address)


@sensitive_variables()
def _try(request: HttpRequest, user_name: str, *, has_answered: bool) -> SignInResult:
    return sign_in(
        user_name=user_name,
        password=Secret(request.POST["password"]),
        source=_source(),
        device_cookie=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
        now=clock.now(),
        instead_of=request.session_row,  # type: ignore[attr-defined]  # set by the middleware
        has_answered=has_answered,
    )


def _password_page(
    request: HttpRequest, page: dict[str, Any], *, level: int | None, answer: Answer | None = None, status: int = 0
) -> HttpResponse:
    """Show the second step, with a challenge where the source had too many failures."""
    if level is not None:
        page = page | challenge_page(
            request, Purpose.SIGN_IN, answer=answer, level=level, words=CHALLENGE_ERRORS, now=clock.now()
        )
    return render(request, "users/signin_password.html", page, status=status or (422 if answer else 200))


def _answer(request: HttpRequest, result: SignInResult, page: dict[str, Any]) -> HttpResponse:
    if result.session_key is None:
        shown = page | {"is_wrong": result.outcome is Outcome.WRONG, "is_expired": result.outcome is Outcome.EXPIRED}
        return _password_page(request, shown, level=challenge_level(_source(), now=clock.now()), status=422)
    onward = reverse("passwords:change") if result.must_change else page["next"] or reverse("centre:home")
    response = HttpResponseRedirect(onward)
    cookies.set_session(response, result.session_key)
    cookies.set_device(response, result.device_cookie)
    rotate_token(request)
    return response


def later(request: HttpRequest, limit: Throttled) -> HttpResponse:
    """Answer 429 with the time to wait."""
    page = {"retry_after": limit.retry_after, "minutes": -(-limit.retry_after // 60)}
    response = render(request, "errors/429.html", page, status=429)
    response.headers["Retry-After"] = str(limit.retry_after)
    return response
