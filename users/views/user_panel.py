"""The user panel: one person, one tab at a time; in the panel of the grid or as a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from adminportal import clock
from adminportal.audit.export import actor_name
from adminportal.audit.models import AuditEvent
from adminportal.audit.selectors import list_events_about, page_of
from adminportal.audit.tags import Result
from users.access import Permission, requires
from users.act_rules import Act
from users.models import User
from users.panel import (
    Person,
    Tab,
    find_lock,
    get_person,
    list_contacts,
    list_groups,
    list_licences,
    list_recovery_contacts,
    password_end_of,
)
from users.panel_methods import methods_of
from users.panel_sections import password_state, self_service_lock, self_service_standing
from users.request import PortalRequest
from users.selectors import get_user
from users.services.contact_views import note_contact_views
from users.sessions import list_sessions

HISTORY_ROWS = 20
"""Rows of history on one page of the panel."""

TAB_LABELS: dict[Tab, str | Promise] = {
    Tab.ACCOUNT: _("Account"),
    Tab.LICENCES: _("Licenses and apps"),
    Tab.PASSWORD: _("Password and sign-in"),
    Tab.METHODS: _("Authentication methods"),
    Tab.DIRECTORY: _("Directory"),
    Tab.HISTORY: _("History"),
}
RESULTS: dict[str, tuple[str, str | Promise]] = {
    Result.SUCCESS: ("good", _("Success")),
    Result.FAILURE: ("bad", _("Failure")),
    Result.TIMEOUT: ("warn", _("Timed out")),
}
DONE: dict[str, str | Promise] = {
    "session": _("The session was ended."),
    "method": _("The method was removed, and every session was ended."),
    "again": _("The person is asked to register again at the next sign-in, and every session was ended."),
    "contacts": _("The contact data are as you left them. Old and new addresses were told."),
    "self-service": _("The person can reset the password by themselves again."),
    Act.BLOCK: _("Sign-in is blocked, and every session was ended."),
    Act.ALLOW: _("Sign-in is allowed again."),
    Act.SIGN_OUT: _("Every session was ended."),
    Act.UNLOCK: _("The account is unlocked."),
    Act.FORCE_CHANGE: _("The password has to be changed at the next sign-in, and every session was ended."),
    Act.NEVER_EXPIRES: _("The password never expires now."),
    Act.EXPIRES: _("The password expires as the policy says, at the next sign-in if it is too old already."),
    Act.STRONG_OPTIONAL: _("A strong password is not required any more."),
    Act.STRONG_REQUIRED: _("A strong password is required again."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TabLink:
    """One tab as it is drawn."""

    label: str | Promise
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One event of the person's history."""

    at: datetime
    activity: str
    kind: str
    result: str | Promise
    actor: str
    reason: str


@requires(Permission.USER_READ)
@require_safe
def panel(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Show one person."""
    return show_person(request, get_user(user_id))


def show_person(request: PortalRequest, user: User, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw the panel of a person, as a fragment for the panel or as a page, with what went wrong above it."""
    person = get_person(user, actor=request.actor)
    tab = _tab(request, person)
    url = reverse("users:panel", args=[user.pk])
    context = {
        "person": person,
        "user": user,
        "tab": tab,
        "tabs": [
            TabLink(label=TAB_LABELS[each], url=_tab_url(url, each), is_current=each is tab) for each in person.tabs
        ],
        "panel_url": url,
        "problem": problem,
        "done": DONE.get(request.GET.get("done", ""), "") if not problem else "",
        **_SECTIONS[tab](request, person),
    }
    in_panel = wants_fragment(request)
    page = "users/_panel.html" if in_panel else "users/panel.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)


def wants_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks for what goes into the panel."""
    return request.headers.get("HX-Target") == "panel" and "HX-History-Restore-Request" not in request.headers


def _tab(request: HttpRequest, person: Person) -> Tab:
    asked = request.GET.get("tab", "")
    return Tab(asked) if asked in person.tabs else Tab.ACCOUNT


def _tab_url(url: str, tab: Tab) -> str:
    return url if tab is Tab.ACCOUNT else f"{url}?tab={tab}"


def _account(request: PortalRequest, person: Person) -> dict[str, object]:
    contacts = list_contacts(person.user, is_masked=not person.sees_contacts)
    if contacts and person.sees_contacts and request.method != "HEAD":
        note_contact_views([person.user], actor=request.actor, entrance="panel", now=clock.now())
    return {"contacts": contacts, "groups": list_groups(person.user)}


def _licences(request: PortalRequest, person: Person) -> dict[str, object]:
    return {"licences": list_licences(person.user)}


def _password(request: PortalRequest, person: Person) -> dict[str, object]:
    now = clock.now()
    return {
        "lock": find_lock(person.user, tenant=request.tenant, now=now),
        "state": password_state(person.user, now=now),
        "ends_at": password_end_of(person, tenant=request.tenant),
        "now": now,
        "self_service": self_service_lock(person.user, now=now),
        "sessions": list_sessions(person.user, now=now),
    }


def _methods(request: PortalRequest, person: Person) -> dict[str, object]:
    return {
        "contacts": list_recovery_contacts(person.user),
        "methods": methods_of(person, actor=request.actor),
        "standing": self_service_standing(person.facts, tenant=request.tenant),
    }


def _directory(request: PortalRequest, person: Person) -> dict[str, object]:
    return {}


def _history(request: PortalRequest, person: Person) -> dict[str, object]:
    if not person.sees_history:
        return {"lines": None}
    events = list_events_about(
        tenant_id=request.tenant.pk, user_id=person.user.pk, password_related_only=not person.sees_whole_history
    )
    after = request.GET.get("after", "")
    try:
        page = page_of(events, after=after, rows=HISTORY_ROWS)
    except ValueError:
        raise Http404 from None
    url = _tab_url(reverse("users:panel", args=[person.user.pk]), Tab.HISTORY)
    return {
        "lines": [_history_line(row) for row in page.rows],
        "first_url": url if after else "",
        "next_url": f"{url}&after={page.next_after}" if page.next_after else "",
    }


def _history_line(row: AuditEvent) -> HistoryLine:
    kind, result = RESULTS.get(row.result, ("none", row.result))
    return HistoryLine(
        at=row.occurred_at, activity=row.activity, kind=kind, result=result, actor=actor_name(row), reason=row.reason
    )


_SECTIONS: dict[Tab, Callable[[PortalRequest, Person], dict[str, object]]] = {
    Tab.ACCOUNT: _account,
    Tab.LICENCES: _licences,
    Tab.PASSWORD: _password,
    Tab.METHODS: _methods,
    Tab.DIRECTORY: _directory,
    Tab.HISTORY: _history,
}
