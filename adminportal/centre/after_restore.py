"""What follows when a backup of the database was put back: nothing that it holds open is open any more.

A backup brings back what ended after it was made: a session that was signed out, a link that was used, a change that
was stopped, a bulk job that is done. None of that may go on, so all of it ends, tenant by tenant, each in one
transaction with its row in the audit log. Counters in Redis are younger than the backup and stay: emptied, they would
give whoever guesses a fresh start. Tasks in its queues carry ids, and find rows that have ended.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from adminportal.audit.checkpoints import sign_checkpoint
from adminportal.audit.record import Entry, record
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.tags import Activity
from adminportal.audit.verify import ChainReport, list_chains, verify_chain
from adminportal.outbox.withdrawal import withdraw_all
from passwords.services.restored import stop_every_job, wipe_every_seal
from sspr.services.asks import drop_asks
from sspr.services.campaign import drop_waiting
from sspr.services.cancel import end_all_in
from users.actors import OPERATOR
from users.models import Tenant
from users.services.restored import end_what_people_had_open
from users.tenancy import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How much of each kind was ended in how many tenants, and how every chain of the audit log stands."""

    tenants: int
    ended: dict[str, int]
    chains: tuple[ChainReport, ...]

    @property
    def broken(self) -> tuple[ChainReport, ...]:
        """Return the chains that do not hold; no checkpoint was signed for them."""
        return tuple(chain for chain in self.chains if not chain.is_intact)


def settle_restore(*, now: datetime) -> Settled:
    """End everything that is open in every tenant, and begin a new checkpoint of each chain that holds.

    Safe to run again, also after it was interrupted: what has ended stays as it is. Not inside a transaction.
    """
    total: Counter[str] = Counter()
    tenants = list(Tenant.objects.order_by("pk"))
    for tenant in tenants:
        total.update(_settle_tenant(tenant, now=now))
    total.update(_settle_installation(now=now))
    return Settled(tenants=len(tenants), ended=dict(total), chains=_begin_checkpoints(now=now))


def _settle_tenant(tenant: Tenant, *, now: datetime) -> dict[str, int]:
    with within(tenant), transaction.atomic():
        # The outbox first: what is said of stopped jobs is new, and is to go out.
        outbox = withdraw_all(tenant.pk, now=now)
        ended = {
            **end_what_people_had_open(tenant, now=now),
            "attempts": end_all_in(tenant.pk, now=now),
            "links": outbox.links,
            "messages_withdrawn": outbox.withdrawn,
            "messages_expired": outbox.expired,
            "bulk_jobs": stop_every_job(now=now),
            "sealed_passwords": wipe_every_seal(now=now),
            "campaign_messages": drop_waiting(),
        }
        _record(tenant.pk, ended, now=now)
    return ended


def _settle_installation(*, now: datetime) -> dict[str, int]:
    """End what belongs to no tenant: attempts for names that are nobody's, questions of strangers."""
    with transaction.atomic():
        ended = {"attempts": end_all_in(None, now=now), "questions": drop_asks()}
        _record(None, ended, now=now)
    return ended


def _record(tenant_id: UUID | None, ended: dict[str, int], *, now: datetime) -> None:
    details = {"".join(map(str.capitalize, name.split("_"))): str(count) for name, count in ended.items() if count}
    record(Entry(tenant_id=tenant_id, activity=Activity.RESTORED_FROM_BACKUP, actor=OPERATOR, details=details), now=now)


def _begin_checkpoints(*, now: datetime) -> tuple[ChainReport, ...]:
    """Seal, verify and sign each chain, in this order: a signature would cover up what a backup came back with."""
    while seal_waiting_rows():
        pass
    chains = tuple(verify_chain(tenant_id=tenant_id, now=now) for tenant_id in list_chains())
    for chain in chains:
        if chain.is_intact:
            sign_checkpoint(tenant_id=chain.tenant_id, now=now)
    return chains
