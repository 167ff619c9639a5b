"""Groups, their members and owners; whoever changes a role-assignable group changes what people may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import ProtectedError

from adminportal.audit.tags import Activity
from adminportal.sealing import Secret
from users.access import Decision
from users.actors import Actor, reload_actor
from users.models import Group, GroupMember, GroupOwner, RoleAssignment, Session, User
from users.permissions import HOLDERS, Permission
from users.roles import ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role
from users.services.directory_changes import Change, Stopped, changing, lock_people, lock_tenant, save_named
from users.services.own_sessions import judge_own_session
from users.services.people import global_admins
from users.services.role_assignments import may_assign
from users.services.role_changes import end_what_was_open, go_on


class Part(StrEnum):
    """What a person can be in a group."""

    MEMBER = "member"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """How many people it was about; ``session_key`` is the new key of the actor's own session where they are one."""

    changed: int
    session_key: Secret | None = None


MODELS: Final[dict[Part, type[GroupMember] | type[GroupOwner]]] = {Part.MEMBER: GroupMember, Part.OWNER: GroupOwner}
_ADDED: Final = {Part.MEMBER: Activity.ADD_MEMBER_TO_GROUP, Part.OWNER: Activity.ADD_OWNER_TO_GROUP}
_REMOVED: Final = {Part.MEMBER: Activity.REMOVE_MEMBER_FROM_GROUP, Part.OWNER: Activity.REMOVE_OWNER_FROM_GROUP}


def may_manage(actor: Actor, *, is_role_assignable: bool, now: datetime) -> Decision:
    """Say whether the actor may change groups of this kind now; role-assignable ones need fresh proof as roles do."""
    if is_role_assignable:
        decision = may_assign(actor, now=now)
        if decision.code.startswith("NO_RIGHT"):
            return Decision(allowed=False, code="NO_RIGHT_PROTECTED_GROUP")
        return decision
    acting = next(iter(sorted(actor.roles & HOLDERS[Permission.GROUP_MANAGE])), None)
    if acting is None:
        return Decision(allowed=False, code="NO_RIGHT_GROUP_MANAGE")
    return Decision(allowed=True, acting_role=acting)


def create_group(*, actor: Actor, name: str, is_role_assignable: bool, now: datetime) -> Group:
    """Create an empty group; whether roles can be given to it is settled here for good.

    :raises Refused: when the actor may not, has no fresh proof, or the name is taken.
    """
    group = Group(tenant=actor.tenant, name=name, is_role_assignable=is_role_assignable, created_at=now)
    with changing(Change(actor=actor, thing=group, activity=Activity.ADD_GROUP, now=now)) as change:
        change.allow(may_manage(reload_actor(actor), is_role_assignable=is_role_assignable, now=now))
        save_named(group, taken="GROUP_NAME_TAKEN")
        change.record(modified=(("DisplayName", "", name), ("IsAssignableToRole", "", str(is_role_assignable))))
    return group


def rename_group(*, actor: Actor, group_id: UUID, name: str, now: datetime) -> None:
    """Give a group another name; the same name changes nothing.

    :raises Refused: when the actor may not, has no fresh proof, or the name is taken.
    :raises Group.DoesNotExist: when there is no such group in the tenant.
    """
    with changing(_change(actor, group_id, Activity.UPDATE_GROUP, now)) as change:
        group = _lock(change, group_id)
        old = group.name
        if old == name:
            return
        save_named(group, taken="GROUP_NAME_TAKEN", name=name)
        change.record(modified=(("DisplayName", old, name),))


def delete_group(*, actor: Actor, group_id: UUID, session: Session | None = None, now: datetime) -> GroupChange:
    """Delete a group; roles that people held through it end, and so does whatever they had open.

    :raises Refused: when the actor may not, has no fresh proof, the settings of self-service name the group, or nobody
        would be left who is a Global Administrator.
    :raises Group.DoesNotExist: when there is no such group in the tenant.
    """
    with changing(_change(actor, group_id, Activity.DELETE_GROUP, now)) as change:
        group = _lock(change, group_id)
        ids = {
            user_id
            for part in Part
            for user_id in MODELS[part].objects.filter(group=group).values_list("user", flat=True)
        }
        people = _lock_people(ids if group.is_role_assignable else (), session)
        roles, gave_global = _roles_of(group), _gives_global_admin(group)
        change.record(Roles=", ".join(roles), Members=str(len(ids)))
        try:
            Group.objects.filter(pk=group_id).delete()
        except ProtectedError:
            raise Stopped("GROUP_IN_USE", group=group.name) from None
        _keep_an_admin(gave_global)
        return GroupChange(changed=len(ids), session_key=_end_rights(change, people, session))


def add_to_group(
    *,
    actor: Actor,
    group_id: UUID,
    part: Part,
    user_ids: Collection[UUID],
    session: Session | None = None,
    now: datetime,
) -> GroupChange:
    """Make these people members or owners; who is one already stays one. ``session`` is the actor's own.

    :raises Refused: when the actor may not, or has no fresh proof.
    :raises Group.DoesNotExist: when there is no such group in the tenant; so for a person, and then nobody is added.
    """
    with changing(_change(actor, group_id, _ADDED[part], now)) as change:
        group = _lock(change, group_id)
        people = [user for user in _lock_people(user_ids, session) if user.deleted_at is None]
        if len(people) < len(set(user_ids)):
            raise User.DoesNotExist
        rows = MODELS[part].objects.filter(group=group, user__in=people)
        there = set(rows.values_list("user", flat=True))
        new = [user for user in people if user.pk not in there]
        _insert(part, group, new)
        change.record_people(new, is_added=True)
        return GroupChange(changed=len(new), session_key=_end_rights(change, new, session))


def remove_from_group(
    *,
    actor: Actor,
    group_id: UUID,
    part: Part,
    user_ids: Collection[UUID],
    session: Session | None = None,
    now: datetime,
) -> GroupChange:
    """Take these people out; who is not in the group stays out of it. ``session`` is the actor's own.

    :raises Refused: when the actor may not, has no fresh proof, or nobody would be left who is a Global Administrator.
    :raises Group.DoesNotExist: when there is no such group in the tenant.
    """
    with changing(_change(actor, group_id, _REMOVED[part], now)) as change:
        group = _lock(change, group_id)
        rows = MODELS[part].objects.filter(group=group, user__in=_lock_people(user_ids, session))
        gone = [row.user for row in rows.select_related("user")]
        rows.delete()
        _keep_an_admin(bool(gone) and part is Part.MEMBER and _gives_global_admin(group))
        change.record_people(gone, is_added=False)
        return GroupChange(changed=len(gone), session_key=_end_rights(change, gone, session))


def _insert(part: Part, group: Group, people: Collection[User]) -> None:
    of_everybody = {"tenant_id": group.tenant_id, "group": group}
    if part is Part.MEMBER:
        GroupMember.objects.bulk_create(GroupMember(user=user, **of_everybody) for user in people)
    else:
        GroupOwner.objects.bulk_create(GroupOwner(user=user, **of_everybody) for user in people)


def _change(actor: Actor, group_id: UUID, activity: Activity, now: datetime) -> Change:
    return Change(actor=actor, thing=Group.objects.get(pk=group_id), activity=activity, now=now)


def _lock(change: Change, group_id: UUID) -> Group:
    """Lock tenant and group, in this order and before any person, and ask again who may."""
    if isinstance(change.thing, Group) and change.thing.is_role_assignable:
        lock_tenant(change.actor.tenant)
    group = Group.objects.select_for_update(of=("self",), no_key=True).get(pk=group_id)
    change.thing = group
    change.allow(may_manage(reload_actor(change.actor), is_role_assignable=group.is_role_assignable, now=change.now))
    return group


def _lock_people(user_ids: Collection[UUID], session: Session | None) -> list[User]:
    """Lock people, and ask under their locks whether the actor's own session goes on."""
    people, refusal = lock_people(user_ids), judge_own_session(session)
    if refusal:
        raise Stopped(refusal.code)
    return people


def _roles_of(group: Group) -> list[str]:
    templates = RoleAssignment.objects.filter(group=group).values_list("role", flat=True)
    return sorted(str(ROLE_OF_TEMPLATE.get(template, template)) for template in templates)


def _gives_global_admin(group: Group) -> bool:
    role = TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]
    return RoleAssignment.objects.filter(group=group, role=role, is_active=True, unit=None).exists()


def _keep_an_admin(is_at_stake: bool) -> None:
    if is_at_stake and not global_admins().exists():
        raise Stopped("LAST_GLOBAL_ADMIN")


def _end_rights(change: Change, people: Collection[User], session: Session | None) -> Secret | None:
    """End what people had open whose rights changed; the actor's own session goes on under a new key."""
    if not people or not isinstance(change.thing, Group) or not change.thing.is_role_assignable:
        return None
    ids = {user.pk for user in people}
    end_what_was_open(ids, now=change.now)
    return go_on(session, now=change.now) if session and change.actor.id in ids else None
