"""Giving and taking roles: one function each for page, command and every later way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from users.access import Decision, has_fresh_proof
from users.actors import Actor, reload_actor
from users.models import AdministrativeUnit, Group, RoleAssignment, Session, Tenant, User
from users.permissions import HOLDERS, Permission
from users.role_catalogue import UNIT_ROLES
from users.roles import TEMPLATE_IDS, Role
from users.services.own_sessions import judge_own_session
from users.services.people import Refused, list_global_admins
from users.services.role_changes import end_what_was_open, go_on

ASSIGNERS: Final = HOLDERS[Permission.ROLE_ASSIGN]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOrder:
    """Which role, whose, and over what; exactly one of ``user_id`` and ``group_id``; no unit is the whole tenant."""

    role: Role
    user_id: UUID | None = None
    group_id: UUID | None = None
    unit_id: UUID | None = None
    entrance: str = "panel"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """What came of it; ``session_key`` is the new key of the actor's session where the change was about themself."""

    changed: bool
    session_key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    """Holder and scope as they are under the locks; ``people`` are those whose rights change."""

    order: RoleOrder
    holder: User | Group
    unit: AdministrativeUnit | None
    people: frozenset[UUID]


class _WouldBeLast(Exception):
    """Taking the role would leave nobody who is a Global Administrator; rolls the change back."""


def assign_role(*, actor: Actor, order: RoleOrder, session: Session | None = None, now: datetime) -> RoleChange:
    """Give a role to a person or a role-assignable group, over the tenant or over one administrative unit.

    Whoever gets it has to sign in again; ``session`` is the actor's own, which goes on under a new key. An assignment
    that was only eligible becomes active; one that is there already changes nothing.

    :raises Refused: when the actor may not, has no fresh proof, or the role cannot be held so.
    :raises User.DoesNotExist: when there is no such person; so for a group and a unit.
    """
    return _change(Activity.ADD_MEMBER_TO_ROLE, actor=actor, order=order, session=session, now=now)


def remove_role(*, actor: Actor, order: RoleOrder, session: Session | None = None, now: datetime) -> RoleChange:
    """Take a role from a person or a group, and end what they had open; a role that is not held changes nothing.

    :raises Refused: when the actor may not, has no fresh proof, or nobody would be left who is a Global Administrator.
    :raises User.DoesNotExist: when there is no such person; so for a group and a unit.
    """
    return _change(Activity.REMOVE_MEMBER_FROM_ROLE, actor=actor, order=order, session=session, now=now)


def may_assign(actor: Actor, *, now: datetime) -> Decision:
    """Say whether the actor may give and take roles now: by a role over the whole tenant, and with fresh proof."""
    acting = next((role for role in sorted(actor.roles & ASSIGNERS)), None)
    if acting is None:
        return Decision(allowed=False, code=f"NO_RIGHT_{Permission.ROLE_ASSIGN.name}")
    if not has_fresh_proof(actor, now=now):
        return Decision(allowed=False, code="RESET_STEP_UP")
    return Decision(allowed=True, acting_role=acting)


def _change(
    activity: Activity, *, actor: Actor, order: RoleOrder, session: Session | None, now: datetime
) -> RoleChange:
    try:
        with transaction.atomic():
            locked = _lock(actor.tenant, order)
            decision = judge_own_session(session) or _judge(activity, actor, locked, now=now)
            if decision.allowed:
                return _carry_out(activity, actor, locked, decision, session=session, now=now)
    except _WouldBeLast:
        decision = Decision(allowed=False, code="LAST_GLOBAL_ADMIN")
    with transaction.atomic():
        details = {"RefusalCode": decision.code}
        record(_entry(activity, actor, locked, result=Result.FAILURE, details=details), now=now)
    raise Refused(decision)


def _lock(tenant: Tenant, order: RoleOrder) -> _Locked:
    """Lock tenant, group and people in this order: role changes of a tenant go one after the other."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    unit = AdministrativeUnit.objects.get(pk=order.unit_id) if order.unit_id else None
    alive = User.objects.select_for_update(of=("self",), no_key=True).filter(deleted_at=None)
    if order.user_id:
        user = alive.get(pk=order.user_id)
        return _Locked(order=order, holder=user, unit=unit, people=frozenset({user.pk}))
    if not order.group_id:
        raise ValueError("A role is held by a person or by a group.")
    group = Group.objects.select_for_update(no_key=True).get(pk=order.group_id)
    members = alive.filter(memberships__group=group).order_by("pk").only("pk")
    return _Locked(order=order, holder=group, unit=unit, people=frozenset(member.pk for member in members))


def _judge(activity: Activity, actor: Actor, locked: _Locked, *, now: datetime) -> Decision:
    decision = may_assign(reload_actor(actor), now=now)
    if not decision.allowed or activity is Activity.REMOVE_MEMBER_FROM_ROLE:
        return decision
    if isinstance(locked.holder, Group) and not locked.holder.is_role_assignable:
        return Decision(allowed=False, code="ROLE_GROUP_NOT_ASSIGNABLE", values={"group": locked.holder.name})
    if locked.unit and locked.order.role not in UNIT_ROLES:
        return Decision(allowed=False, code="ROLE_NOT_FOR_UNIT", values={"role": locked.order.role})
    return decision


def _carry_out(
    activity: Activity, actor: Actor, locked: _Locked, decision: Decision, *, session: Session | None, now: datetime
) -> RoleChange:
    change = _give if activity is Activity.ADD_MEMBER_TO_ROLE else _take
    if not change(actor.tenant, locked, now):
        return RoleChange(changed=False)
    end_what_was_open(locked.people, now=now)
    key = go_on(session, now=now) if session and actor.id in locked.people else None
    details = {"ActingRole": decision.acting_role or ""}
    record(_entry(activity, actor, locked, details=details), now=now)
    return RoleChange(changed=True, session_key=key)


def _give(tenant: Tenant, locked: _Locked, now: datetime) -> bool:
    in_force = {"is_active": True, "is_restricted_unit": False}
    held = _assignments(locked)
    if held.filter(**in_force).exists():
        return False
    if not held.update(**in_force):
        holder = {"group" if isinstance(locked.holder, Group) else "user": locked.holder}
        role = TEMPLATE_IDS[locked.order.role]
        RoleAssignment.objects.create(tenant=tenant, role=role, unit=locked.unit, created_at=now, **holder)
    return True


def _take(tenant: Tenant, locked: _Locked, now: datetime) -> bool:
    deleted, _rows = _assignments(locked).delete()
    if deleted and locked.order.role is Role.GLOBAL_ADMINISTRATOR and not list_global_admins():
        raise _WouldBeLast
    return bool(deleted)


def _assignments(locked: _Locked) -> QuerySet[RoleAssignment]:
    order = locked.order
    found = RoleAssignment.objects.filter(role=TEMPLATE_IDS[order.role], unit=locked.unit)
    return found.filter(group=order.group_id) if order.group_id else found.filter(user=order.user_id)


def _entry(
    activity: Activity,
    actor: Actor,
    locked: _Locked,
    *,
    details: dict[str, str],
    result: Result = Result.SUCCESS,
) -> Entry:
    role = locked.order.role
    old, new = ("", role) if activity is Activity.ADD_MEMBER_TO_ROLE else (role, "")
    template = str(TEMPLATE_IDS[role])
    modified = (
        ("Role.DisplayName", old, new),
        ("Role.TemplateId", old and template, new and template),
    )
    said = {"Role": role, "Unit": locked.unit.name if locked.unit else "", "Entrance": locked.order.entrance, **details}
    return Entry(
        tenant_id=actor.tenant.pk,
        activity=activity,
        actor=actor.for_audit(),
        targets=(_target(locked.holder, modified if result is Result.SUCCESS else ()),),
        result=result,
        details={key: value for key, value in said.items() if value},
    )


def _target(holder: User | Group, modified: tuple[tuple[str, str, str], ...]) -> Target:
    if isinstance(holder, Group):
        return Target(id=holder.pk, display_name=holder.name, type="Group", modified=modified)
    names = {"display_name": holder.display_name, "user_principal_name": holder.user_principal_name}
    return Target(id=holder.pk, modified=modified, **names)
