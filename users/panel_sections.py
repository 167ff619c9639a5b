"""What the user panel shows that a layer above knows: registered at start-up, asked when the panel is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from users.models import Tenant, User
from users.targets import TargetFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordState:
    """How far a temporary password has come; ``kind`` is the colour of its pill, ``ends_at`` the end of its life."""

    kind: str
    text: str
    at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceLock:
    """Self-service is closed for a person until a moment, or some of its methods pause; ``text`` says why."""

    until: datetime
    is_whole: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingLine:
    """One word of the reports of self-service and why it does not hold for a person; without a reason it holds."""

    label: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The same in few words, for a list of people; ``kind`` is the colour of its pill."""

    kind: str
    text: str


LockProvider = Callable[[User, datetime], SelfServiceLock | None]
Provider = Callable[[Sequence[User], datetime], Mapping[UUID, PasswordState]]
StandingProvider = Callable[[TargetFacts, Tenant], Sequence[StandingLine]]
StandingsProvider = Callable[[Mapping[UUID, TargetFacts], Tenant], Mapping[UUID, Standing]]

_providers: list[Provider] = []
_lock_providers: list[LockProvider] = []
_standing_providers: list[StandingProvider] = []
_standings_providers: list[StandingsProvider] = []


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


def register_self_service_lock(provider: LockProvider) -> None:
    """Let a provider say whether self-service is closed for a person; the same one twice counts once."""
    if provider not in _lock_providers:
        _lock_providers.append(provider)


def self_service_lock(user: User, *, now: datetime) -> SelfServiceLock | None:
    """Return what the first provider says that knows of a lock, or None."""
    return next((lock for provider in _lock_providers if (lock := provider(user, now))), None)


def register_self_service_standing(provider: StandingProvider) -> None:
    """Let a provider say how self-service stands for a person; the same one twice counts once."""
    if provider not in _standing_providers:
        _standing_providers.append(provider)


def self_service_standing(target: TargetFacts, *, tenant: Tenant) -> list[StandingLine]:
    """Return what the providers say of a person, in the order in which they registered."""
    return [line for provider in _standing_providers for line in provider(target, tenant)]


def register_self_service_standings(provider: StandingsProvider) -> None:
    """Let a provider say the same of many people at once; the same one twice counts once."""
    if provider not in _standings_providers:
        _standings_providers.append(provider)


def self_service_standings(targets: Mapping[UUID, TargetFacts], *, tenant: Tenant) -> dict[UUID, Standing]:
    """Return what the providers know of these people, in a fixed number of queries."""
    found: dict[UUID, Standing] = {}
    for provider in _standings_providers:
        found = {**provider(targets, tenant), **found}
    return found
