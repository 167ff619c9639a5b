"""Whom a role shall be given to and over what: who may choose, what is offered, and how the choice is read."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from users.access import Decision
from users.actors import Actor
from users.grid import Wanted, read_page
from users.models import AdministrativeUnit, Group, User
from users.permissions import HOLDERS, Permission
from users.refusals import sentence
from users.role_catalogue import UNIT_ROLES
from users.roles import ROLE_OF_TEMPLATE, Role
from users.search import LONGEST_SEARCH, words_of
from users.services.role_assignments import RoleOrder

PEOPLE_SHOWN = 10
GROUPS_SHOWN = 20
NO_SUCH_CHOICE = _("That choice does not exist. Nothing was changed.")


class BadChoice(Exception):
    """What was chosen cannot be; its text is the sentence that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who was found for the picker; ``has_more`` when a narrower search would help."""

    people: tuple[User, ...]
    groups: tuple[Group, ...]
    has_more: bool


def reason_against_assigning(actor: Actor) -> str:
    """Say why somebody gives and takes no roles, or nothing; a fresh proof is another question."""
    if actor.roles & HOLDERS[Permission.ROLE_ASSIGN]:
        return ""
    return sentence(Decision(allowed=False, code="NO_RIGHT_ROLE_ASSIGN"))


def find_candidates(search: str) -> Candidates:
    """Find people and role-assignable groups by what was typed; at most four queries, inside the scope.

    :raises BadChoice: when more was typed than is ever searched for.
    """
    if len(search) > LONGEST_SEARCH:
        raise BadChoice(gettext("Search for at most %(most)s characters.") % {"most": LONGEST_SEARCH})
    groups = Group.objects.filter(is_role_assignable=True, name__icontains=search.replace("\x00", ""))
    found = list(groups.order_by("name")[: GROUPS_SHOWN + 1])
    page = read_page(Wanted(words=words_of(search), rows=PEOPLE_SHOWN))
    return Candidates(
        people=tuple(page.people),
        groups=tuple(found[:GROUPS_SHOWN]),
        has_more=page.count > PEOPLE_SHOWN or len(found) > GROUPS_SHOWN,
    )


def list_units(role: Role | None = None) -> list[AdministrativeUnit]:
    """Return the units that a role may be limited to, none where it always reaches everybody; at most one query."""
    if role is not None and role not in UNIT_ROLES:
        return []
    return list(AdministrativeUnit.objects.order_by("name"))


def read_order(form: QueryDict, role: Role) -> RoleOrder:
    """Return what was chosen: ``holder`` is ``user:<id>`` or ``group:<id>``, ``unit`` an id or empty for everybody.

    :raises BadChoice: when nobody was chosen, or something that cannot be.
    """
    kind, _sep, typed = form.get("holder", "").partition(":")
    if kind not in ("user", "group"):
        raise BadChoice(gettext("Choose a person or a group first. Nothing was changed."))
    holder_id, unit_id = _id(typed), read_unit(form)
    if kind == "user":
        return RoleOrder(role=role, user_id=holder_id, unit_id=unit_id)
    return RoleOrder(role=role, group_id=holder_id, unit_id=unit_id)


def read_role(form: QueryDict) -> Role:
    """Return the role that was chosen from the catalogue.

    :raises BadChoice: when none was chosen, or one that does not exist.
    """
    typed = form.get("role", "")
    if not typed:
        raise BadChoice(gettext("Choose a role first. Nothing was changed."))
    role = ROLE_OF_TEMPLATE.get(_id(typed))
    if role is None:
        raise BadChoice(str(NO_SUCH_CHOICE))
    return role


def read_unit(form: QueryDict) -> UUID | None:
    """Return the id of the unit that a role shall be limited to, or None for everybody.

    :raises BadChoice: when it is no id.
    """
    return _id(typed) if (typed := form.get("unit", "")) else None


def _id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise BadChoice(str(NO_SUCH_CHOICE)) from None
