"""Notes who was shown the contact data of somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity
from users.actors import Actor
from users.models import User


def note_contact_views(users: Sequence[User], *, actor: Actor, entrance: str, now: datetime) -> None:
    """Write the audit row of one look at unmasked contact data, of whomever it was; an own transaction."""
    targets = tuple(
        Target(id=user.pk, display_name=user.display_name, user_principal_name=user.user_principal_name)
        for user in users
    )
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
