"""Try it: choose a person and see what they would meet in the wizard."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from adminportal import clock
from sspr.rules import policy_of
from sspr.trial import try_person
from sspr.views.settings_frame import blade_groups
from users.access import Permission, requires
from users.grid import Wanted, read_page
from users.models import User
from users.request import PortalRequest
from users.search import SearchTooLong, words_of

FOUND: Final = 10
"""People who are offered."""


@requires(Permission.SSPR_SETTINGS_READ)
@require_safe
def try_it(request: PortalRequest) -> HttpResponse:
    """Offer people by name, and show what the chosen one would meet."""
    search = request.GET.get("search", "").strip()
    chosen, problem = _chosen(request.GET.get("person", ""))
    try:
        people = read_page(Wanted(words=words_of(search), rows=FOUND)).people if search else []
    except SearchTooLong:
        people, problem = [], gettext("That search is too long. Nobody was searched for.")
    policy, now = policy_of(request.tenant), clock.now()
    context = {
        "groups": blade_groups(request.actor, route="sspr:try-it"),
        "search": search,
        "people": people,
        "problem": problem,
        "trial": try_person(chosen, policy=policy, tenant=request.tenant, now=now) if chosen else None,
    }
    return render(request, "sspr/settings_try.html", context, status=422 if problem else 200)


def _chosen(typed: str) -> tuple[User | None, str]:
    if not typed:
        return None, ""
    try:
        user = next(iter(User.objects.filter(pk=UUID(typed), deleted_at=None)), None)
    except ValueError:
        user = None
    return user, "" if user else gettext("There is no such person.")
