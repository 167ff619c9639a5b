"""Which chains there are, found by hopping over the index of tenants rather than by reading every row."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from adminportal.audit.models import AuditEvent


def iterate_chains() -> Iterator[UUID | None]:
    """Yield every tenant that has rows, then None where the installation has some; one look-up of an index each."""
    rows = AuditEvent.objects.order_by("tenant_id")
    tenant_id = rows.filter(tenant_id__isnull=False).values_list("tenant_id", flat=True).first()
    while tenant_id is not None:
        yield tenant_id
        tenant_id = rows.filter(tenant_id__gt=tenant_id).values_list("tenant_id", flat=True).first()
    if AuditEvent.objects.filter(tenant_id=None).exists():
        yield None
