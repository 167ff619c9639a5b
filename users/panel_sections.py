"""What the user panel shows that a layer above knows: registered at start-up, asked when the panel is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordState:
    """How far a temporary password has come; ``kind`` is the colour of its pill, ``ends_at`` the end of its life."""

    kind: str
    text: str
    at: datetime | None = None
    ends_at: datetime | None = None


Provider = Callable[[User, datetime], PasswordState | None]

_providers: list[Provider] = []


def register_password_state(provider: Provider) -> None:
    """Let a provider say how the temporary password of a person stands; the same one twice counts once."""
    if provider not in _providers:
        _providers.append(provider)


def password_state(user: User, *, now: datetime) -> PasswordState | None:
    """Return what the first provider that knows says, or None."""
    return next((state for provider in _providers if (state := provider(user, now))), None)
