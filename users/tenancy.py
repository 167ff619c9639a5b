"""Tenant scope: entered after the session is loaded; the few look-ups before that stand here by name."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from uuid import UUID

from django_scopes import scope, scopes_disabled

if TYPE_CHECKING:
    from users.models import Domain, Tenant, User


def within(tenant: Tenant) -> AbstractContextManager[object]:
    """Enter the scope of one tenant: scoped managers see its rows and raise without a scope."""
    return scope(tenant=tenant)  # type: ignore[no-any-return]


def across_tenants() -> AbstractContextManager[object]:
    """Leave every scope; only for installation-wide work (sweeps, seeding, migrations)."""
    return scopes_disabled()  # type: ignore[no-any-return]


def find_person_to_sign_in(folded_upn: str) -> User | None:
    """Return the person with this folded user name in whichever tenant, or None; one query."""
    from users.models import User

    with across_tenants():
        # At most one is there, so the order that first() asks for would only cost time in every sign-in.
        return next(iter(User.objects.filter(upn_folded=folded_upn, deleted_at=None)), None)


def find_person_by_name(folded_upn: str) -> User | None:
    """Return the person with this folded user name in whichever tenant, deleted or not, or None; one query."""
    from users.models import User

    with across_tenants():
        return next(iter(User.objects.filter(upn_folded=folded_upn)), None)


def find_domain(name: str) -> Domain | None:
    """Return a domain by its name, with the tenant that owns it, or None; one query."""
    from users.models import Domain

    with across_tenants():
        return next(iter(Domain.objects.select_related("tenant").filter(name=name.casefold())), None)


def find_tenant_of_domain(domain: str) -> Tenant | None:
    """Return the tenant that owns a domain name, or None."""
    found = find_domain(domain)
    return found.tenant if found else None


def find_tenant(tenant_id: UUID) -> Tenant | None:
    """Return a tenant by id, for work that a row of the kernel names."""
    from users.models import Tenant

    return Tenant.objects.filter(pk=tenant_id).first()
