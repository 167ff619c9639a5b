"""Send the link again: a new link for one recipient while the password is unused and sealed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset, RevealLink
from users.access import Decision, can_reset
from users.actors import Actor, reload_actor
from users.models import User
from users.snapshots import target_of
from users.targets import load_facts


class NotSentAgain(Exception):
    """No new link was sent; ``code`` says why: gone, opened or a code of ``users.refusals``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def send_link_again(reset: PasswordReset, *, message_id: UUID, actor: Actor, now: datetime) -> None:
    """Kill one recipient's link and send a new one; links of other recipients stay.

    :raises NotSentAgain: when the password is gone, the link was opened, or the right to reset is gone.
    """
    with transaction.atomic():
        # The person before the reset, in the order of a reset: what their roles are stands still from here on.
        person = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=reset.target_id)
        decision = can_reset(reload_actor(actor), load_facts(person)[reset.target_id])
        if decision.allowed:
            row = PasswordReset.objects.select_for_update().get(pk=reset.pk)
            _resend(row, message_id, now=now)
        _record(reset, decision, actor=actor, now=now)
    if not decision.allowed:
        raise NotSentAgain(decision.code)


def _resend(row: PasswordReset, message_id: UUID, *, now: datetime) -> None:
    link = RevealLink.objects.filter(pk=message_id, reset=row).first()
    message = OutboundMessage.objects.filter(pk=message_id).first() if link else None
    if message is None or not row.sealed_password or not row.sealed_until or row.sealed_until <= now:
        raise NotSentAgain("gone")
    try:
        links.resend(message, now=now, not_after=row.sealed_until)
    except links.LinkSpent as spent:
        raise NotSentAgain("opened") from spent


def _record(reset: PasswordReset, decision: Decision, *, actor: Actor, now: datetime) -> None:
    details = {"DeliveryChannel": "e-mail", "RefusalCode": decision.code}
    entry = Entry(
        tenant_id=reset.tenant_id,
        activity=Activity.RESENT_SIGN_IN_LINK,
        actor=actor.for_audit(),
        targets=(target_of(reset.target),),
        result=Result.SUCCESS if decision.allowed else Result.FAILURE,
        reason=decision.code,
        details={key: value for key, value in details.items() if value},
        correlation_id=reset.correlation_id,
    )
    record(entry, now=now)
