"""Re-seals what an older key of the ring sealed, and says what keeps that key from going.

A link names the key it was derived from and is in somebody's mailbox already, so it cannot be made anew: it ends with
the temporary password that it leads to, a day later at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from adminportal import sealing
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset, RevealLink
from passwords.reveal import seal_purpose
from users.services.key_rotation import needs_of, reseal_app_keys, reseal_column, reseal_secrets
from users.tenancy import across_tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderKey:
    """What still needs a key that seals no more; ``needed_until`` is None when nothing that ends by itself does."""

    key_id: str
    open_links: int
    needed_until: datetime | None
    recovery_codes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What was done; ``unreadable`` values were sealed by a key that is not in the ring, and stay as they are.

    Those of authenticator apps and of the installation are counted by themselves.
    """

    current_key: str
    resealed: int
    unreadable: int
    older: tuple[OlderKey, ...]
    resealed_apps: int = 0
    unreadable_apps: int = 0
    unreadable_secrets: int = 0


def reseal_all(*, now: datetime) -> Rotation:
    """Seal waiting temporary passwords, keys of apps and the installation's secrets with the newest key; repeatable.

    Row by row by compare-and-set, so that whoever opens, uses or replaces one meanwhile is not overruled. Not inside
    a transaction.
    """
    with across_tenants():
        resealed, unreadable = _reseal_passwords(now)
        apps, unreadable_apps = reseal_app_keys()
        _, unreadable_secrets = reseal_secrets()
        older = tuple(_older_key(key_id, now=now) for key_id in sealing.key_ids()[1:])
    return Rotation(
        current_key=sealing.current_key_id(),
        resealed=resealed,
        unreadable=unreadable,
        older=older,
        resealed_apps=apps,
        unreadable_apps=unreadable_apps,
        unreadable_secrets=unreadable_secrets,
    )


def _reseal_passwords(now: datetime) -> tuple[int, int]:
    waiting = PasswordReset.objects.filter(sealed_until__gt=now)
    return reseal_column(waiting, "sealed_password", purpose_of=lambda row: seal_purpose(row.job_id))


def _older_key(key_id: str, *, now: datetime) -> OlderKey:
    open_messages = OutboundMessage.objects.filter(key_id=key_id, opened_at=None, link_closed_at=None)
    open_messages = open_messages.exclude(link_purpose="")
    links = RevealLink.objects.filter(pk__in=open_messages.values("pk"), reset__sealed_until__gt=now)
    links = links.exclude(reset__sealed_password="")  # noqa: S106  # an empty column
    last = links.aggregate(end=Max("reset__sealed_until"))["end"]
    needs = needs_of(key_id, now=now)
    ends = [end for end in (last, needs.until) if end]
    return OlderKey(
        key_id=key_id,
        open_links=links.count(),
        needed_until=max(ends, default=None),
        recovery_codes=needs.recovery_codes,
    )
