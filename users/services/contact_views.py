"""Notes who was shown the contact data of somebody else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity
from users.actors import Actor
from users.models import User


def note_contact_view(user: User, *, actor: Actor, now: datetime) -> None:
    """Write the audit row of one look at unmasked contact data; an own transaction."""
    target = Target(id=user.pk, display_name=user.display_name, user_principal_name=user.user_principal_name)
    with transaction.atomic():
        record(
            Entry(
                tenant_id=user.tenant_id,
                activity=Activity.VIEWED_CONTACT_DATA,
                actor=actor.for_audit(),
                targets=(target,),
                details={"Entrance": "panel"},
            ),
            now=now,
        )
