"""Which administrators are told of a request: the first tier in which somebody may reset the person who asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from users.models import RoleAssignment, User
from users.roles import TEMPLATE_IDS, Role, covering_roles
from users.targets import TargetFacts

Roles = tuple[Role, ...]

TIERS: Final[tuple[Roles, ...]] = (
    (Role.HELPDESK_ADMINISTRATOR, Role.PASSWORD_ADMINISTRATOR),
    (Role.USER_ADMINISTRATOR,),
    (Role.GLOBAL_ADMINISTRATOR,),
)
MOST_RECIPIENTS: Final = 100


class Tiers:
    """The administrators of one tenant; each tier is read once, however many people ask. Inside the scope."""

    def __init__(self) -> None:
        self._read: dict[Roles, list[User]] = {}

    def list_told(self, facts: TargetFacts) -> list[User]:
        """Return whom a request of this person is mailed to: never themself, at most 100."""
        for roles in _in_order(facts):
            others = [admin for admin in self._holders(roles) if admin.pk != facts.user.pk]
            if others:
                return others[:MOST_RECIPIENTS]
        return []

    def _holders(self, roles: Roles) -> list[User]:
        if roles not in self._read:
            # One more than are told: the one who asks may be among them.
            self._read[roles] = list(_holding(roles).order_by("sort_name", "pk")[: MOST_RECIPIENTS + 1])
        return self._read[roles]


def _in_order(facts: TargetFacts) -> Iterator[Roles]:
    """List the tiers as far as they may reset the person, then all who may, then whoever can pass it on."""
    enough = covering_roles(facts.held)
    able = [tuple(role for role in tier if role in enough) for tier in TIERS]
    return (roles for roles in (*able, enough, *TIERS) if roles)


def _holding(roles: Roles) -> QuerySet[User]:
    assigned = RoleAssignment.objects.filter(
        role__in=[TEMPLATE_IDS[role] for role in roles], is_active=True, is_restricted_unit=False, unit=None
    )
    through_group = assigned.filter(group__is_role_assignable=True, group__memberships__user=OuterRef("pk"))
    holds = Exists(assigned.filter(user=OuterRef("pk"))) | Exists(through_group)
    return User.objects.filter(holds, account_enabled=True, deleted_at=None)
