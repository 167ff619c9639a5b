"""Who is asking: loads the session, enters the tenant's scope, picks the language, guards the gates."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from adminportal import clock
from adminportal.queries import ahead
from adminportal.sealing import Secret
from users import sessions
from users.actors import Actor, load_actor, roles_question_of_session
from users.gates import closed_gate
from users.models import Session
from users.permissions import Permission
from users.request import PortalRequest
from users.services.page_refusals import record_page_refusal
from users.sessions import owes_new_password
from users.tenancy import within

Handler = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing."""


class PrincipalMiddleware:
    """Sets ``request.session_row``, ``request.tenant`` and ``request.actor``; all None when nobody is signed in."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        request.session_row = request.tenant = request.actor = None  # type: ignore[attr-defined]
        session, actor = self._principal(request)
        if session is None or actor is None:
            return self.get_response(request)
        with within(session.tenant):
            if actor.is_admin and sessions.is_too_old_for_admin(session, now=now):
                return self.get_response(request)
            request.session_row, request.tenant, request.actor = session, session.tenant, actor  # type: ignore[attr-defined]
            if not request.headers.get("X-Progress-Poll"):
                sessions.touch(session, now=now)
            return self.get_response(request)

    def _principal(self, request: HttpRequest) -> tuple[Session | None, Actor | None]:
        """Return the live session and who acts in it, both asked for in one message."""
        key = Secret(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
        if not key.expose() or request.path.startswith((settings.STATIC_URL, "/health/")):
            return None, None
        digest = sessions.digest_of(key)
        roles = roles_question_of_session(digest)
        with ahead([sessions.live_question(digest), roles]):
            session = sessions.find_session(key, now=clock.now())
            if session is None:
                return None, None
            return session, load_actor(session.user, tenant=session.tenant, proven_at=session.proven_at, question=roles)


class LanguageMiddleware:
    """Activates the language of the cookie, else the person's or the browser's, and the tenant's time zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(self._language(request)), timezone.override(self._zone(request)):
            request.LANGUAGE_CODE = translation.get_language() or "en"
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response

    def _zone(self, request: HttpRequest) -> zoneinfo.ZoneInfo | None:
        tenant = request.tenant  # type: ignore[attr-defined]
        return zoneinfo.ZoneInfo(tenant.time_zone) if tenant else None

    def _language(self, request: HttpRequest) -> str:
        offered = {code for code, _name in settings.LANGUAGES}
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen in offered:
            return chosen
        actor = request.actor  # type: ignore[attr-defined]
        if actor is not None and actor.user.preferred_language in offered:
            return str(actor.user.preferred_language)
        return translation.get_language_from_request(request)


class GateMiddleware:
    """Sends strangers to sign in, who has a password to change to do so, others to what is due before a page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        """Answer instead of the view where a gate is closed."""
        if getattr(view, "is_public", False):
            return None
        actor = request.actor  # type: ignore[attr-defined]
        if actor is None:
            return _to_sign_in(request)
        if owes_new_password(request.session_row) and not getattr(view, "is_open_to_must_change", False):  # type: ignore[attr-defined]
            return _go(request, reverse("passwords:change"))
        elsewhere = closed_gate(cast(PortalRequest, request), view)
        return _go(request, elsewhere) if elsewhere else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Record what a page refused to do for want of a right; merely looking at a page is no row."""
        actor = request.actor  # type: ignore[attr-defined]
        permission = exception.args[0] if isinstance(exception, PermissionDenied) and exception.args else None
        if actor is None or request.method in SAFE_METHODS or not isinstance(permission, Permission):
            return
        found = request.resolver_match
        page, names = (found.route, found.kwargs) if found else ("", {})
        user_id = names.get("user_id")
        record_page_refusal(actor=actor, permission=permission, page=page, user_id=user_id, now=clock.now())


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = reverse("users:signin")
    if request.method == "GET" and not request.headers.get("HX-Request"):
        address = f"{address}?{urlencode({'next': request.get_full_path()})}"
    return _go(request, address)


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
