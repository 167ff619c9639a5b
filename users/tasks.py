"""What a worker does for this app."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from adminportal import clock
from users.services.import_batches import RUN_TASK, run_batch
from users.tenancy import find_tenant, within


@shared_task(name=RUN_TASK)
def run_import(*, batch_id: str, tenant_id: str) -> None:
    """Add the people of a confirmed batch; running it twice adds nobody twice."""
    tenant = find_tenant(UUID(tenant_id))
    if tenant is None:
        return
    with within(tenant):
        run_batch(UUID(batch_id), now=clock.now())
