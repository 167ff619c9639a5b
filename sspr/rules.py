"""The settings of self-service that hold for a tenant."""

from __future__ import annotations

from typing import cast

from adminportal.queries import load
from sspr.models import SsprPolicy
from users.models import Tenant

POLICY = "SELECT {columns} FROM sspr_ssprpolicy p WHERE p.tenant_id = %s"


def policy_of(tenant: Tenant) -> SsprPolicy:
    """Return the settings of a tenant, the defaults where none was saved; one query, no scope needed."""
    for (policy,) in load(POLICY, [tenant.pk], models={"p": SsprPolicy}):
        policy.tenant = tenant
        return cast(SsprPolicy, policy)
    return SsprPolicy(tenant=tenant)
