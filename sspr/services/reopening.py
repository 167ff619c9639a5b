"""Opens self-service again for somebody for whom it was closed, once an administrator has looked into it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from passwords.authority import AdminAuthority
from sspr import locks
from sspr.services.cancel import end_all_of
from sspr.services.notices import tell_opened
from users.actors import Actor
from users.models import User
from users.services.people import Refused, panel_entry
from users.targets import load_facts


def open_again(*, actor: Actor, user_id: UUID, now: datetime) -> bool:
    """Open self-service for a person, who is told, and every method that pauses; False where nothing was closed.

    Asks for the right to reset the person, on the rows as they are now. Inside the tenant's scope.

    :raises Refused: when the actor may not or has no fresh proof; nothing was opened then, and the audit log says so.
    """
    with transaction.atomic():
        row = User.objects.select_for_update(of=("self",), no_key=True).filter(tenant=actor.tenant, pk=user_id)
        target = load_facts(row)[user_id]
        decision = AdminAuthority(actor=actor).refreshed().reaches(target, now=now)
        is_opened = decision.allowed and locks.open_again(target.user, now=now)
        if is_opened or not decision.allowed:
            activity = Activity.OPENED_SELF_SERVICE_PASSWORD_RESET_AGAIN
            record(panel_entry(activity, actor=actor, user=target.user, decision=decision), now=now)
        if is_opened:
            end_all_of(target.user, now=now)
            tell_opened(actor.tenant, target.user, by_name=actor.display_name, now=now)
    if not decision.allowed:
        raise Refused(decision)
    return is_opened
