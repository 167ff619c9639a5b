"""Sign-in: one neutral answer and the same work for wrong, unknown, blocked and locked accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.hashing import HashingBusy, verify_dummy
from adminportal.queries import together
from adminportal.sealing import Secret
from adminportal.throttle import peek
from users import devices
from users.models import Session, Tenant, User
from users.names import MAX_UPN, fold_upn
from users.password_expiry import ExpiryRules, password_ends_at
from users.services import lockout
from users.services.sign_in_records import entry_of_try, own_entry
from users.services.sign_in_sources import ChallengeNeeded, challenge_level, count_failure
from users.sessions import end_session, is_live, open_session, renew
from users.tenancy import find_domain, find_person_to_sign_in, within

LONGEST_PASSWORD = 256
"""Code points; anything longer is refused before a hash or a query."""


class Outcome(StrEnum):
    """What came of it; everything but RIGHT and EXPIRED looks the same to the person."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInResult:
    """The outcome; key and device cookie are there only when it was right."""

    outcome: Outcome
    session_key: Secret | None = None
    device_cookie: str = ""
    must_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """One try to sign in, on its way through the steps."""

    folded: str
    password: Secret
    person: User | None
    tenant: Tenant | None
    ticket: lockout.Ticket
    now: datetime
    instead_of: Session | None
    is_federated: bool


Listener = Callable[[User, datetime], None]
_listeners: list[Listener] = []


def on_first_use(listener: Listener) -> None:
    """Call ``listener`` inside the transaction of every right sign-in with a password that was issued."""
    _listeners.append(listener)


@sensitive_variables()
def sign_in(
    *,
    user_name: str,
    password: Secret,
    source: str,
    device_cookie: str,
    now: datetime,
    instead_of: Session | None = None,
    has_answered: bool = False,
) -> SignInResult:
    """Sign a person in; exactly one hash and two commits, not inside a transaction.

    ``instead_of`` is the session that this browser had; it ends when the sign-in was right. ``has_answered`` says that
    the answer to a challenge came along.

    :raises ChallengeNeeded: when the source had so many failures that it takes such an answer.
    :raises HashingBusy: when no hash slot came free in time.
    """
    if len(user_name) > MAX_UPN or len(password.expose()) > LONGEST_PASSWORD:
        return SignInResult(outcome=Outcome.WRONG)
    level = None if has_answered else challenge_level(source, now=now)
    if level is not None:
        raise ChallengeNeeded(level)
    folded = fold_upn(user_name)
    person = find_person_to_sign_in(folded)
    domain = find_domain(folded.partition("@")[2])
    tenant = domain.tenant if domain else None
    if person and tenant and person.tenant_id == tenant.pk:
        person.tenant = tenant  # as it is read already
    ticket = lockout.reserve(
        folded_name=folded,
        is_familiar=devices.is_familiar(device_cookie, person.pk if person else None, now=now),
        rules=lockout_rules(tenant),
        now=now,
        user_id=person.pk if person else None,
    )
    attempt = _Try(
        folded=folded,
        password=password,
        person=person,
        tenant=tenant,
        ticket=ticket,
        now=now,
        instead_of=instead_of,
        is_federated=bool(person and domain and domain.is_federated and domain.tenant_id == person.tenant_id),
    )
    with lockout.judging(ticket):
        right = _verify(person, password)
    if right and person and person.account_enabled and not ticket.is_locked:
        result = _succeed(attempt, person, device_cookie=device_cookie)
        if result is not None:
            return result
    count_failure(source, now=now)
    return _fail(attempt, right=right)


def sign_out(session: Session, *, now: datetime) -> None:
    """End the session and say so in the audit log."""
    with transaction.atomic():
        end_session(session, now=now)
        record(own_entry(Activity.SIGNED_OUT, session.user), now=now)


@sensitive_variables()
def prove_again(session: Session, *, password: Secret, source: str, now: datetime) -> Secret | None:
    """Take the password as fresh proof; return the new session key, or None when it was wrong.

    Counts like a sign-in from a familiar place, so that a stolen session is no way to guess.

    :raises Throttled: when the source had too many failures.
    """
    peek("SIGN_IN_HARD", key=source, now=now)
    person = session.user
    ticket = lockout.reserve(
        folded_name=person.upn_folded,
        is_familiar=True,
        rules=lockout_rules(session.tenant),
        now=now,
        user_id=person.pk,
    )
    with lockout.judging(ticket):
        right = len(password.expose()) <= LONGEST_PASSWORD and _verify(person, password)
    with transaction.atomic():
        is_same = right and not ticket.is_locked and _unchanged(person).select_for_update().exists()
        # Asked under the lock: a sign-out everywhere that was quicker has ended the session.
        if is_same and is_live(session):
            lockout.settle_right(ticket)
            record(own_entry(Activity.FRESH_PROOF_GIVEN, person), now=now)
            return renew(session, now=now)
        lockout.settle_wrong(ticket, password=password, now=now)
        record(own_entry(Activity.FRESH_PROOF_GIVEN, person, Result.FAILURE, "wrong proof"), now=now)
    count_failure(source, now=now)
    return None


@sensitive_variables()
def _verify(person: User | None, password: Secret) -> bool:
    if person is None or not person.has_usable_password():
        verify_dummy(password.expose())
        return False
    return check_password(password.expose(), person.password)


@sensitive_variables()
def _succeed(attempt: _Try, person: User, *, device_cookie: str) -> SignInResult | None:
    if person.is_temporary and person.temporary_expires_at and person.temporary_expires_at <= attempt.now:
        return _expired(attempt, person)
    rehashed = _rehash(person, attempt.password)
    expired_at = _expired_at(attempt, person)
    with transaction.atomic(), within(person.tenant), together():
        changes = {"last_sign_in_at": attempt.now} | ({"password": rehashed} if rehashed else {})
        if not _unchanged(person).update(**changes):
            return None
        lockout.settle_right(attempt.ticket)
        if attempt.instead_of is not None:
            end_session(attempt.instead_of, now=attempt.now)
        key = open_session(person, now=attempt.now, password_expired_at=expired_at)
        record(own_entry(Activity.SIGNED_IN, person), now=attempt.now)
        if person.is_temporary or person.password_issued_at == person.password_changed_at:
            for listener in _listeners:
                listener(person, attempt.now)
    return SignInResult(
        outcome=Outcome.RIGHT,
        session_key=key,
        device_cookie=devices.remember(device_cookie, person.pk, now=attempt.now),
        must_change=person.must_change or expired_at is not None,
    )


def _expired_at(attempt: _Try, person: User) -> datetime | None:
    """Return since when the password is too old, or None; costs no query, the organization was read with the name."""
    end = password_ends_at(person, rules=ExpiryRules.of(person.tenant), is_federated=attempt.is_federated)
    return end if end is not None and end <= attempt.now else None


def _expired(attempt: _Try, person: User) -> SignInResult:
    with transaction.atomic():
        lockout.settle_right(attempt.ticket)
        record(
            own_entry(Activity.SIGN_IN_FAILED, person, Result.FAILURE, "temporary password expired"), now=attempt.now
        )
    return SignInResult(outcome=Outcome.EXPIRED)


@sensitive_variables()
def _fail(attempt: _Try, *, right: bool) -> SignInResult:
    reason = _reason(attempt, right=right)
    person, now = attempt.person, attempt.now
    with transaction.atomic():
        began = lockout.settle_wrong(attempt.ticket, password=attempt.password, now=now)
        tried = partial(entry_of_try, person=person, folded=attempt.folded, tenant=attempt.tenant)
        entries = [tried(Activity.SIGN_IN_FAILED, result=Result.FAILURE, reason=reason)]
        if began:
            entries.append(tried(Activity.ACCOUNT_LOCKED))
        record(*entries, now=now)
    return SignInResult(outcome=Outcome.WRONG)


def _unchanged(person: User) -> QuerySet[User]:
    """Return the row as it was read before the hash; a reset, a block or an ended password leaves none if quicker."""
    with within(person.tenant):
        return User.objects.filter(
            pk=person.pk,
            password=person.password,
            temporary_expires_at=person.temporary_expires_at,
            account_enabled=True,
            deleted_at=None,
        )


@sensitive_variables()
def _rehash(person: User, password: Secret) -> str:
    """Return a new hash when the parameters changed since the old one was made, else nothing."""
    if not identify_hasher(person.password).must_update(person.password):
        return ""
    try:
        return make_password(password.expose())
    except HashingBusy:
        return ""  # the next sign-in renews it


def _reason(attempt: _Try, *, right: bool) -> str:
    if attempt.person is None:
        return "unknown user name"
    if attempt.ticket.is_locked:
        return "locked"
    if not attempt.person.account_enabled:
        return "sign-in blocked"
    return "changed meanwhile" if right else "wrong password"


def lockout_rules(tenant: Tenant | None) -> lockout.LockoutRules:
    """Return the tenant's numbers of smart lockout, the defaults for names of no tenant."""
    if tenant is None:
        return lockout.LockoutRules()
    return lockout.LockoutRules(
        threshold=tenant.lockout_threshold, first_seconds=tenant.lockout_seconds, hard_stop=tenant.lockout_hard_stop
    )
