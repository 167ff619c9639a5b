"""New organisations."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity
from users.models import Domain, LicenceProduct, Tenant
from users.moments import ZONES
from users.names import DOMAIN_PATTERN, MAX_DOMAIN, fold_upn
from users.tenancy import find_tenant_of_domain, within

LONGEST_NAME = 256
"""Characters of an organisation's name."""
DEFAULT_PRODUCT = "Portal, all features"
"""The one product of a new tenant: unlimited seats, so that nothing is locked out of the box."""


class TenantRefused(ValueError):
    """The organisation cannot be created; the message says why. Nothing was changed."""


def create_tenant(
    *,
    domain: str,
    name: str,
    by: AuditActor,
    now: datetime,
    is_demo: bool = False,
    language: str = "en",
    time_zone: str = "UTC",
) -> Tenant:
    """Create an organisation with its first domain and the product that everybody may have.

    :raises TenantRefused: when the domain is no domain name, is taken, the name is empty or too long, or the time zone
        unknown.
    """
    folded = fold_upn(domain)
    if not DOMAIN_PATTERN.fullmatch(folded) or len(folded) > MAX_DOMAIN:
        raise TenantRefused(f"{domain} is not a domain name of at most {MAX_DOMAIN} characters.")
    if find_tenant_of_domain(folded):
        raise TenantRefused(f"The domain {folded} belongs to a tenant already.")
    if not name.strip():
        raise TenantRefused("A tenant needs a name.")
    if len(name.strip()) > LONGEST_NAME:
        raise TenantRefused(f"The name of a tenant has at most {LONGEST_NAME} characters.")
    if time_zone not in ZONES:
        raise TenantRefused(f"{time_zone} is no time zone; an example is Europe/Oslo.")
    with transaction.atomic():
        tenant = Tenant.objects.create(
            name=name.strip(),
            created_at=now,
            is_demo=is_demo,
            language=language,
            time_zone=time_zone,
            # In a trial a password alone opens the admin center, and every page says so.
            admin_mfa_required=not (is_demo or settings.DEMO),
        )
        with within(tenant):
            Domain.objects.create(tenant=tenant, name=folded, is_default=True)
            LicenceProduct.objects.create(tenant=tenant, name=DEFAULT_PRODUCT)
        target = Target(id=tenant.pk, display_name=tenant.name, type="Tenant")
        record(Entry(tenant_id=tenant.pk, activity=Activity.UPDATE_COMPANY, actor=by, targets=(target,)), now=now)
    return tenant
