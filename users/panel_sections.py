"""What the user panel shows that a layer above knows: registered at start-up, asked when the panel is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordState:
    """How far a temporary password has come; ``kind`` is the colour of its pill, ``ends_at`` the end of its life."""

    kind: str
    text: str
    at: datetime | None = None
    ends_at: datetime | None = None


Provider = Callable[[Sequence[User], datetime], Mapping[UUID, PasswordState]]

_providers: list[Provider] = []


def register_password_states(provider: Provider) -> None:
    """Let a provider say how the temporary passwords of people stand; the same one twice counts once."""
    if provider not in _providers:
        _providers.append(provider)


def password_states(users: Sequence[User], *, now: datetime) -> dict[UUID, PasswordState]:
    """Return what the providers know of these people; the first one that knows a person is asked."""
    states: dict[UUID, PasswordState] = {}
    for provider in _providers:
        states = {**provider(users, now), **states}
    return states


def password_state(user: User, *, now: datetime) -> PasswordState | None:
    """Return what the first provider that knows a person says, or None."""
    return password_states([user], now=now).get(user.pk)
