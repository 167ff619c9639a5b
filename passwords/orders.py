"""What a caller asks of the reset, and what it answers; plain values that cross the boundary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4, uuid5

from adminportal.sealing import Secret
from passwords.generator import Style
from passwords.policy import Violation
from users.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOrder:
    """One person; ``password`` None means that one is generated."""

    user_id: UUID
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOptions:
    """What holds for the whole batch.

    ``deliver_to`` are typed addresses, each of which gets a link of its own; ``language`` is that of mails to them.
    ``notify`` off leaves out the notice to the person, for accounts that nobody uses yet. ``idempotency_key`` makes a
    second submit of one form find the first one's result. ``blind`` sends each person a one-time link to the alternate
    address, and nobody else ever sees the password. ``results_to`` are addresses that get one mail with the passwords
    of the whole batch. ``job_id`` is the bulk job that the batch belongs to. ``keeps_result`` off seals nothing: who
    typed the password needs nobody to show it. ``tells_admins`` off leaves out the notice to Global Administrators
    about role holders, for a caller that tells them itself.
    """

    style: Style = Style.RANDOM
    must_change: bool = True
    deliver_to: tuple[str, ...] = ()
    deliver_to_alternate: bool = False
    language: str = "en"
    reason: str = ""
    ticket: str = ""
    idempotency_key: str = field(default_factory=lambda: uuid4().hex)
    lifetime_hours: int | None = None
    notify: bool = True
    blind: bool = False
    results_to: tuple[str, ...] = ()
    job_id: UUID | None = None
    keeps_result: bool = True
    tells_admins: bool = True


class ResetEnd(StrEnum):
    """How one order ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOutcome:
    """The end of one order; a refusal names its code, the values of its sentence and every violated rule."""

    user_id: UUID
    end: ResetEnd
    reset_id: UUID | None = None
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    acting_role: Role | None = None
    is_repeat: bool = False


def item_correlation(job_id: UUID | None, user_id: UUID) -> UUID | None:
    """Return the correlation id of one person of a bulk job, the same whenever it is asked for; None without a job."""
    return uuid5(job_id, str(user_id)) if job_id else None
