"""Notes who was shown the contact data of somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from users.actors import Actor
from users.models import User
from users.snapshots import target_of


def note_contact_views(users: Sequence[User], *, actor: Actor, entrance: str, now: datetime) -> None:
    """Write the audit row of one look at unmasked contact data, of whomever it was; an own transaction."""
    targets = tuple(target_of(user) for user in users)
    with transaction.atomic():
        record(
            Entry(
                tenant_id=actor.tenant.pk,
                activity=Activity.VIEWED_CONTACT_DATA,
                actor=actor.for_audit(),
                targets=targets,
                details={"Entrance": entrance},
            ),
            now=now,
        )
