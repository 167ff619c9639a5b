"""What users hands to the layers below at start-up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from adminportal.audit.tenants import register_tenant_lookup
from adminportal.outbox import links
from adminportal.outbox.models import Failure
from adminportal.outbox.registry import register_opener, register_sweeper
from users.gates import register_gate
from users.models import User
from users.notices import register_notice
from users.second_factor_gate import second_factor_gate
from users.services.acts import on_block
from users.services.challenges import CODE_PURPOSE, open_code, purge_challenges
from users.services.contact_notices import STOP, StopHandler
from users.services.contacts import carry_out_due, stop_waiting
from users.services.import_batches import purge_batches, resume_batches
from users.services.method_admin import on_registration_required
from users.services.method_changes import NOT_ME
from users.services.role_changes import on_role_change
from users.sessions import purge_sessions
from users.tenancy import find_tenant_of_domain
from users.trusted_devices import purge_trusted, revoke


def register() -> None:
    """Register sweepers, who opens codes, what notices link to, the gate of admin pages, and whose a domain is."""
    register_sweeper("codes", purge_challenges)
    register_sweeper("contact-changes", carry_out_due)
    register_sweeper("sessions", purge_sessions)
    register_sweeper("trusted-browsers", purge_trusted)
    register_sweeper("imports", resume_batches)
    register_sweeper("import-files", purge_batches)
    register_opener(CODE_PURPOSE, open_code, gone=Failure.CODE_GONE)
    links.register_path(NOT_ME, links.NOTICE)
    register_notice(STOP, StopHandler())
    register_gate(second_factor_gate)
    register_tenant_lookup(_tenant_id_of_domain)
    on_block(stop_waiting)
    on_block(_trust_no_browser)
    on_role_change(stop_waiting)
    on_registration_required(_stop_waiting_of)


def _trust_no_browser(user_ids: Collection[UUID], now: datetime) -> None:
    revoke(user_ids, now=now)


def _stop_waiting_of(user: User, now: datetime) -> None:
    stop_waiting([user.pk], now)


def _tenant_id_of_domain(domain: str) -> UUID | None:
    tenant = find_tenant_of_domain(domain)
    return tenant.pk if tenant else None
