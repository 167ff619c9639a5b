"""Try it: choose a person and see what they would meet in the wizard."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adminportal import clock
from sspr.rules import policy_of
from sspr.trial import try_person
from sspr.views.settings_frame import blade_groups
from users.access import Permission, requires
from users.people_choice import find_people, find_person
from users.request import PortalRequest

FOUND: Final = 10
"""People who are offered."""


@requires(Permission.SSPR_SETTINGS_READ)
@require_safe
def try_it(request: PortalRequest) -> HttpResponse:
    """Offer people by name, and show what the chosen one would meet."""
    search = request.GET.get("search", "").strip()
    chosen, problem = find_person(request.GET.get("person", ""))
    people, too_long = find_people(search, rows=FOUND)
    problem = too_long or problem
    policy, now = policy_of(request.tenant), clock.now()
    context = {
        "groups": blade_groups(request.actor, route="sspr:try-it"),
        "search": search,
        "people": people,
        "problem": problem,
        "trial": try_person(chosen, policy=policy, tenant=request.tenant, now=now) if chosen else None,
    }
    return render(request, "sspr/settings_try.html", context, status=422 if problem else 200)
