"""Session store: rows in the database, so that ending every session of a person is one UPDATE.

The cookie carries a random key of 256 bits, the row its SHA-256. Idle and total limits are settings.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Q

from adminportal import correlation
from adminportal.insertion import Row, insert_rows
from adminportal.purging import delete_oldest
from adminportal.queries import Question, fetch, load, one_of, to_load, write
from adminportal.sealing import Secret
from users.models import Session, Tenant, User

KEY_BYTES = 32
"""Entropy of a session key in bytes."""
TOUCH_EVERY = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=30)

LIVE = """
    SELECT {columns}
    FROM users_session s JOIN users_user u ON u.id = s.user_id JOIN users_tenant t ON t.id = s.tenant_id
    WHERE s.key_digest = %s AND s.ended_at IS NULL
"""
STILL_LIVE = "SELECT 1 FROM users_session WHERE key_digest = %s AND ended_at IS NULL"
MODELS: Final[dict[str, type[Model]]] = {"s": Session, "u": User, "t": Tenant}
END = """
    UPDATE users_session SET ended_at = %s WHERE ended_at IS NULL AND key_digest <> %s AND user_id {users}
"""


def digest_of(key: Secret) -> str:
    """Return what the row keeps of a session key."""
    return hashlib.sha256(key.expose().encode()).hexdigest()


def open_session(
    user: User, *, now: datetime, began_at: datetime | None = None, password_expired_at: datetime | None = None
) -> Secret:
    """Insert a session for a person who has just proven who they are, and return its key."""
    facts: Row = {"created_at": began_at or now, "proven_at": now, "password_expired_at": password_expired_at}
    return _insert(user, now=now, facts=facts)


def continue_session(
    session: Session,
    *,
    now: datetime,
    proven_at: datetime | None = None,
    second_factor_at: datetime | None = None,
    has_new_password: bool = False,
) -> Secret:
    """Insert a session that goes on for another one, as old and as proven as that was, or more; return its key."""
    facts: Row = {
        "created_at": session.created_at,
        "proven_at": proven_at or session.proven_at,
        "second_factor_at": second_factor_at or session.second_factor_at,
        "registration_asked_at": session.registration_asked_at,
        "password_expired_at": None if has_new_password else session.password_expired_at,
    }
    return _insert(session.user, now=now, facts=facts)


def _insert(user: User, *, now: datetime, facts: Row) -> Secret:
    key = Secret(secrets.token_urlsafe(KEY_BYTES))
    request = correlation.current()
    row: Row = {
        "key_digest": digest_of(key),
        "tenant_id": user.tenant_id,
        "user_id": user.pk,
        "last_seen_at": now,
        "ip_address": request.ip_address,
        "user_agent": request.user_agent[:256],
        **facts,
    }
    insert_rows(Session, [row])
    return key


def live_question(key_digest: str) -> Question:
    """Return what :func:`find_session` asks, to be asked ahead."""
    return to_load(LIVE, [key_digest], models=MODELS)


def find_session(key: Secret, *, now: datetime) -> Session | None:
    """Return the live session of a key with its person and tenant, or None; one query."""
    found = load(LIVE, [digest_of(key)], models=MODELS)
    if not found:
        return None
    session: Session
    session, user, tenant = found[0]
    session.user, session.tenant, user.tenant = user, tenant, tenant
    if session.user.deleted_at or not session.user.account_enabled:
        return None
    if session.last_seen_at < now - settings.SESSION_IDLE or session.created_at < now - settings.SESSION_TOTAL:
        return None
    return session


def owes_new_password(session: Session) -> bool:
    """Tell whether nothing may open in a session before its person has chosen another password."""
    return session.user.must_change or session.password_expired_at is not None


def is_live(session: Session) -> bool:
    """Tell whether a session goes on, asked under the lock of its person: a reset that was quicker has ended it."""
    return bool(fetch(*still_live_question(session), uuid_columns=()))


def still_live_question(session: Session) -> Question:
    """Return what :func:`is_live` asks, to be asked ahead."""
    return STILL_LIVE, (session.pk,)


def is_too_old_for_admin(session: Session, *, now: datetime) -> bool:
    """Tell whether the shorter limits of the admin center are over."""
    idle_over = session.last_seen_at < now - settings.ADMIN_SESSION_IDLE
    return idle_over or session.created_at < now - settings.ADMIN_SESSION_TOTAL


def touch(session: Session, *, now: datetime) -> None:
    """Note activity; written at most once a minute."""
    if session.last_seen_at <= now - TOUCH_EVERY:
        Session.objects.filter(pk=session.pk, ended_at=None).update(last_seen_at=now)


def renew(session: Session, *, now: datetime) -> Secret:
    """Give a session a new key after a fresh proof; the old key is dead. Inside a transaction."""
    end_session(session, now=now)
    return continue_session(session, now=now, proven_at=now)


def renew_alone(session: Session, *, now: datetime) -> Secret:
    """Give a session a new key after a change of the password, and end every other one. Inside a transaction."""
    end_all_sessions([session.user_id], now=now)
    return continue_session(session, now=now, proven_at=now, has_new_password=True)


def end_session(session: Session, *, now: datetime) -> None:
    """End one session."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now)


def end_all_sessions(user_ids: Iterable[UUID], *, now: datetime, keep: Session | None = None) -> None:
    """End every session of these people with one UPDATE, except ``keep``."""
    ids = list(user_ids)
    if ids:
        of_users, values = one_of(ids)
        write(END.format(users=of_users), [now, keep.pk if keep else "", *values])


def list_sessions(user: User, *, now: datetime) -> list[Session]:
    """List the live sessions of a person, the latest activity first."""
    alive = Q(last_seen_at__gte=now - settings.SESSION_IDLE, created_at__gte=now - settings.SESSION_TOTAL)
    return list(Session.objects.filter(alive, user=user, ended_at=None).order_by("-last_seen_at")[:50])


def purge_sessions(now: datetime) -> int:
    """Delete rows of sessions that ended or ran out thirty days ago, some at a time; returns how many."""
    return delete_oldest(Session.objects.filter(last_seen_at__lt=now - KEPT_AFTER_END), by="last_seen_at")
