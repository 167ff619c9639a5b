"""Administrative units: who belongs to the part of the tenant that a role can be limited to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from adminportal.audit.tags import Activity
from users.actors import Actor, reload_actor
from users.models import AdministrativeUnit, RoleAssignment, UnitMember, User
from users.names import fold_upn
from users.services.directory_changes import Change, Stopped, changing, lock_people, save_named
from users.services.role_assignments import may_assign

Item = TypeVar("Item")
AT_ONCE: Final = 1_000
"""People whose rows one transaction holds: a department of any size keeps no one waiting for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesAdded:
    """How many people came in, and the names that nobody in the tenant has, with the numbers of their lines."""

    changed: int
    unknown: tuple[tuple[int, str], ...] = ()


def create_unit(*, actor: Actor, name: str, description: str, now: datetime) -> AdministrativeUnit:
    """Create an empty administrative unit.

    :raises Refused: when the actor may not, has no fresh proof, or the name is taken.
    """
    unit = AdministrativeUnit(tenant=actor.tenant, name=name, description=description, created_at=now)
    activity = Activity.ADD_ADMINISTRATIVE_UNIT
    with changing(Change(actor=actor, thing=unit, activity=activity, now=now)) as change:
        change.allow(may_assign(reload_actor(actor), now=now))
        save_named(unit, taken="UNIT_NAME_TAKEN")
        change.record(modified=(("DisplayName", "", name), ("Description", "", description)))
    return unit


def update_unit(*, actor: Actor, unit_id: UUID, name: str, description: str, now: datetime) -> None:
    """Give a unit another name and description; the same ones change nothing.

    :raises Refused: when the actor may not, has no fresh proof, or the name is taken.
    :raises AdministrativeUnit.DoesNotExist: when there is no such unit in the tenant.
    """
    with changing(_change(actor, unit_id, Activity.UPDATE_ADMINISTRATIVE_UNIT, now)) as change:
        unit = _lock(change, unit_id)
        before = (unit.name, unit.description)
        if before == (name, description):
            return
        save_named(unit, taken="UNIT_NAME_TAKEN", name=name, description=description)
        named = zip(("DisplayName", "Description"), before, (name, description), strict=True)
        change.record(modified=tuple((what, old, new) for what, old, new in named if old != new))


def delete_unit(*, actor: Actor, unit_id: UUID, now: datetime) -> None:
    """Delete a unit over which nobody holds a role; its people stay as they are.

    :raises Refused: when the actor may not, has no fresh proof, or roles are held over it.
    :raises AdministrativeUnit.DoesNotExist: when there is no such unit in the tenant.
    """
    with changing(_change(actor, unit_id, Activity.DELETE_ADMINISTRATIVE_UNIT, now)) as change:
        unit = _lock(change, unit_id)
        if RoleAssignment.objects.filter(unit=unit).exists():
            raise Stopped("UNIT_HAS_ROLES", unit=unit.name)
        change.record(Members=str(UnitMember.objects.filter(unit=unit).count()))
        AdministrativeUnit.objects.filter(pk=unit_id).delete()


def add_to_unit(*, actor: Actor, unit_id: UUID, user_ids: Collection[UUID], now: datetime) -> int:
    """Take people into a unit, and return how many were not in it before; a thousand a transaction.

    :raises Refused: when the actor may not, or has no fresh proof.
    :raises AdministrativeUnit.DoesNotExist: when there is no such unit in the tenant.
    :raises User.DoesNotExist: when one of them is not a person of the tenant; nobody of that thousand is added then.
    """
    return sum(_add(actor, unit_id, some, now) for some in _portions(user_ids))


def add_department(*, actor: Actor, unit_id: UUID, department: str, now: datetime) -> int:
    """Take everybody into a unit whose department is this now; who joins it later is not taken in.

    :raises Refused: when the actor may not, or has no fresh proof.
    """
    found = _living().filter(department=department).values_list("pk", flat=True)
    return add_to_unit(actor=actor, unit_id=unit_id, user_ids=list(found), now=now)


def add_names(*, actor: Actor, unit_id: UUID, names: Iterable[tuple[int, str]], now: datetime) -> NamesAdded:
    """Take people into a unit by their user names, each with the number of its line.

    :raises Refused: when the actor may not, or has no fresh proof.
    """
    lines = {fold_upn(name): (number, name) for number, name in names}
    found: dict[str, UUID] = {}
    for some in _portions(lines):
        found |= dict(_living().filter(upn_folded__in=some).values_list("upn_folded", "pk"))
    changed = add_to_unit(actor=actor, unit_id=unit_id, user_ids=list(found.values()), now=now)
    unknown = sorted(line for folded, line in lines.items() if folded not in found)
    return NamesAdded(changed=changed, unknown=tuple(unknown))


def remove_from_unit(*, actor: Actor, unit_id: UUID, user_ids: Collection[UUID], now: datetime) -> int:
    """Take people out of a unit, and return how many were in it.

    :raises Refused: when the actor may not, or has no fresh proof.
    :raises AdministrativeUnit.DoesNotExist: when there is no such unit in the tenant.
    """
    activity = Activity.REMOVE_MEMBER_FROM_ADMINISTRATIVE_UNIT
    with changing(_change(actor, unit_id, activity, now)) as change:
        unit = _lock(change, unit_id)
        rows = UnitMember.objects.filter(unit=unit, user__in=lock_people(user_ids))
        gone = [row.user for row in rows.select_related("user")]
        rows.delete()
        change.record_people(gone, is_added=False)
    return len(gone)


def _add(actor: Actor, unit_id: UUID, user_ids: Sequence[UUID], now: datetime) -> int:
    activity = Activity.ADD_MEMBER_TO_ADMINISTRATIVE_UNIT
    with changing(_change(actor, unit_id, activity, now)) as change:
        unit = _lock(change, unit_id)
        people = [user for user in lock_people(user_ids) if user.deleted_at is None]
        if len(people) < len(user_ids):
            raise User.DoesNotExist
        there = set(UnitMember.objects.filter(unit=unit, user__in=people).values_list("user", flat=True))
        new = [user for user in people if user.pk not in there]
        UnitMember.objects.bulk_create(UnitMember(tenant=actor.tenant, unit=unit, user=user) for user in new)
        change.record_people(new, is_added=True)
    return len(new)


def _change(actor: Actor, unit_id: UUID, activity: Activity, now: datetime) -> Change:
    return Change(actor=actor, thing=AdministrativeUnit.objects.get(pk=unit_id), activity=activity, now=now)


def _lock(change: Change, unit_id: UUID) -> AdministrativeUnit:
    """Lock the unit before any person, and ask again who may: whom a role reaches is a question of rights."""
    unit = AdministrativeUnit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit_id)
    change.thing = unit
    change.allow(may_assign(reload_actor(change.actor), now=change.now))
    return unit


def _living() -> QuerySet[User]:
    return User.objects.filter(deleted_at=None)


def _portions(items: Collection[Item]) -> Iterable[list[Item]]:
    unique = list(dict.fromkeys(items))
    return (unique[start : start + AT_ONCE] for start in range(0, len(unique), AT_ONCE))
