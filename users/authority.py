"""The proof that whoever acts on people must hold; callers of the acts differ in nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from adminportal.audit.record import Actor as AuditActor
from users.access import Decision, needs_fresh_proof, source_refusal
from users.act_rules import RULES, Act, rule_of, stand_against
from users.actors import OPERATOR, Actor, reload_actor
from users.targets import TargetFacts


class ActAuthority(Protocol):
    """Says whom its holder reaches; asked under the row locks."""

    @property
    def entrance(self) -> str:
        """Return the word of the audit log for this way in."""

    def reaches(self, target: TargetFacts, act: Act, *, now: datetime) -> Decision:
        """Say whether the holder may do this to the target at this moment."""

    def refreshed(self) -> Self:
        """Return the same authority with the rights as they are in the database now."""

    def for_audit(self) -> AuditActor:
        """Return who acts, as the audit log keeps it."""

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return what else the audit log keeps with the act on this person, such as JobId."""

    def correlation_of(self, user_id: UUID) -> UUID | None:
        """Return the correlation id of this person's act, where it is not that of the whole request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminActs:
    """An administrator's roles; a target that holds a role asks for fresh proof.

    ``details`` go into the audit row of everybody.
    """

    actor: Actor
    entrance: str = "panel"
    details: Mapping[str, str] = field(default_factory=dict)

    def reaches(self, target: TargetFacts, act: Act, *, now: datetime) -> Decision:
        """Ask the rule of the act, then the age of the administrator's proof."""
        decision = rule_of(act)(self.actor, target)
        if decision.allowed and self.lacks_proof(target, now=now):
            return Decision(allowed=False, code="RESET_STEP_UP")
        return decision

    def lacks_proof(self, target: TargetFacts, *, now: datetime) -> bool:
        """Tell whether only fresh proof is missing for this target."""
        return needs_fresh_proof(self.actor, target, now=now)

    def refreshed(self) -> Self:
        """Read the administrator's roles again; a blocked or deleted one has none left."""
        return replace(self, actor=reload_actor(self.actor))

    def for_audit(self) -> AuditActor:
        """Return the administrator's snapshot."""
        return self.actor.for_audit()

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the same for everybody."""
        return self.details

    def correlation_of(self, user_id: UUID) -> UUID | None:
        """Return none: the acts of one request belong together."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorActs:
    """Whoever has a shell on the server; bound only by where the password is kept."""

    entrance: str = "cli"
    details: Mapping[str, str] = field(default_factory=dict)

    def reaches(self, target: TargetFacts, act: Act, *, now: datetime) -> Decision:
        """Refuse deleted people, and acts on passwords that are not kept here."""
        code = "RESET_DELETED" if target.user.deleted_at is not None else ""
        if not code and RULES[act].of_password:
            code = source_refusal(target)
        if code:
            return Decision(allowed=False, code=code, values=_values(target))
        return stand_against(act, target) or Decision(allowed=True)

    def refreshed(self) -> Self:
        """Return itself: a shell has no roles to lose."""
        return self

    def for_audit(self) -> AuditActor:
        """Return the operator's snapshot."""
        return OPERATOR

    def details_of(self, user_id: UUID) -> Mapping[str, str]:
        """Return the same for everybody."""
        return self.details

    def correlation_of(self, user_id: UUID) -> UUID | None:
        """Return none: the acts of one request belong together."""
        return None


def _values(target: TargetFacts) -> dict[str, str]:
    user = target.user
    return {"user": user.display_name, "name": user.directory_name, "domain": user.upn_folded.partition("@")[2]}
