"""How far the temporary passwords of people have come, for the user panel and the list of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from passwords.reveal import SECRET_PURPOSE
from passwords.services.reset_messages import LINK_PURPOSE
from users.models import User
from users.panel_sections import PasswordState

_Moments = dict[UUID, list[tuple[datetime | None, datetime | None]]]


def temporary_password_states(users: Sequence[User], now: datetime) -> dict[UUID, PasswordState]:
    """Say whether one was never issued, or where it is: issued, delivered, opened, used or expired; two queries."""
    living = [user for user in users if user.is_temporary and not _is_expired(user, now)]
    resets = _resets_of(living)
    moments = _moments_of(resets.values())
    states = {user.pk: _resting(user, now) for user in users}
    for user in living:
        states[user.pk] = _living(user, resets.get(user.pk), moments)
    return states


def _is_expired(user: User, now: datetime) -> bool:
    return user.temporary_expires_at is not None and user.temporary_expires_at <= now


def _resting(user: User, now: datetime) -> PasswordState:
    if user.password_issued_at is None:
        return PasswordState(kind="warn", text=gettext("Never issued"))
    if not user.is_temporary:
        return PasswordState(kind="none", text=gettext("No temporary password"))
    return PasswordState(kind="bad", text=gettext("Expired"), at=user.temporary_expires_at)


def _living(user: User, row: PasswordReset | None, moments: _Moments) -> PasswordState:
    if row is None:
        return _state(user, "info", gettext("Issued"), user.password_issued_at)
    if row.first_used_at:
        return _state(user, "good", gettext("Used"), row.first_used_at)
    sent = [at for at, _ in moments.get(row.pk, ()) if at]
    opened = [at for _, at in moments.get(row.pk, ()) if at]
    if row.shown_at:
        opened.append(row.shown_at)
    if opened:
        return _state(user, "info", gettext("Opened"), min(opened))
    if sent:
        return _state(user, "info", gettext("Delivered"), min(sent))
    return _state(user, "info", gettext("Issued"), row.created_at)


def _resets_of(users: Sequence[User]) -> dict[UUID, PasswordReset]:
    """Return the reset that each of these passwords came from."""
    if not users:
        return {}
    done = PasswordReset.objects.filter(target__in=users, outcome=PasswordReset.Outcome.DONE, replaced_at=None)
    return {row.target_id: row for row in done.order_by("created_at")}


def _moments_of(resets: Collection[PasswordReset]) -> _Moments:
    """Return when each mail with a link or the password of these resets was sent, and when its link was opened."""
    if not resets:
        return {}
    whose = {(row.target_id, row.correlation_id): row.pk for row in resets}
    mails = OutboundMessage.objects.filter(
        Q(link_purpose=LINK_PURPOSE) | Q(secret_purpose=SECRET_PURPOSE),
        tenant_id__in={row.tenant_id for row in resets},
        about_user_id__in=[row.target_id for row in resets],
        correlation_id__in={row.correlation_id for row in resets},
    )
    moments: _Moments = defaultdict(list)
    for about, correlation, sent, opened in mails.values_list(
        "about_user_id", "correlation_id", "sent_at", "opened_at"
    ):
        reset_id = whose.get((about, correlation)) if about else None
        if reset_id:
            moments[reset_id].append((sent, opened))
    return moments


def _state(user: User, kind: str, text: str, at: datetime | None) -> PasswordState:
    return PasswordState(kind=kind, text=text, at=at, ends_at=user.temporary_expires_at)
