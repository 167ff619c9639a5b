"""What people change of their own methods and contact data: with fresh proof, and a code to the new value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.outbox import channels
from users.access import Decision, has_fresh_proof
from users.actors import Actor
from users.managed_contacts import managed_kinds
from users.method_values import EMAIL_KINDS, ValueRefused, normal_value
from users.models import Contact, ContactKind, MethodKind, Session
from users.models.challenge import Purpose
from users.services.challenges import CodeAnswer, Destination, check, issue
from users.services.contacts import Changed, ContactManaged, Waiting, change_contact
from users.services.directory_changes import lock_people
from users.services.methods import save_method
from users.services.own_sessions import require_own_session
from users.services.people import Refused
from users.services.sending_limits import count_change_code, is_reached, may_send

EMAIL: Final = "email"
SMS: Final = "sms"
VOICE: Final = "voice"
SPOKEN_ONLY: Final = frozenset({MethodKind.OFFICE_PHONE.value, ContactKind.OFFICE_PHONE.value})
"""Kinds that cannot be texted."""


class NotSent(Exception):
    """The address or number got too many codes, or none can be sent to it; nothing was sent or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """A code is on its way to ``value``, which the next form has to bring back."""

    value: str
    channel: str


def channels_for(kind: str) -> list[str]:
    """Return the ways in which a code reaches a value of this kind, the first one first; none where none is set up."""
    if kind in EMAIL_KINDS:
        return [EMAIL]
    ways = [VOICE] if kind in SPOKEN_ONLY else [SMS, VOICE]
    return [way for way in ways if channels.is_set_up(way)]


@sensitive_variables()
def send_method_code(
    *,
    actor: Actor,
    kind: MethodKind,
    typed: str,
    channel: str,
    now: datetime,
    fresh_minutes: int = 0,
) -> CodeSent:
    """Send a code to an address or number that shall become a method. Not inside a transaction.

    ``fresh_minutes``: a proof as old as that is fresh enough, where the tenant asks for a fresher one.

    :raises Refused: without fresh proof.
    :raises users.method_values.ValueRefused: when it is no address or number, nothing goes there, or it is the person's
        own mailbox.
    :raises adminportal.throttle.Throttled: after too many codes.
    :raises NotSent: when the destination got too many.
    """
    if not has_fresh_proof(actor, now=now, at_least_minutes=fresh_minutes):
        raise Refused(Decision(allowed=False, code="RESET_STEP_UP"))
    value = normal_value(kind, typed, user=actor.user)
    _send(actor, Purpose.METHOD, kind, value, channel=channel, now=now)
    return CodeSent(value=value, channel=channel)


@sensitive_variables()
def confirm_method(
    *, actor: Actor, session: Session, kind: MethodKind, value: str, typed: str, now: datetime
) -> CodeAnswer:
    """Register the method when the code is right; every other session ends then."""
    with transaction.atomic():
        answer = check(bound_to=actor.id, purpose=Purpose.METHOD, typed=typed, method=kind, now=now, destination=value)
        if answer is CodeAnswer.RIGHT:
            by = actor.for_audit()
            save_method(tenant=actor.tenant, user=actor.user, kind=kind, value=value, by=by, now=now, keep=session)
    return answer


@sensitive_variables()
def ask_for_contact(
    *, actor: Actor, session: Session, kind: ContactKind, typed: str, channel: str = "", now: datetime
) -> CodeSent | Changed | Waiting:
    """Begin a change of one's own contact data: with fresh proof a code goes to the new value, else the change waits.

    An empty value removes. What is there already stays, and nothing is sent. Not inside a transaction.

    :raises users.services.contacts.ContactManaged: when the organization or a directory looks after this kind.
    :raises users.method_values.ValueRefused: when it is no address or number, nothing goes there, or it is the person's
        own mailbox.
    :raises adminportal.throttle.Throttled: after too many codes or changes.
    :raises NotSent: when the destination got too many.
    :raises Refused: when the session is over, as after a reset that was quicker.
    """
    if kind in managed_kinds(actor.user, actor.tenant):
        raise ContactManaged(kind)
    value = normal_value(kind, typed, user=actor.user) if typed.strip() else ""
    if Contact.objects.filter(user=actor.user, kind=kind, value=value).exists():
        return Changed(is_new=False)
    proof, ways = has_fresh_proof(actor, now=now), channels_for(kind)
    if proof and value and ways:
        way = channel if channel in ways else ways[0]
        _send(actor, Purpose.CONTACT, kind, value, channel=way, now=now)
        return CodeSent(value=value, channel=way)
    if value and ways:
        _require_reach(actor, value, channel=ways[0])
    count_change_code(actor.id, now=now)
    with transaction.atomic():
        lock_people([actor.id])
        require_own_session(session)
        return _change(actor, kind, value, proof=proof and not value, now=now)


@sensitive_variables()
def confirm_contact(
    *, actor: Actor, session: Session, kind: ContactKind, value: str, typed: str, now: datetime
) -> CodeAnswer:
    """Change the contact when the code is right.

    :raises Refused: when the session is over, as after a reset that was quicker.
    """
    with transaction.atomic():
        lock_people([actor.id])
        require_own_session(session)
        answer = check(bound_to=actor.id, purpose=Purpose.CONTACT, typed=typed, method=kind, now=now, destination=value)
        if answer is CodeAnswer.RIGHT:
            _change(actor, kind, value, proof=True, is_proven=True, now=now)
    return answer


def _change(
    actor: Actor, kind: ContactKind, value: str, *, proof: bool, now: datetime, is_proven: bool = False
) -> Changed | Waiting:
    return change_contact(
        tenant=actor.tenant,
        user=actor.user,
        kind=kind,
        value=value,
        proof=proof,
        is_proven=is_proven,
        by=actor.for_audit(),
        now=now,
    )


def _require_reach(actor: Actor, value: str, *, channel: str) -> None:
    if channel != EMAIL and not is_reached(value, tenant_id=actor.tenant.pk):
        raise ValueRefused("out_of_reach")


def _send(actor: Actor, purpose: Purpose, kind: str, value: str, *, channel: str, now: datetime) -> None:
    _require_reach(actor, value, channel=channel)
    count_change_code(actor.id, now=now)
    if channel not in channels_for(kind):
        raise NotSent
    if not may_send(tenant_id=actor.tenant.pk, channel=channel, value=value, now=now):
        raise NotSent
    with transaction.atomic():
        issue(
            tenant_id=actor.tenant.pk,
            user=actor.user,
            purpose=purpose,
            bound_to=actor.id,
            destination=Destination(method=kind, channel=channel, value=value),
            context={"tenant_name": actor.tenant.name},
            language=actor.user.preferred_language or actor.tenant.language,
            now=now,
        )
