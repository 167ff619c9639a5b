"""Opens self-service again for somebody for whom it was closed, once an administrator has looked into it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from passwords.authority import AdminAuthority
from sspr import locks
from sspr.models import RecoveryLock
from sspr.services.not_me import PURPOSE as NOT_ME
from sspr.services.notices import tell_opened
from sspr.subjects import subjects_of
from users.actors import Actor
from users.models import User
from users.panel_sections import SelfServiceLock
from users.services.people import Refused, panel_entry
from users.targets import load_facts

REPORTED: Final[Promise] = _("Somebody answered a notice with This was not me.")
TOO_MANY: Final[Promise] = _("Too many proofs were wrong, or too many codes were asked for.")


def closing_of(user: User, now: datetime) -> SelfServiceLock | None:
    """Say until when self-service, or some of its methods, is closed for a person, and why; one query."""
    subjects = subjects_of(user.upn_folded)
    rows = list(RecoveryLock.objects.filter(subject__in=subjects, until__gt=now).order_by("-until"))
    whole = [row for row in rows if not row.gate]
    if not rows:
        return None
    longest = (whole or rows)[0]
    text = REPORTED if any(row.limit == NOT_ME for row in whole) else TOO_MANY
    return SelfServiceLock(until=longest.until, is_whole=bool(whole), text=str(text))


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
            tell_opened(actor.tenant, target.user, by_name=actor.display_name, now=now)
    if not decision.allowed:
        raise Refused(decision)
    return is_opened
