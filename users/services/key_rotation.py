"""Keys of authenticator apps under a new sealing key, and what else of people still needs an older one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from django.db.models import Max, Model, QuerySet

from adminportal import sealing
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import SealBroken
from users.models import AuthenticationMethod, Challenge, InstallationSecret, RecoveryCode
from users.services.authenticators import KEY_PURPOSE
from users.services.contact_notices import STOP
from users.services.installation_secrets import PURPOSE
from users.services.method_changes import NOT_ME, NOT_ME_LIVES

Row = TypeVar("Row", bound=Model)

BATCH: Final = 500
"""Rows that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What still needs a key: codes and buttons of notices, which end by themselves, and printed codes."""

    recovery_codes: int
    until: datetime | None


def reseal_column(waiting: QuerySet[Row], column: str, *, purpose_of: Callable[[Row], str]) -> tuple[int, int]:
    """Seal a column of these rows with the newest key, row by row; returns how many were, and unreadable ones.

    By compare-and-set, so that whoever changes a row meanwhile is not overruled. In no scope and no transaction.
    """
    older = waiting.exclude(**{column: ""}).exclude(**{f"{column}__startswith": f"{sealing.current_key_id()}."})
    older = older.order_by("pk")
    resealed = unreadable = 0
    last = None
    while rows := list((older.filter(pk__gt=last) if last else older)[:BATCH]):
        last = rows[-1].pk
        for row in rows:
            try:
                resealed += _reseal(older, row, column, purpose=purpose_of(row))
            except SealBroken:
                unreadable += 1
    return resealed, unreadable


def reseal_app_keys() -> tuple[int, int]:
    """Seal the keys of authenticator apps with the newest key; returns how many were, and unreadable ones."""
    return reseal_column(AuthenticationMethod.objects.all(), "sealed_key", purpose_of=lambda _: KEY_PURPOSE)


def reseal_secrets() -> tuple[int, int]:
    """Seal the secrets of the installation with the newest key; returns how many were, and unreadable ones."""
    return reseal_column(InstallationSecret.objects.all(), "sealed", purpose_of=lambda _: PURPOSE)


def needs_of(key_id: str, *, now: datetime) -> Needs:
    """Return what of people still needs this key; in no scope."""
    codes = Challenge.objects.filter(key_id=key_id, used_at=None, replaced_at=None, expires_at__gte=now)
    buttons = OutboundMessage.objects.filter(key_id=key_id, link_purpose=STOP, opened_at=None, not_after__gt=now)
    notices = OutboundMessage.objects.filter(
        key_id=key_id, link_purpose=NOT_ME, opened_at=None, link_closed_at=None, created_at__gt=now - NOT_ME_LIVES
    )
    newest = notices.aggregate(newest=Max("created_at"))["newest"]
    ends = [
        codes.aggregate(end=Max("expires_at"))["end"],
        buttons.aggregate(end=Max("not_after"))["end"],
        newest and newest + NOT_ME_LIVES,
    ]
    return Needs(
        recovery_codes=RecoveryCode.objects.filter(key_id=key_id, used_at=None).count(),
        until=max((end for end in ends if end), default=None),
    )


def _reseal(older: QuerySet[Row], row: Row, column: str, *, purpose: str) -> int:
    sealed, context = getattr(row, column), str(row.pk)
    plain = sealing.unseal(purpose, sealed, context=context)
    same = older.filter(pk=row.pk, **{column: sealed})
    return same.update(**{column: sealing.seal(purpose, plain, context=context)})
