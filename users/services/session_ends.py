"""Ends one session: an administrator one of somebody else's, anybody one of their own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from users.act_rules import Act
from users.actors import Actor
from users.authority import AdminActs
from users.models import Session, User
from users.services.directory_changes import lock_people
from users.services.people import Refused, panel_entry
from users.services.sign_in_records import own_entry
from users.sessions import end_session, is_live, list_sessions
from users.targets import load_facts

__all__ = ["Refused", "end_own_session", "end_session_of"]


def end_session_of(*, actor: Actor, user_id: UUID, reference: str, now: datetime) -> bool:
    """End one session of a person; False where it has ended meanwhile. Inside the tenant's scope.

    Asks for the right to sign the person out, on the rows as they are now, and for fresh proof where they hold a role.

    :raises Refused: when the actor may not; nothing ended then, and the audit log says so.
    """
    with transaction.atomic():
        row = User.objects.select_for_update(of=("self",), no_key=True).filter(tenant=actor.tenant, pk=user_id)
        target = load_facts(row)[user_id]
        decision = AdminActs(actor=actor).refreshed().reaches(target, Act.SIGN_OUT, now=now)
        session = _find(target.user, reference, now=now) if decision.allowed else None
        if session:
            end_session(session, now=now)
        if session or not decision.allowed:
            record(panel_entry(Activity.SIGNED_OUT, actor=actor, user=target.user, decision=decision), now=now)
    if not decision.allowed:
        raise Refused(decision)
    return session is not None


def end_own_session(session: Session, *, reference: str, now: datetime) -> Session | None:
    """End one of one's own sessions and return it; None where it has ended meanwhile, or ``session`` itself has."""
    with transaction.atomic():
        lock_people([session.user_id])
        found = _find(session.user, reference, now=now) if is_live(session) else None
        if found:
            end_session(found, now=now)
            record(own_entry(Activity.SIGNED_OUT, session.user), now=now)
    return found


def _find(user: User, reference: str, *, now: datetime) -> Session | None:
    return next((session for session in list_sessions(user, now=now) if session.reference == reference), None)
