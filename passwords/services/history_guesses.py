"""The history check of a chosen password tells whether it is the one of now: asked often, a way to guess it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from adminportal.throttle import Throttled, check, peek
from users.access import Decision
from users.models import User

BY_ACTOR, BY_TARGET = "HISTORY_ACTOR", "HISTORY_TARGET"
"""Limits of refusals because of history, of whoever asks and of whose password it is."""


@sensitive_variables()
def is_password_of_now(password: Secret, user: User, *, starter_id: UUID | None, now: datetime) -> bool:
    """Tell whether a chosen password is the one that the person has; a yes is counted. One hash, no transaction.

    :raises Throttled: when there were too many of them, before the hash is made.
    """
    keys = ((BY_ACTOR, str(starter_id or "operator")), (BY_TARGET, str(user.pk)))
    for limit, key in keys:
        peek(limit, key=key, now=now)
    if not check_password(password.expose(), user.password):
        return False
    for limit, key in keys:
        check(limit, key=key, now=now)
    return True


def too_many(limit: Throttled) -> Decision:
    """Return the refusal that says how long to wait."""
    minutes = -(-limit.retry_after // 60)
    return Decision(allowed=False, code="RESET_HISTORY_LIMIT", values={"minutes": str(minutes)})
