"""Notes that the slip of a shown password was printed; the browser says so, the paper itself cannot."""

from __future__ import annotations

from datetime import datetime

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from passwords.models import PasswordReset
from users.actors import Actor
from users.snapshots import target_of


def note_printed(reset: PasswordReset, *, actor: Actor, now: datetime) -> None:
    """Record that the starter printed the slip; nothing is recorded of a password that was never shown."""
    if reset.shown_at is None:
        return
    person = reset.target
    target = target_of(person)
    record(
        Entry(
            tenant_id=reset.tenant_id,
            activity=Activity.PRINTED_SIGN_IN_SLIPS,
            actor=actor.for_audit(),
            targets=(target,),
            details={"DeliveryChannel": "print", "Count": "1"},
            correlation_id=reset.correlation_id,
        ),
        now=now,
    )
