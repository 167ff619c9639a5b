"""May this actor do this to that target: one place that answers, with the reason."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from users.actors import Actor
from users.models import GroupMember, GroupOwner, RoleAssignment, UnitMember, User, UserType
from users.permissions import Permission
from users.roles import (
    COVERS,
    COVERS_IN_UNIT,
    SENSITIVE_ROLES,
    TEMPLATE_IDS,
    Role,
    Standing,
    Verdict,
    covering_roles,
    judge_reset,
)
from users.targets import TargetFacts

RESETTING: Final = frozenset(COVERS)
"""Roles that reset anybody at all."""

__all__ = ["Decision", "Permission", "can_block", "can_end_sessions", "can_reset", "requires", "resettable_users"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer; ``code`` is a key of ``users.refusals.SENTENCES`` and ``values`` fill its sentence.

    ``acting_unit`` names the administrative unit over which the acting role is held; empty is the whole tenant.
    """

    allowed: bool
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    acting_role: Role | None = None
    acting_unit: str = ""


def can_reset(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may reset the target; the first rule that hits, in the order of the specification."""
    refusal = _existence(actor, target, self_code="RESET_SELF")
    if refusal:
        return refusal
    decision = _by_roles(actor, target, RESETTING)
    code = source_refusal(target) if decision.allowed else ""
    return Decision(allowed=False, code=code, values=_values(actor, target)) if code else decision


def can_block(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may block or unblock the target (sensitive action)."""
    refusal = _existence(actor, target, self_code="BLOCK_SELF")
    return refusal or _by_roles(actor, target, SENSITIVE_ROLES, no_role_code="NO_RIGHT_USER_BLOCK")


def can_end_sessions(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may sign the target out everywhere."""
    refusal = _existence(actor, target, self_code="SIGN_OUT_SELF")
    resetting = RESETTING - {Role.PASSWORD_ADMINISTRATOR}
    return refusal or _by_roles(actor, target, resetting, no_role_code="NO_RIGHT_SESSION_END")


def may_by_roles(
    actor: Actor, target: TargetFacts, roles: frozenset[Role], *, self_code: str, no_role_code: str
) -> Decision:
    """Say whether one of these roles of the actor covers the target, wherever the target's password is kept."""
    refusal = _existence(actor, target, self_code=self_code)
    return refusal or _by_roles(actor, target, roles, no_role_code=no_role_code)


def needs_fresh_proof(actor: Actor, target: TargetFacts, *, now: datetime) -> bool:
    """Tell whether the actor's last proof is too old for a target that holds a role."""
    return target.holds_role and not has_fresh_proof(actor, now=now)


def has_fresh_proof(actor: Actor, *, now: datetime, at_least_minutes: int = 0) -> bool:
    """Tell whether the actor proved who they are within the tenant's ``step_up_minutes`` (0 switches it off).

    ``at_least_minutes`` is for what may go on longer than that once it was begun.
    """
    minutes = actor.tenant.step_up_minutes and max(actor.tenant.step_up_minutes, at_least_minutes)
    return minutes == 0 or (actor.proven_at is not None and actor.proven_at > now - timedelta(minutes=minutes))


def may_with_proof(actor: Actor, permission: Permission, *, now: datetime) -> Decision:
    """Say whether the actor holds a right and proved who they are within the tenant's time."""
    if not actor.may(permission):
        return Decision(allowed=False, code=f"NO_RIGHT_{permission.name}")
    is_fresh = has_fresh_proof(actor, now=now)
    return Decision(allowed=is_fresh, code="" if is_fresh else "RESET_STEP_UP")


def may_search_contacts(actor: Actor) -> bool:
    """Tell whether the actor may find people by alternate addresses: only who sees them over the whole tenant.

    Whoever resets within a unit sees the others' addresses masked, and a search letter by letter would unmask them.
    """
    return bool(actor.roles & RESETTING)


def resettable_users(actor: Actor) -> QuerySet[User]:
    """Return the people whom the actor's roles cover, as one query; oneself and deleted people are left out.

    Covers the role rules only: where the password is kept (guest, federated, synced) does not count here.
    """
    allowed = Q(pk__in=[])
    for role in COVERS:
        if role in actor.roles:
            allowed |= _covered_by(role)
    for unit_id, roles in actor.unit_roles.items():
        in_unit = Exists(UnitMember.objects.filter(unit=unit_id, user=OuterRef("pk")))
        for role in roles & COVERS_IN_UNIT.keys():
            allowed |= Q(in_unit) & _covered_by(role, covers=COVERS_IN_UNIT)
    return User.objects.filter(allowed, deleted_at=None).exclude(pk=actor.user.pk)


def requires(permission: Permission) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a view be entered only by a signed-in person who holds this right."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None or not actor.may(permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def own_account(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that every signed-in person may enter, for what is their own."""
    view.is_own_account = True  # type: ignore[attr-defined]
    return view


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that needs no sign-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def needs_second_factor(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view of one's own that a role holder enters only with the second factor, like an admin page."""
    view.needs_second_factor = True  # type: ignore[attr-defined]
    return view


def open_to_unregistered(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view on the way to more security information, which must not lead there once more."""
    view.is_open_to_unregistered = True  # type: ignore[attr-defined]
    return view


def open_to_must_change(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that somebody with a temporary password may enter before changing it."""
    view.is_open_to_must_change = True  # type: ignore[attr-defined]
    return view


def _existence(actor: Actor, target: TargetFacts, *, self_code: str) -> Decision | None:
    if target.user.tenant_id != actor.tenant.pk:
        return Decision(allowed=False, code="NOT_FOUND")
    if target.user.deleted_at is not None:
        return Decision(allowed=False, code="RESET_DELETED", values=_values(actor, target))
    if target.user.pk == actor.user.pk:
        return Decision(allowed=False, code=self_code)
    return None


def _by_roles(
    actor: Actor, target: TargetFacts, roles: frozenset[Role], *, no_role_code: str = "RESET_NO_ROLE"
) -> Decision:
    """Ask the roles over the tenant, then those over each unit that the target is in."""
    verdict = judge_reset(actor.roles & roles, target.held)
    if verdict.allowed:
        return Decision(allowed=True, acting_role=verdict.acting_role)
    for unit_id in sorted(target.unit_ids & actor.unit_roles.keys()):
        in_unit = judge_reset(actor.unit_roles[unit_id] & roles, target.held, covers=COVERS_IN_UNIT)
        if in_unit.allowed:
            return Decision(allowed=True, acting_role=in_unit.acting_role, acting_unit=actor.unit_names[unit_id])
        verdict = in_unit if verdict.code == "RESET_NO_ROLE" else verdict
    if verdict.code == "RESET_NO_ROLE" and any(held & roles for held in actor.unit_roles.values()):
        verdict = Verdict(allowed=False, code="RESET_TARGET_OUTSIDE_UNIT")
    code = no_role_code if verdict.code == "RESET_NO_ROLE" else verdict.code
    return Decision(allowed=False, code=code, values=_values(actor, target))


def source_refusal(target: TargetFacts) -> str:
    """Return the code that says where the password is kept if it is not here, or nothing."""
    if target.user.user_type == UserType.GUEST:
        return "RESET_GUEST"
    if target.is_federated:
        return "RESET_FEDERATED"
    return "RESET_SYNCED_NO_WRITEBACK" if target.user.on_premises_sync_enabled else ""


def _values(actor: Actor, target: TargetFacts) -> dict[str, str]:
    in_units = frozenset[Role]().union(*actor.unit_roles.values())
    covers = {role: COVERS[role] for role in COVERS if role in actor.roles} or {
        role: COVERS_IN_UNIT[role] for role in COVERS_IN_UNIT if role in in_units
    }
    best = next(reversed(covers), None)
    uncovered = target.held - (covers[best] if best else frozenset())
    return {
        "user": target.user.display_name,
        "role": ", ".join(sorted(uncovered or target.held)),
        "best": best or "",
        "enough": ", ".join(covering_roles(target.held)),
        "list": ", ".join(sorted(target.held)),
        "group": target.protecting_group,
        "units": ", ".join(sorted(actor.unit_names.values())),
        "domain": target.user.upn_folded.partition("@")[2],
        "name": target.user.directory_name,
    }


def _covered_by(role: Role, *, covers: Mapping[Role, frozenset[Role | Standing]] = COVERS) -> Q:
    covered = covers[role]
    if Standing.OTHER in covered:
        return Q(pk__isnull=False)
    templates = [TEMPLATE_IDS[held] for held in covered if isinstance(held, Role)]
    beyond = RoleAssignment.objects.exclude(role__in=templates, is_restricted_unit=False)
    protected = Q(group__is_role_assignable=True)
    return (
        ~Exists(beyond.filter(user=OuterRef("pk")))
        & ~Exists(beyond.filter(group__memberships__user=OuterRef("pk")))
        & ~Exists(GroupMember.objects.filter(protected, user=OuterRef("pk")))
        & ~Exists(GroupOwner.objects.filter(protected, user=OuterRef("pk")))
    )
