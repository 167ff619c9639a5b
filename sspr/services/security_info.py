"""Security info: what people register, change and remove of their own, each step noted for self-service."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from sspr.models import SecurityAnswer
from sspr.services.register import FRESH_MINUTES, settle
from users.access import Decision, has_fresh_proof
from users.actors import Actor
from users.models import MethodKind, Session
from users.services import methods, own_methods, recovery_codes
from users.services.authenticators import finish_authenticator
from users.services.challenges import CodeAnswer
from users.services.contacts import change_contact
from users.services.directory_changes import lock_people
from users.services.method_changes import SECURITY_QUESTIONS, Event, MethodChange, follow_method_change
from users.services.own_methods import CodeSent
from users.services.people import Refused
from users.twins import Twins, twins_of


def require_fresh_proof(actor: Actor, *, now: datetime, minutes: int = 0) -> None:
    """Ask for a fresh proof before anything is changed.

    :raises Refused: when the last one is too old.
    """
    if not has_fresh_proof(actor, now=now, at_least_minutes=minutes):
        raise Refused(Decision(allowed=False, code="RESET_STEP_UP"))


@sensitive_variables()
def send_code(
    *, actor: Actor, kind: MethodKind, typed: str, channel: str, now: datetime, is_registering: bool = False
) -> CodeSent:
    """Send a code to what shall become a method; what is raised is that of ``own_methods.send_method_code``."""
    return own_methods.send_method_code(
        actor=actor,
        kind=kind,
        typed=typed,
        channel=channel,
        now=now,
        fresh_minutes=FRESH_MINUTES if is_registering else 0,
    )


@sensitive_variables()
def confirm_code(
    *, actor: Actor, session: Session, kind: MethodKind, value: str, typed: str, now: datetime
) -> CodeAnswer:
    """Register an address or a number when the code is right. Not inside a transaction."""
    with transaction.atomic():
        answer = own_methods.confirm_method(actor=actor, session=session, kind=kind, value=value, typed=typed, now=now)
        if answer is CodeAnswer.RIGHT:
            settle(session, actor, now=now)
    return answer


@sensitive_variables()
def confirm_app(
    *, actor: Actor, session: Session, sealed: str, typed: str, label: str, now: datetime, is_registering: bool = False
) -> bool:
    """Register the app whose code came back; false when the code is wrong or the key too old.

    :raises Refused: without fresh proof.
    :raises users.services.authenticators.TooManyApps: when there are five already.
    """
    require_fresh_proof(actor, now=now, minutes=FRESH_MINUTES if is_registering else 0)
    with transaction.atomic():
        method = finish_authenticator(
            tenant=actor.tenant,
            user=actor.user,
            sealed=sealed,
            typed=typed,
            label=label,
            by=actor.for_audit(),
            now=now,
            keep=session,
        )
        if method is not None:
            settle(session, actor, now=now)
    return method is not None


def remove(*, actor: Actor, session: Session, method_id: UUID, now: datetime) -> Twins:
    """Delete one method, and contact data of the same value with it; returns which went and which had to stay.

    Without them a number that is lost would still reset the password. One transaction; each tells its old address.

    :raises Refused: without fresh proof.
    :raises users.services.methods.MethodMissing: when there is no such method.
    """
    require_fresh_proof(actor, now=now)
    by = actor.for_audit()
    with transaction.atomic():
        removed = methods.remove_method(
            tenant=actor.tenant, user=actor.user, method_id=method_id, by=by, now=now, keep=session
        )
        twins = twins_of(actor, removed.value)
        for kind in twins.going:
            change_contact(tenant=actor.tenant, user=actor.user, kind=kind, value="", proof=True, by=by, now=now)
    return twins


def set_default(*, actor: Actor, session: Session, method_id: UUID, now: datetime) -> None:
    """Make one method the one that is asked for first.

    :raises Refused: without fresh proof, and when the session is over.
    :raises users.services.methods.MethodMissing: when there is no such method.
    """
    require_fresh_proof(actor, now=now)
    by = actor.for_audit()
    methods.set_default(tenant=actor.tenant, user=actor.user, method_id=method_id, by=by, now=now, session=session)


def make_recovery_codes(*, actor: Actor, session: Session, now: datetime) -> list[Secret]:
    """Make ten codes, to be shown once; those made earlier are dead.

    :raises Refused: without fresh proof.
    """
    require_fresh_proof(actor, now=now)
    return recovery_codes.make_recovery_codes(
        tenant=actor.tenant, user=actor.user, by=actor.for_audit(), now=now, keep=session
    )


def remove_answers(*, actor: Actor, session: Session, now: datetime) -> bool:
    """Delete the answers to security questions; true when there were some.

    :raises Refused: without fresh proof.
    """
    require_fresh_proof(actor, now=now)
    with transaction.atomic():
        lock_people([actor.id])
        removed, _ = SecurityAnswer.objects.filter(user=actor.user).delete()
        if removed:
            follow_method_change(answers_changed(actor, session, Event.REMOVED, now=now))
    return removed > 0


def answers_changed(actor: Actor, session: Session, event: Event, *, now: datetime) -> MethodChange:
    """Return the change that the answers to security questions are, without any of them."""
    return MethodChange(
        tenant=actor.tenant,
        user=actor.user,
        event=event,
        kind=SECURITY_QUESTIONS,
        by=actor.for_audit(),
        now=now,
        entrance="my account",
        keep=session,
    )
