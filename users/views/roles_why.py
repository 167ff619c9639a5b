"""Test a user: choose any two people and read the verdict of the rules, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from users.access import Permission, requires
from users.actors import load_actor
from users.models import User
from users.people_choice import find_people, find_person
from users.request import PortalRequest
from users.targets import load_facts
from users.why import Explained, explain

FOUND = 8
"""People who are offered for one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: what was typed, who was found, who is chosen."""

    name: str
    search: str
    people: tuple[User, ...]
    chosen: User | None
    problem: str = ""


@requires(Permission.ROLE_READ)
@require_safe
def why(request: PortalRequest) -> HttpResponse:
    """Show why somebody may or may not reset somebody else."""
    actor = _side(request, "actor", or_else=request.actor.user)
    target = _side(request, "target")
    problems = [side.problem for side in (actor, target) if side.problem]
    context = {
        "actor": actor,
        "target": target,
        "problem": problems[0] if problems else "",
        "explained": _explained(request, actor, target),
    }
    return render(request, "users/roles_why.html", context, status=422 if problems else 200)


def _side(request: PortalRequest, name: str, *, or_else: User | None = None) -> Side:
    """Read one side: a search offers people again, the one who was chosen stays among them."""
    search = request.GET.get(f"{name}_search", "").strip()
    chosen, problem = find_person(request.GET.get(name, ""))
    chosen = chosen or (None if search or problem else or_else)
    found, too_long = find_people(search, rows=FOUND)
    people = [chosen, *(user for user in found if user != chosen)] if chosen else found
    return Side(name=name, search=search, people=tuple(people), chosen=chosen, problem=too_long or problem)


def _explained(request: PortalRequest, actor: Side, target: Side) -> Explained | None:
    if actor.chosen is None or target.chosen is None:
        return None
    asked = load_actor(actor.chosen, tenant=request.tenant)
    facts = load_facts([target.chosen])[target.chosen.pk]
    return explain(asked=asked, target=facts)
