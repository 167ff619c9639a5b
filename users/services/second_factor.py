"""The second factor at sign-in: asked of whoever holds a role before any admin page, never skipped by a reset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from adminportal.throttle import check
from adminportal.throttle.meter import forget
from users import trusted_devices
from users.actors import Actor
from users.models import AuthenticationMethod, MethodKind, RecoveryCode, Session, Tenant, User
from users.services.authenticators import check_totp, finish_authenticator
from users.services.directory_changes import lock_people
from users.services.methods import list_methods, remove_method
from users.services.recovery_codes import count_recovery_codes, make_recovery_codes, use_recovery_code
from users.services.sign_in_records import own_entry
from users.sessions import continue_session, end_session, is_live
from users.snapshots import snapshot_of
from users.standing import standing_ids

LIMITS: Final = ("SECOND_FACTOR", "SECOND_FACTOR_DAY")
ENTRANCE: Final = "sign-in"


class Way(StrEnum):
    """How a second factor was given, as the audit log says it."""

    AUTHENTICATOR = "authenticator app"
    RECOVERY_CODE = "recovery code"
    SET_UP = "set up"
    TRUSTED = "trusted browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The session goes on under a new key; ``codes_left`` counts recovery codes that were not used yet.

    ``trusted_key`` is that of the browser, where it is trusted from now on.
    """

    session_key: Secret
    codes_left: int
    trusted_key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What a first set-up gave: the session's new key, and ten recovery codes to be shown once."""

    session_key: Secret
    recovery_codes: list[Secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Role holders of an organisation, and how many of them have no authenticator app yet."""

    all: int
    without: int


def is_due(session: Session, actor: Actor) -> bool:
    """Tell whether this session still owes the second factor; no query."""
    return actor.tenant.admin_mfa_required and actor.is_admin and session.second_factor_at is None


def has_authenticator(user: User) -> bool:
    """Tell whether the person has an authenticator app; one query, inside the scope."""
    return AuthenticationMethod.objects.filter(user=user, kind=MethodKind.AUTHENTICATOR).exists()


@sensitive_variables()
def prove(session: Session, *, typed: str, way: Way, now: datetime, trusts: bool = False) -> Passed | None:
    """Take a code of an app, or a recovery code; None when it is wrong. Not inside a transaction.

    Every try is counted before it is looked at, so that parallel guesses count too; a right one clears the count. With
    ``trusts`` it also has the browser trusted for as many days as the organization allows.

    :raises Throttled: when there were too many wrong ones.
    """
    user = session.user
    for name in LIMITS:
        check(name, key=str(user.pk), now=now)
    with transaction.atomic():
        lock_people([user.pk])
        if is_live(session) and _is_right(user, typed, way, now=now):
            forget(*LIMITS, key=str(user.pk))
            # Only a code of an app is a fresh proof as well.
            proven_at = now if way is Way.AUTHENTICATOR else None
            return Passed(
                session_key=_pass(session, way, now=now, proven_at=proven_at),
                codes_left=count_recovery_codes(user),
                trusted_key=_trust(session, now=now) if trusts else None,
            )
        details = {"SecondFactor": way.value}
        record(own_entry(Activity.SIGN_IN_FAILED, user, Result.FAILURE, "wrong second factor", details), now=now)
    return None


@sensitive_variables()
def set_up(session: Session, *, sealed: str, typed: str, label: str, now: datetime) -> SetUp | None:
    """Register the first app and make recovery codes; None when the code is wrong. Needs fresh proof.

    Whoever has an app already gives its code instead: a password alone adds no second one here.
    """
    user = session.user
    with transaction.atomic():
        lock_people([user.pk])
        if not is_live(session) or has_authenticator(user):
            return None
        by = snapshot_of(user)
        facts = {"tenant": session.tenant, "user": user, "by": by, "now": now, "keep": session, "entrance": ENTRANCE}
        method = finish_authenticator(sealed=sealed, typed=typed, label=label, **facts)  # type: ignore[arg-type]
        if method is None:
            return None
        codes = make_recovery_codes(**facts)  # type: ignore[arg-type]
        return SetUp(session_key=_pass(session, Way.SET_UP, now=now), recovery_codes=codes)


def pass_by_trust(session: Session, key: Secret, *, now: datetime) -> bool:
    """Let a session by whose browser is trusted; the row that says so is written once a session."""
    days = session.tenant.trusted_device_days
    if not key.expose() or not trusted_devices.is_trusted(key, session.user, days=days, now=now):
        return False
    with transaction.atomic():
        if not Session.objects.filter(pk=session.pk, ended_at=None).update(second_factor_at=now):
            return False
        trusted_devices.note_use(key, now=now)
        record(own_entry(Activity.SIGNED_IN, session.user, details={"SecondFactor": Way.TRUSTED.value}), now=now)
    session.second_factor_at = now
    return True


def require_set_up(user: User, *, tenant: Tenant, by: AuditActor, now: datetime) -> None:
    """Remove every authenticator app and recovery code, so that new ones are set up at the next sign-in.

    For emergency access alone: a reset never does this. Inside the caller's transaction.
    """
    for method in list_methods(user):
        if method.kind == MethodKind.AUTHENTICATOR:
            remove_method(tenant=tenant, user=user, method_id=method.pk, by=by, now=now, entrance="cli")
    RecoveryCode.objects.filter(user=user).delete()
    trusted_devices.revoke([user.pk], now=now)


def count_holders() -> Holders:
    """Count who would be asked for a second factor, and who has none yet; one query each, inside the scope."""
    apps = AuthenticationMethod.objects.filter(user=OuterRef("pk"), kind=MethodKind.AUTHENTICATOR)
    holders = User.objects.filter(pk__in=standing_ids(), deleted_at=None, account_enabled=True)
    return Holders(all=holders.count(), without=holders.filter(~Exists(apps)).count())


def _is_right(user: User, typed: str, way: Way, *, now: datetime) -> bool:
    if way is Way.RECOVERY_CODE:
        return use_recovery_code(user, typed, now=now)
    return check_totp(user, typed, now=now) is not None


def _trust(session: Session, *, now: datetime) -> Secret | None:
    """Trust the browser, under the lock of its person: no reset may come between the code and the trust."""
    days = session.tenant.trusted_device_days
    return trusted_devices.trust(session.user, days=days, now=now) if days else None


def _pass(session: Session, way: Way, *, now: datetime, proven_at: datetime | None = None) -> Secret:
    end_session(session, now=now)
    record(own_entry(Activity.SIGNED_IN, session.user, details={"SecondFactor": way.value}), now=now)
    return continue_session(session, now=now, proven_at=proven_at, second_factor_at=now)
