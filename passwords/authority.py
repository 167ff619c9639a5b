"""The proof that a caller of the reset must hold; callers differ in nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol, Self
from uuid import UUID

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.tags import Activity
from users.access import Decision, Permission, can_reset, has_fresh_proof, needs_fresh_proof
from users.actors import OPERATOR, Actor, reload_actor
from users.models import User, UserType
from users.permissions import HOLDERS
from users.roles import COVERS, Role
from users.snapshots import snapshot_of
from users.targets import TargetFacts


class Authority(Protocol):
    """Says whom its holder reaches; asked before any hash and again under the row locks."""

    @property
    def entrance(self) -> str:
        """Return the word of the audit log for this way in."""

    @property
    def starter_id(self) -> UUID | None:
        """Return the id of the person who acts, if it is one."""

    @property
    def activity(self) -> Activity:
        """Return what the audit log calls a reset by this way in."""

    @property
    def is_administrator(self) -> bool:
        """Tell whether the rules for administrators who choose passwords of others bind the holder."""

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Say whether the holder may reset this target at this moment."""

    def refreshed(self) -> Self:
        """Return the same authority with the rights as they are in the database now."""

    def for_audit(self) -> AuditActor:
        """Return who acts, as the audit log keeps it."""

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return what else the audit log keeps with the reset of this person, such as JobId."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAuthority:
    """An administrator's roles, by the matrix; a target that holds a role asks for fresh proof."""

    actor: Actor
    entrance: str = "panel"
    activity: Activity = Activity.RESET_PASSWORD_BY_ADMIN
    is_administrator: ClassVar[bool] = True

    @property
    def starter_id(self) -> UUID | None:
        """Return the administrator's id."""
        return self.actor.id

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Ask the matrix, then the age of the administrator's proof."""
        decision = can_reset(self.actor, target)
        if decision.allowed and needs_fresh_proof(self.actor, target, now=now):
            return Decision(allowed=False, code="RESET_STEP_UP")
        return decision

    def refreshed(self) -> Self:
        """Read the administrator's row and roles again; a blocked or deleted one has no role left."""
        return replace(self, actor=reload_actor(self.actor))

    def for_audit(self) -> AuditActor:
        """Return the administrator's snapshot."""
        return self.actor.for_audit()

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return nothing more."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorAuthority(AdminAuthority):
    """An administrator's right to add a person; ``held`` of the target are the roles that the person shall get."""

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Ask for the right to add and, where a role is given, for the right to assign it and for fresh proof."""
        needed = Permission.ROLE_ASSIGN if target.holds_role else Permission.USER_CREATE
        for permission in (Permission.USER_CREATE, needed):
            if not self.actor.may(permission):
                return Decision(allowed=False, code=f"NO_RIGHT_{permission.name}")
        if target.holds_role and not has_fresh_proof(self.actor, now=now):
            return Decision(allowed=False, code="RESET_STEP_UP")
        acting = next(role for role in (*COVERS, *Role) if role in self.actor.roles and role in HOLDERS[needed])
        return Decision(allowed=True, acting_role=acting)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAuthority:
    """Whoever has a shell on the server; bound only by where the password is kept."""

    entrance: str = "cli"
    activity: Activity = Activity.RESET_PASSWORD_BY_ADMIN
    job_id: UUID | None = None
    items: Mapping[UUID, int] = field(default_factory=dict)
    is_administrator: ClassVar[bool] = False

    @property
    def starter_id(self) -> UUID | None:
        """Return nobody: the operator has no account."""
        return None

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Refuse only accounts whose password is not kept here."""
        return _kept_here(target)

    def refreshed(self) -> Self:
        """Return itself: a shell has no roles to lose."""
        return self

    def for_audit(self) -> AuditActor:
        """Return the operator's snapshot."""
        return OPERATOR

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return what the job says of the person, nothing without one."""
        return _job_details(self.job_id, self.items, user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAuthority(AdminAuthority):
    """An administrator's roles while a bulk job runs; ``is_proven`` where fresh proof was given at its start."""

    entrance: str = "bulk"
    is_proven: bool = False
    job_id: UUID | None = None
    items: Mapping[UUID, int] = field(default_factory=dict)

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Ask the matrix with the roles of this moment; whoever gained a role meanwhile asks for the proof."""
        decision = can_reset(self.actor, target)
        if decision.allowed and target.holds_role and not self.is_proven:
            return Decision(allowed=False, code="RESET_STEP_UP")
        return decision

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the job and the number of the person in it."""
        return _job_details(self.job_id, self.items, user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceAuthority:
    """A person who has proven in the wizard who they are; nobody else is reached.

    ``still_holds`` is asked each time with the person as they are then: what was proven, and whether it is enough now.
    """

    user: User
    methods_used: str
    still_holds: Callable[[TargetFacts], Decision]
    entrance: str = "sspr"
    activity: Activity = Activity.RESET_PASSWORD_SELF_SERVICE
    is_administrator: ClassVar[bool] = False

    @property
    def starter_id(self) -> UUID | None:
        """Return the person's own id."""
        return self.user.pk

    def reaches(self, target: TargetFacts, *, now: datetime) -> Decision:
        """Refuse everybody else, then ask whether the person may still reset."""
        if target.user.pk != self.user.pk or target.user.tenant_id != self.user.tenant_id:
            return Decision(allowed=False, code="NOT_FOUND")
        if not target.user.account_enabled:
            return Decision(allowed=False, code="SSPR_X102")
        decision = _kept_here(target)
        return self.still_holds(target) if decision.allowed else decision

    def refreshed(self) -> Self:
        """Return itself: all that counts is read again whenever it is asked."""
        return self

    def for_audit(self) -> AuditActor:
        """Return the person's snapshot."""
        user = self.user
        return snapshot_of(user)

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the methods that were proven."""
        return {"MethodsUsed": self.methods_used}


def _kept_here(target: TargetFacts) -> Decision:
    """Refuse accounts whose password is not kept here."""
    user = target.user
    values = {"user": user.display_name, "name": user.directory_name, "domain": user.upn_folded.split("@")[-1]}
    rules = {
        "RESET_DELETED": user.deleted_at is not None,
        "RESET_GUEST": user.user_type == UserType.GUEST,
        "RESET_FEDERATED": target.is_federated,
        "RESET_SYNCED_NO_WRITEBACK": user.on_premises_sync_enabled,
    }
    for code, hit in rules.items():
        if hit:
            return Decision(allowed=False, code=code, values=values)
    return Decision(allowed=True)


def _job_details(job_id: UUID | None, items: Mapping[UUID, int], user_id: UUID) -> dict[str, str]:
    return {"JobId": str(job_id), "JobItem": str(items.get(user_id, ""))} if job_id else {}
