"""Reads of directory data, all inside the tenant's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q
from django.http import Http404

from users.models import RoleAssignment, User
from users.roles import ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role

MOST_NAMES = 5
"""Holders of one role that are named where somebody else is needed."""


def get_user(user_id: UUID) -> User:
    """Return a person of this tenant who is not deleted.

    :raises Http404: when there is none; another tenant's people do not exist here.
    """
    user = next(iter(User.objects.filter(pk=user_id, deleted_at=None)), None)
    if user is None:
        raise Http404
    return user


def list_holders(roles: Iterable[Role]) -> dict[Role, list[str]]:
    """Return the names of people who hold these roles now and can sign in, a few of each; one query."""
    # Whoever holds the role over a unit only may not reach the person in question.
    assigned = RoleAssignment.objects.filter(
        role__in=[TEMPLATE_IDS[role] for role in roles], is_active=True, unit=None, is_restricted_unit=False
    )
    people = User.objects.filter(account_enabled=True, deleted_at=None)
    direct = assigned.filter(user__in=people).annotate(name=F("user__display_name"))
    through = Q(group__is_role_assignable=True, group__memberships__user__in=people)
    grouped = assigned.filter(through).annotate(name=F("group__memberships__user__display_name"))
    found = direct.values_list("role", "name").union(grouped.values_list("role", "name"))
    named: dict[Role, list[str]] = defaultdict(list)
    for template, name in found.order_by("name")[: MOST_NAMES * 20]:
        names = named[ROLE_OF_TEMPLATE[template]]
        if len(names) < MOST_NAMES:
            names.append(name)
    return dict(named)
