"""Recovery codes: ten printed codes of 80 bits, each good once; only keyed digests are kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import sealing
from adminportal.audit.record import Actor as AuditActor
from adminportal.queries import execute, places
from adminportal.sealing import Secret
from users.models import RecoveryCode, Session, Tenant, User
from users.services.directory_changes import lock_people
from users.services.method_changes import RECOVERY_CODES, Event, MethodChange, follow_method_change
from users.typed_codes import ALPHABET, letters_of

CODE_PURPOSE: Final = "recovery-code"
NUMBER: Final = 10
SIGNS: Final = 16
"""Signs of five bits each: 80 bits."""
GROUP: Final = 4
NOBODY: Final = UUID(int=0)

USE: Final = """
    UPDATE users_recoverycode SET used_at = %s WHERE user_id = %s AND used_at IS NULL AND digest IN ({digests})
"""


@sensitive_variables()
def make_recovery_codes(
    *,
    tenant: Tenant,
    user: User,
    by: AuditActor,
    now: datetime,
    keep: Session | None = None,
    entrance: str = "my account",
) -> list[Secret]:
    """Make ten codes, to be shown once; those made earlier are dead. The caller has fresh proof."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(SIGNS)) for _ in range(NUMBER)]
    key_id = sealing.current_key_id()
    with transaction.atomic():
        lock_people([user.pk])
        had_some = RecoveryCode.objects.filter(user=user).delete()[0] > 0
        RecoveryCode.objects.bulk_create(
            RecoveryCode(
                tenant=tenant, user=user, digest=_digest(user.pk, code, key_id=key_id), key_id=key_id, created_at=now
            )
            for code in codes
        )
        change = MethodChange(
            tenant=tenant,
            user=user,
            event=Event.CHANGED if had_some else Event.ADDED,
            kind=RECOVERY_CODES,
            by=by,
            now=now,
            entrance=entrance,
            keep=keep,
        )
        follow_method_change(change)
    return [Secret(_grouped(code)) for code in codes]


@sensitive_variables()
def use_recovery_code(user: User | None, typed: str, *, now: datetime) -> bool:
    """Spend a code; true for one of many who type it. One statement, also for nobody; in any scope."""
    owner = user.pk if user else NOBODY
    digests = [_digest(owner, letters_of(typed), key_id=key_id) for key_id in sealing.key_ids()]
    return execute(USE.format(digests=places(len(digests))), [now, owner, *digests]) == 1


def count_recovery_codes(user: User) -> int:
    """Count the codes that were not used yet; one query, inside the scope."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _digest(owner: UUID, code: str, *, key_id: str) -> str:
    return sealing.keyed_digest(CODE_PURPOSE, f"{owner}:{code}", key_id=key_id)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, SIGNS, GROUP))
