"""Who starts a bulk job: an administrator, or the operator at the shell; and whom they reach by which act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adminportal.audit.record import Actor as AuditActor
from passwords.authority import Authority, BulkAuthority, OperatorAuthority
from passwords.models import BulkAct, BulkJob
from passwords.orders import item_correlation
from users.access import Decision, can_reset
from users.act_rules import Act, rule_of
from users.actors import OPERATOR, Actor, load_actor
from users.authority import ActAuthority, AdminActs, OperatorActs
from users.models import Tenant
from users.permissions import Permission
from users.targets import TargetFacts

Judge = Callable[[TargetFacts], Decision]

RIGHT_OF_ACT: Mapping[str, Permission] = {
    BulkAct.BLOCK: Permission.USER_BLOCK,
    BulkAct.ALLOW: Permission.USER_BLOCK,
    BulkAct.SIGN_OUT: Permission.SESSION_END,
}
"""What right an act needs where it is not the right to reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whoever has a shell on the server, beside one tenant."""

    tenant: Tenant

    @property
    def id(self) -> UUID | None:
        """Return nobody: the operator has no account."""
        return None

    @property
    def display_name(self) -> str:
        """Return the name that people read."""
        return OPERATOR.display_name

    def for_audit(self) -> AuditActor:
        """Return the operator's snapshot."""
        return OPERATOR

    def may(self, permission: Permission) -> bool:
        """Say yes: a shell has every right."""
        return True


Starter = Actor | Operator


def right_of(act: str) -> Permission:
    """Return the right that somebody needs who starts this act."""
    return RIGHT_OF_ACT.get(act, Permission.PASSWORD_RESET)


def judge_of(act: str, starter: Starter) -> Judge:
    """Return the question "is this person reached", the very one that the act itself asks later."""
    if isinstance(starter, Operator):
        return _operators_judge(act)
    if act == BulkAct.RESET:
        return lambda target: can_reset(starter, target)
    rule = rule_of(Act(act))
    return lambda target: rule(starter, target)


def _operators_judge(act: str) -> Judge:
    if act == BulkAct.RESET:
        # The moment counts for fresh proof alone, and nobody asks an operator for it.
        return lambda target: OperatorAuthority().reaches(target, now=target.user.created_at)
    return lambda target: OperatorActs().reaches(target, Act(act), now=target.user.created_at)


def starter_of(job: BulkJob) -> Starter | None:
    """Return who started the job with the rights of this moment; None where the person is gone, blocked or deleted."""
    if job.entrance == "cli":
        return Operator(tenant=job.tenant)
    person = job.starter
    if person is None or not person.account_enabled or person.deleted_at is not None:
        return None
    return load_actor(person, tenant=job.tenant)


def reset_authority(job: BulkJob, starter: Starter, *, items: Mapping[UUID, int]) -> Authority:
    """Return the proof with which the job resets; ``items`` are the numbers of its people."""
    if isinstance(starter, Operator):
        return OperatorAuthority(job_id=job.pk, items=items)
    return BulkAuthority(actor=starter, entrance=job.entrance, is_proven=job.is_proven, job_id=job.pk, items=items)


def act_authority(job: BulkJob, starter: Starter, *, items: Mapping[UUID, int]) -> ActAuthority:
    """Return the same for every other act."""
    if isinstance(starter, Operator):
        return BulkOperatorActs(job_id=job.pk, items=items)
    return BulkAdminActs(actor=starter, entrance=job.entrance, is_proven=job.is_proven, job_id=job.pk, items=items)


@dataclass(frozen=True, kw_only=True)
class BulkAdminActs(AdminActs):
    """An administrator's acts of a job, each with the number of its person."""

    is_proven: bool = False
    job_id: UUID
    items: Mapping[UUID, int]

    def lacks_proof(self, target: TargetFacts, *, now: datetime) -> bool:
        """Ask for the proof of the start: nobody sits there, and whoever gained a role since may not be reached."""
        return target.holds_role and not self.is_proven

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the job and the number of the person in it."""
        return {"JobId": str(self.job_id), "JobItem": str(self.items.get(user_id, ""))}

    def correlation_of(self, user_id: UUID) -> UUID | None:
        """Return the id of this person of the job."""
        return item_correlation(self.job_id, user_id)


@dataclass(frozen=True, kw_only=True)
class BulkOperatorActs(OperatorActs):
    """The operator's acts of a job, each with the number of its person."""

    job_id: UUID
    items: Mapping[UUID, int]

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the job and the number of the person in it."""
        return {"JobId": str(self.job_id), "JobItem": str(self.items.get(user_id, ""))}

    def correlation_of(self, user_id: UUID) -> UUID | None:
        """Return the id of this person of the job."""
        return item_correlation(self.job_id, user_id)
