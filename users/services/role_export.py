"""Export admin list: every assignment of a role as CSV, streamed, and harmless in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from adminportal.audit.canonical import rfc3339
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from users.actors import Actor
from users.models import RoleAssignment, Tenant, User
from users.role_holders import ALIVE
from users.roles import ROLE_OF_TEMPLATE
from users.tenancy import within

CHUNK: Final = 500
"""Assignments, and members of a group, that are read and sent at once."""

HEADINGS: Final = (
    *("Role", "Role template id", "Display name", "Username", "Sign-in", "Group", "Administrative unit"),
    *("State", "Assigned at"),
)
"""Not translated: programs read them."""


def export_admin_list(*, actor: Actor, now: datetime) -> Iterator[str]:
    """Record that the list was exported, then return it as pieces of one CSV file; memory stays flat.

    A role that a group holds has one line for each member, and one without a name where it has none.
    """
    entry = Entry(
        tenant_id=actor.tenant.pk,
        activity=Activity.EXPORTED_ADMIN_LIST,
        actor=actor.for_audit(),
        details={"Format": "csv"},
    )
    record(entry, now=now)
    return _pieces(actor.tenant)


def _pieces(tenant: Tenant) -> Iterator[str]:
    """Read piece by piece, each inside the scope: what is sent between them is sent outside of it."""
    yield BYTE_ORDER_MARK + csv_line(HEADINGS)
    after: tuple[UUID, UUID] | None = None
    while rows := _assignments(tenant, after):
        for row in rows:
            for people in _people_of(tenant, row):
                yield "".join(csv_line(_cells(row, user)) for user in people)
        after = rows[-1].role, rows[-1].pk


def _assignments(tenant: Tenant, after: tuple[UUID, UUID] | None) -> list[RoleAssignment]:
    with within(tenant):
        rows = RoleAssignment.objects.filter(ALIVE).select_related("user", "group", "unit").order_by("role", "pk")
        if after:
            role, pk = after
            rows = rows.filter(role__gte=role).exclude(role=role, pk__lte=pk)
        return list(rows[:CHUNK])


def _people_of(tenant: Tenant, row: RoleAssignment) -> Iterator[Sequence[User | None]]:
    if row.user:
        yield [row.user]
        return
    members, last = 0, None
    while people := _members(tenant, row, last):
        yield people
        members, last = members + len(people), people[-1].pk
    if not members:
        yield [None]


def _members(tenant: Tenant, row: RoleAssignment, last: UUID | None) -> list[User]:
    with within(tenant):
        people = User.objects.filter(memberships__group=row.group_id, deleted_at=None).order_by("pk")
        return list((people.filter(pk__gt=last) if last else people)[:CHUNK])


def _cells(row: RoleAssignment, user: User | None) -> list[str]:
    role = ROLE_OF_TEMPLATE.get(row.role)
    return [
        role.value if role else "Custom or unknown role",
        str(row.role),
        user.display_name if user else "",
        user.user_principal_name if user else "",
        ("Allowed" if user.account_enabled else "Blocked") if user else "",
        row.group.name if row.group else "",
        row.unit.name if row.unit else "",
        "Restricted unit" if row.is_restricted_unit else "Active" if row.is_active else "Eligible",
        rfc3339(row.created_at),
    ]
