"""People as audit rows keep them: by the names that they have at that moment."""

from __future__ import annotations

from adminportal.audit.record import Actor, Target
from users.models import User


def snapshot_of(user: User) -> Actor:
    """Return a person as the one who acts."""
    names = {"display_name": user.display_name, "user_principal_name": user.user_principal_name}
    return Actor(kind="user", id=user.pk, **names)


def target_of(user: User, modified: tuple[tuple[str, str, str], ...] = ()) -> Target:
    """Return a person as the one to whom something was done."""
    names = {"display_name": user.display_name, "user_principal_name": user.user_principal_name}
    return Target(id=user.pk, modified=modified, **names)
