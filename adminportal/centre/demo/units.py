"""The administrative unit of the demo: one department, and a helpdesk for it alone."""

from __future__ import annotations

from datetime import datetime

from users.models import AdministrativeUnit, RoleAssignment, Tenant, UnitMember, User
from users.roles import TEMPLATE_IDS, Role

UNIT, DEPARTMENT = "Sales", "Sales"
HELPDESK = "sales.helpdesk"
"""Local part of the account that holds Helpdesk Administrator over the unit and no other role."""


def add_unit(tenant: Tenant, domain: str, *, now: datetime) -> None:
    """Create the unit with everybody of the department, once; inside the scope."""
    helpdesk = User.objects.filter(upn_folded=f"{HELPDESK}@{domain}").first()
    if helpdesk is None:
        return
    given = {"description": "Everybody of the department, for a helpdesk of its own", "created_at": now}
    unit, created = AdministrativeUnit.objects.get_or_create(tenant=tenant, name=UNIT, defaults=given)
    if not created:
        return
    people = User.objects.filter(department=DEPARTMENT)
    UnitMember.objects.bulk_create(UnitMember(tenant=tenant, unit=unit, user=user) for user in people)
    RoleAssignment.objects.create(
        tenant=tenant, user=helpdesk, role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=unit, created_at=now
    )
