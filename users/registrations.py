"""What users hands to the layers below at start-up."""

from __future__ import annotations

from uuid import UUID

from adminportal.audit.tenants import register_tenant_lookup
from adminportal.outbox.registry import register_opener, register_sweeper
from users.services.challenges import CODE_PURPOSE, open_code, purge_challenges
from users.services.import_batches import purge_batches, resume_batches
from users.sessions import purge_sessions
from users.tenancy import find_tenant_of_domain


def register() -> None:
    """Register the sweepers of this app, who opens codes, and how a domain leads to its tenant."""
    register_sweeper("codes", purge_challenges)
    register_sweeper("sessions", purge_sessions)
    register_sweeper("imports", resume_batches)
    register_sweeper("import-files", purge_batches)
    register_opener(CODE_PURPOSE, open_code)
    register_tenant_lookup(_tenant_id_of_domain)


def _tenant_id_of_domain(domain: str) -> UUID | None:
    tenant = find_tenant_of_domain(domain)
    return tenant.pk if tenant else None
