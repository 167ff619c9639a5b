"""Fresh proof beside the password: a code of the authenticator app, or one sent to what is proven already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox.masking import mask
from adminportal.outbox.models import Channel
from adminportal.sealing import Secret
from adminportal.throttle import check
from adminportal.throttle.meter import forget
from users.models import MethodKind, Session, User
from users.models.challenge import Purpose
from users.services.authenticators import check_totp
from users.services.challenges import CodeAnswer, Destination, issue
from users.services.challenges import check as check_code
from users.services.directory_changes import lock_people
from users.services.reach import Way as Place
from users.services.reach import reach_of
from users.services.second_factor import LIMITS
from users.services.sending_limits import count_change_code, may_send, sms_is_available
from users.services.sign_in_records import own_entry
from users.sessions import is_live, renew


class ProofWay(StrEnum):
    """How a person may prove once more that it is them."""

    PASSWORD = "password"  # noqa: S105  # the name of a way
    APP = "app"
    EMAIL = "email"
    SMS = "sms"


WAYS_OF: Final = {
    MethodKind.AUTHENTICATOR.value: ProofWay.APP,
    MethodKind.EMAIL.value: ProofWay.EMAIL,
    MethodKind.EXTRA_EMAIL.value: ProofWay.EMAIL,
    MethodKind.MOBILE_PHONE.value: ProofWay.SMS,
    MethodKind.ALTERNATE_PHONE.value: ProofWay.SMS,
}
"""The way that a method opens which somebody made their default."""
METHODS: Final = {ProofWay.EMAIL: MethodKind.EMAIL.value, ProofWay.SMS: MethodKind.MOBILE_PHONE.value}
CHANNELS: Final = {ProofWay.EMAIL: Channel.EMAIL.value, ProofWay.SMS: Channel.SMS.value}


class NoSuchWay(LookupError):
    """The person has no such way to prove who they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way that is open to the person; ``masked`` shows where a code would go."""

    way: ProofWay
    masked: str = ""
    value: str = field(default="", repr=False)


def list_ways(session: Session, *, now: datetime) -> list[Offer]:
    """List the ways that are open to the person, their default first and then the password; inside the scope."""
    reach = reach_of([session.user_id])[session.user_id]
    offers = [Offer(way=ProofWay.PASSWORD)]
    if reach.has_app:
        offers.append(Offer(way=ProofWay.APP))
    offers += _by_code(ProofWay.EMAIL, reach.email)
    if reach.mobile and sms_is_available(tenant_id=session.tenant_id, now=now):
        offers += _by_code(ProofWay.SMS, reach.mobile)
    wanted = WAYS_OF.get(reach.default)
    return sorted(offers, key=lambda offer: offer.way is not wanted)


def send_code(session: Session, way: ProofWay, *, now: datetime) -> bool:
    """Send a code to what the person proved earlier; false where limits hold it back. Not inside a transaction.

    :raises NoSuchWay: when there is no such place.
    :raises Throttled: when the person asked for too many codes.
    """
    offer = _offer(session, way, now=now)
    if way not in METHODS:
        raise NoSuchWay(way)
    count_change_code(session.user_id, now=now)
    if not may_send(tenant_id=session.tenant_id, channel=CHANNELS[way], value=offer.value, now=now):
        return False
    user = session.user
    with transaction.atomic():
        issue(
            tenant_id=session.tenant_id,
            user=user,
            purpose=Purpose.FRESH_PROOF,
            bound_to=_bound_to(session),
            destination=Destination(method=METHODS[way], channel=CHANNELS[way], value=offer.value),
            context={"tenant_name": session.tenant.name},
            language=user.preferred_language or session.tenant.language,
            now=now,
        )
    return True


@sensitive_variables()
def prove_by_code(session: Session, *, way: ProofWay, typed: str, now: datetime) -> Secret | None:
    """Take a code as fresh proof; return the new session key, or None when it was wrong. Not inside a transaction.

    :raises NoSuchWay: when the person has no such way.
    :raises Throttled: when there were too many wrong ones.
    """
    offer, user = _offer(session, way, now=now), session.user
    for name in LIMITS:
        check(name, key=str(user.pk), now=now)
    with transaction.atomic():
        lock_people([user.pk])
        # Asked under the lock: a reset that was quicker has ended the session.
        is_right = is_live(session) and _is_right(session, user, offer, typed, now=now)
        details = {"Proof": way.value}
        if is_right:
            forget(*LIMITS, key=str(user.pk))
            record(own_entry(Activity.FRESH_PROOF_GIVEN, user, details=details), now=now)
            return renew(session, now=now)
        record(own_entry(Activity.FRESH_PROOF_GIVEN, user, Result.FAILURE, "wrong proof", details), now=now)
    return None


def _is_right(session: Session, user: User, offer: Offer, typed: str, *, now: datetime) -> bool:
    if offer.way is ProofWay.APP:
        return check_totp(user, typed, now=now) is not None
    answer = check_code(
        bound_to=_bound_to(session),
        purpose=Purpose.FRESH_PROOF,
        typed=typed,
        method=METHODS[offer.way],
        destination=offer.value,
        now=now,
    )
    return answer is CodeAnswer.RIGHT


def _bound_to(session: Session) -> UUID:
    """Bind a code to the session that asked for it: what was sent for one browser is wrong in another."""
    return UUID(session.reference)


def _offer(session: Session, way: ProofWay, *, now: datetime) -> Offer:
    offer = next((offer for offer in list_ways(session, now=now) if offer.way is way), None)
    if offer is None or way is ProofWay.PASSWORD:
        raise NoSuchWay(way)
    return offer


def _by_code(way: ProofWay, place: Place | None) -> list[Offer]:
    if place is None or not place.is_proven:
        return []
    return [Offer(way=way, masked=mask(place.value), value=place.value)]
