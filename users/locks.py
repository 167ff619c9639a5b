"""Smart locks as pages show them: who is kept out from some place, and until when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adminportal import sealing
from users.models import SignInGuard, Tenant, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A smart lock; ``until`` is None where it lasts until somebody ends it."""

    until: datetime | None


def find_locks(users: Iterable[User], *, tenant: Tenant, now: datetime) -> dict[UUID, Lock]:
    """Return the locks of those people who are locked; one query."""
    whose = {digest: user.pk for user in users for digest in _digests_of(user)}
    guards = defaultdict[UUID, list[SignInGuard]](list)
    for guard in SignInGuard.objects.filter(name_digest__in=list(whose)):
        guards[whose[guard.name_digest]].append(guard)
    found = {user_id: _lock_of(rows, hard_stop=tenant.lockout_hard_stop, now=now) for user_id, rows in guards.items()}
    return {user_id: lock for user_id, lock in found.items() if lock}


def _digests_of(user: User) -> list[str]:
    return sealing.digests_of_all_keys("sign-in-name", user.upn_folded)


def _lock_of(guards: Sequence[SignInGuard], *, hard_stop: int, now: datetime) -> Lock | None:
    if any(not guard.is_familiar and 0 < hard_stop <= guard.failures_in_a_row for guard in guards):
        return Lock(until=None)
    ends = [guard.locked_until for guard in guards if guard.locked_until and guard.locked_until > now]
    return Lock(until=max(ends)) if ends else None
