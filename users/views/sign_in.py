"""Sign in as at Microsoft: user name, Next, password; sign out; choose a language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock, correlation
from adminportal.sealing import Secret
from adminportal.throttle import Throttled
from adminportal.throttle.meter import source_of
from users import cookies
from users.access import open_to_must_change, own_account, public
from users.names import MAX_UPN
from users.request import PortalRequest
from users.services.sign_in import Outcome, SignInResult, sign_in
from users.services.sign_in import sign_out as end_this_session

LANGUAGE_COOKIE_SECONDS = 31_536_000


@public
@never_cache
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
    if "password" not in request.POST:
        return render(request, "users/signin_password.html", page)
    try:
        result = sign_in(
            user_name=user_name,
            password=Secret(request.POST["password"]),
            source=source_of(correlation.current().ip_address),
            device_cookie=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
            now=clock.now(),
            instead_of=request.session_row,  # type: ignore[attr-defined]  # set by the middleware
        )
    except Throttled as limit:
        return later(request, limit)
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


def _answer(request: HttpRequest, result: SignInResult, page: dict[str, str]) -> HttpResponse:
    if result.session_key is None:
        shown = page | {"is_wrong": result.outcome is Outcome.WRONG, "is_expired": result.outcome is Outcome.EXPIRED}
        return render(request, "users/signin_password.html", shown, status=422)
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
