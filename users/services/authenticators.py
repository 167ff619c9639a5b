"""Authenticator apps: a key that is sealed for its row, and codes that work once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import sealing
from adminportal.audit.record import Actor as AuditActor
from adminportal.queries import execute, fetch
from adminportal.sealing import SealBroken, Secret
from users import totp
from users.models import AuthenticationMethod, MethodKind, Session, Tenant, User
from users.services.directory_changes import lock_people
from users.services.method_changes import Event, MethodChange, follow_method_change

KEY_PURPOSE: Final = "totp"
NEW_KEY_PURPOSE: Final = "totp-new"
"""A key that was shown and not confirmed yet: it travels in the form, sealed for its person."""
NEW_KEY_LIVES: Final = timedelta(minutes=15)
MOST_APPS: Final = 5
LONGEST_LABEL: Final = 64
NOBODY: Final = UUID(int=0)

APPS: Final = """
    SELECT id, sealed_key FROM users_authenticationmethod WHERE user_id = %s AND kind = 'authenticator'
    ORDER BY created_at, id LIMIT %s
"""
SPEND: Final = """
    UPDATE users_authenticationmethod SET last_step = %s WHERE id = %s AND (last_step IS NULL OR last_step < %s)
"""


class TooManyApps(Exception):
    """The person has as many authenticator apps as a person can have; nothing was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key to be scanned: ``address`` is for the QR code, ``sealed`` goes along in the form."""

    key: Secret
    address: Secret
    sealed: str


@sensitive_variables()
def start_authenticator(*, user: User, tenant: Tenant, now: datetime) -> NewKey:
    """Make a key for an app; nothing is stored before a code of the app comes back."""
    key = totp.new_key()
    plain = Secret(f"{int(now.timestamp())}.{key.expose()}")
    sealed = sealing.seal(NEW_KEY_PURPOSE, plain, context=str(user.pk))
    return _shown(key, sealed, user=user, tenant=tenant)


@sensitive_variables()
def go_on_with(*, user: User, tenant: Tenant, sealed: str, now: datetime) -> NewKey | None:
    """Return the key that a form brought back, to be shown again after a wrong code; None when it is too old."""
    key = _opened(user, sealed, now=now)
    return _shown(key, sealed, user=user, tenant=tenant) if key else None


@sensitive_variables()
def finish_authenticator(
    *,
    tenant: Tenant,
    user: User,
    sealed: str,
    typed: str,
    label: str,
    by: AuditActor,
    now: datetime,
    keep: Session | None = None,
    entrance: str = "my account",
) -> AuthenticationMethod | None:
    """Register the app whose code came back; None when the code is wrong or the key too old. Needs fresh proof.

    The code is spent: it signs nobody in afterwards.

    :raises TooManyApps: when there are five already.
    """
    key = _opened(user, sealed, now=now)
    step = totp.matching_step(key, typed, now=now) if key else None
    if key is None or step is None:
        return None
    with transaction.atomic():
        lock_people([user.pk])
        apps = list(AuthenticationMethod.objects.filter(user=user, kind=MethodKind.AUTHENTICATOR))
        if any(_open_key(app.pk, app.sealed_key) == key for app in apps):
            return None  # the same form sent twice
        if len(apps) >= MOST_APPS:
            raise TooManyApps
        method_id, label = uuid4(), label.strip()[:LONGEST_LABEL]
        method = AuthenticationMethod.objects.create(
            id=method_id,
            tenant=tenant,
            user=user,
            kind=MethodKind.AUTHENTICATOR,
            label=label,
            sealed_key=sealing.seal(KEY_PURPOSE, key, context=str(method_id)),
            last_step=step,
            created_at=now,
            proven_at=now,
        )
        change = MethodChange(
            tenant=tenant,
            user=user,
            event=Event.ADDED,
            kind=MethodKind.AUTHENTICATOR,
            by=by,
            now=now,
            label=label,
            entrance=entrance,
            keep=keep,
        )
        follow_method_change(change)
    return method


@sensitive_variables()
def check_totp(user: User | None, typed: str, *, now: datetime) -> UUID | None:
    """Return the app whose code was typed and spend the code, or None; two statements and the same work for nobody.

    The present code and the one before it are right, each once. In any scope.
    """
    found = fetch(APPS, [user.pk if user else NOBODY, MOST_APPS], uuid_columns=(0,))
    padding = [(NOBODY, "")] * (MOST_APPS - len(found))
    hit, step = NOBODY, 0
    for method_id, sealed in [*found, *padding]:
        key = _open_key(method_id, sealed)
        matched = totp.matching_step(key or _DUMMY, typed, now=now)
        if key is not None and matched is not None:
            hit, step = method_id, matched
    return hit if execute(SPEND, [step, hit, step]) else None


_DUMMY: Final = Secret("A" * totp.KEY_CHARACTERS)


def _shown(key: Secret, sealed: str, *, user: User, tenant: Tenant) -> NewKey:
    address = totp.address_of(key, account=user.user_principal_name, issuer=tenant.name)
    return NewKey(key=key, address=address, sealed=sealed)


def _opened(user: User, sealed: str, *, now: datetime) -> Secret | None:
    try:
        plain = sealing.unseal(NEW_KEY_PURPOSE, sealed, context=str(user.pk)).expose()
    except SealBroken:
        return None
    made, _, key = plain.partition(".")
    return Secret(key) if int(now.timestamp()) - int(made) <= NEW_KEY_LIVES.total_seconds() else None


def _open_key(method_id: UUID, sealed: str) -> Secret | None:
    try:
        return sealing.unseal(KEY_PURPOSE, sealed, context=str(method_id))
    except SealBroken:
        return None
