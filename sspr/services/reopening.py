"""Opens self-service again for somebody for whom it was closed, once an administrator has looked into it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from passwords.authority import AdminAuthority
from passwords.services.reset_records import target_of
from sspr import locks
from sspr.models import RecoveryLock
from sspr.services.not_me import PURPOSE as NOT_ME
from sspr.services.notices import tell_opened
from sspr.subjects import subjects_of
from users.access import Decision
from users.actors import Actor
from users.models import User
from users.panel_sections import SelfServiceLock
from users.services.people import Refused
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
            record(_entry(actor, target.user, decision), now=now)
        if is_opened:
            tell_opened(actor.tenant, target.user, by_name=actor.display_name, now=now)
    if not decision.allowed:
        raise Refused(decision)
    return is_opened


def _entry(actor: Actor, user: User, decision: Decision) -> Entry:
    details = {
        "Entrance": "panel",
        "ActingRole": decision.acting_role or "",
        "ActingUnit": decision.acting_unit,
        "RefusalCode": decision.code,
    }
    return Entry(
        tenant_id=user.tenant_id,
        activity=Activity.OPENED_SELF_SERVICE_PASSWORD_RESET_AGAIN,
        actor=actor.for_audit(),
        targets=(target_of(user),),
        result=Result.SUCCESS if decision.allowed else Result.FAILURE,
        reason=decision.code,
        details={key: value for key, value in details.items() if value},
    )
