"""A person changes their own password: forced after a temporary one, or from My account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import clock, correlation
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.insertion import insert_rows
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.queries import Question, ahead, fetch, together, write
from adminportal.sealing import Secret
from passwords.models import PasswordHistory
from passwords.policy import PolicyRules, RuleName, Violation, judge
from passwords.reveal import withdraw
from passwords.rules import policy_of, policy_question, rules_for, words_of
from passwords.services.reset_messages import NOTICE_LIVES, language_of
from users.models import Session, User
from users.moments import tell_moment
from users.services import lockout
from users.services.method_changes import NOT_ME
from users.services.reach import Emails, addresses_of, emails_of, emails_question
from users.services.sign_in import LONGEST_PASSWORD, lockout_rules
from users.sessions import is_live, owes_new_password, renew_alone, still_live_question
from users.snapshots import snapshot_of, target_of

BANNED_REASON = "FuzzyPolicyViolationInvalidPassword"
"""What Entra's audit log says of a banned password (reference-audit-activities)."""

AS_READ = "SELECT id FROM users_user WHERE id = %s AND password = %s AND account_enabled AND deleted_at IS NULL"
"""A reset or a block that was quicker than the hashes wins: the row must be as it was read."""
LOCK = " FOR NO KEY UPDATE"
"""Not known to SQLite, which locks the whole database instead."""
CHANGE = """
    UPDATE users_user
    SET password = %s, is_temporary = FALSE, must_change = FALSE, temporary_expires_at = NULL,
        password_changed_at = %s, sessions_valid_from = %s
    WHERE id = %s
"""
"""Dated once the row is locked: what was begun while the lock was waited for is older."""


class WrongCurrentPassword(Exception):
    """The current password was not right, or too many wrong ones were typed; nothing was changed."""


class TemporaryPasswordExpired(Exception):
    """The temporary password ended before it was changed; a new one is needed."""


class PolicyViolation(Exception):
    """The new password breaks rules; nothing was changed."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(", ".join(violation.rule for violation in violations))
        self.violations = violations


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One change on its way through the steps."""

    session: Session
    user: User
    current: Secret
    new: Secret
    now: datetime


@sensitive_variables()
def change_password(*, session: Session, current: Secret, new: Secret, now: datetime) -> Secret:
    """Change the password of the session's person and return the session's new key; all other sessions end.

    One hash for the check, one for the new password, one more for each older password the tenant remembers; two
    commits; not inside a transaction.

    :raises PolicyViolation: with all violated rules at once.
    :raises WrongCurrentPassword: when the current one is wrong or locked; counted like a sign-in.
    :raises TemporaryPasswordExpired: when the time to change it is over.
    :raises HashingBusy: when no hash slot came free in time; nothing is counted.
    """
    user = session.user
    change = _Change(session=session, user=user, current=current, new=new, now=now)
    if user.is_temporary and user.temporary_expires_at and user.temporary_expires_at <= now:
        raise TemporaryPasswordExpired
    rules, ticket = _reserve(change)
    with lockout.judging(ticket):
        if len(current.expose()) > LONGEST_PASSWORD or not check_password(current.expose(), user.password):
            _count_wrong(change, ticket)
        if ticket.is_locked:
            _count_wrong(change, ticket)
        is_remembered = _is_remembered(change, rules)
        hashed = "" if is_remembered else make_password(new.expose())
    if is_remembered:
        with transaction.atomic():
            lockout.settle_right(ticket)
        _refuse(change, (Violation(rule=RuleName.HISTORY),))
    return _commit(change, ticket, hashed=hashed)


@sensitive_variables()
def _reserve(change: _Change) -> tuple[PolicyRules, lockout.Ticket]:
    """Count the try, once the new password obeys the rules; both are asked for in one message."""
    user, tenant = change.user, change.session.tenant
    asked = [policy_question(tenant), lockout.lock_question(user.upn_folded, is_familiar=True)]
    with transaction.atomic(), ahead(asked):
        rules = rules_for(user, policy=policy_of(tenant), tenant=tenant)
        violations = judge(change.new, rules=rules, person=words_of(user))
        if violations:
            transaction.set_rollback(True)  # a row that counts nothing would stay behind
        else:
            ticket = lockout.reserve(
                folded_name=user.upn_folded,
                is_familiar=True,
                rules=lockout_rules(tenant),
                now=change.now,
                user_id=user.pk,
            )
    if violations:
        _refuse(change, violations)
    return rules, ticket


def _is_remembered(change: _Change, rules: PolicyRules) -> bool:
    """Compare with the current password as text, it was typed, and with older ones by their hashes."""
    if rules.history_depth == 0:
        return owes_new_password(change.session) and change.new == change.current
    if change.new == change.current or rules.history_depth == 1:
        return change.new == change.current
    rows = PasswordHistory.objects.filter(user=change.user).order_by("-retired_at")
    older = rows.values_list("password", flat=True)[: rules.history_depth - 1]
    return any(check_password(change.new.expose(), hashed) for hashed in older)


@sensitive_variables()
def _commit(change: _Change, ticket: lockout.Ticket, *, hashed: str) -> Secret:
    user = change.user
    with transaction.atomic():
        lock = LOCK if connection.features.has_select_for_update else ""
        question: Question = AS_READ + lock, (user.pk, user.password)
        # The session is asked for under the lock: a sign-out everywhere that was quicker has ended it.
        with ahead([question, still_live_question(change.session), emails_question([user.pk])]):
            is_as_read = bool(fetch(*question, uuid_columns=(0,)))
            goes_on = is_live(change.session)
            emails = emails_of([user.pk])[user.pk]
        if not is_as_read or not goes_on:
            raise WrongCurrentPassword
        with together():
            return _write(replace(change, now=max(change.now, clock.now())), ticket, hashed=hashed, emails=emails)


@sensitive_variables()
def _write(change: _Change, ticket: lockout.Ticket, *, hashed: str, emails: Emails) -> Secret:
    """Write a change whose row is locked and what follows from it, and return the session's new key."""
    user, now = change.user, change.now
    write(CHANGE, [hashed, now, now, user.pk])
    if not user.is_temporary:
        retired = {"tenant_id": user.tenant_id, "user_id": user.pk, "password": user.password, "retired_at": now}
        insert_rows(PasswordHistory, [retired])
    withdraw([user], now=now, was_changed=True)
    lockout.settle_right(ticket)
    key = renew_alone(change.session, now=now)
    record(_entry(Activity.CHANGE_PASSWORD_SELF_SERVICE, user), _entry(Activity.CHANGE_USER_PASSWORD, user), now=now)
    _tell(change, emails=emails)
    return key


def _refuse(change: _Change, violations: tuple[Violation, ...]) -> NoReturn:
    banned = any(violation.rule is RuleName.NOT_BANNED for violation in violations)
    reason = BANNED_REASON if banned else ", ".join(violation.rule for violation in violations)
    with transaction.atomic():
        entry = _entry(Activity.CHANGE_PASSWORD_SELF_SERVICE, change.user, Result.FAILURE, reason)
        record(entry, now=change.now)
    raise PolicyViolation(violations)


def _count_wrong(change: _Change, ticket: lockout.Ticket) -> None:
    with transaction.atomic():
        lockout.settle_wrong(ticket, password=change.current, now=change.now)
        reason = "locked" if ticket.is_locked else "wrong current password"
        entry = _entry(Activity.CHANGE_PASSWORD_SELF_SERVICE, change.user, Result.FAILURE, reason)
        record(entry, now=change.now)
    raise WrongCurrentPassword


def _tell(change: _Change, *, emails: Emails) -> None:
    user, tenant = change.user, change.session.tenant
    language = language_of(user, tenant)
    context = {
        "tenant_name": tenant.name,
        "display_name": user.display_name,
        "user_name": user.user_principal_name,
        "source": correlation.current().ip_address,
        "created_at": tell_moment(change.now, tenant=tenant, language=language),
    }
    enqueue(
        *(
            Draft(
                tenant_id=tenant.pk,
                template="password_was_changed",
                channel="email",
                to=address,
                language=language,
                about_user_id=user.pk,
                context=context,
                not_after=change.now + NOTICE_LIVES,
                link_purpose=NOT_ME,
            )
            for address in addresses_of(user, emails)
        ),
        now=change.now,
    )


def _entry(activity: Activity, user: User, result: Result = Result.SUCCESS, reason: str = "") -> Entry:
    who = snapshot_of(user)
    return Entry(
        tenant_id=user.tenant_id,
        activity=activity,
        actor=who,
        targets=(target_of(user),),
        result=result,
        reason=reason,
        details={"Entrance": "my account"},
    )
