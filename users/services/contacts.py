"""Contact data: changed at once with proof and a code, else after a day in which every old address can stop it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from users.actors import SYSTEM
from users.managed_contacts import managed_kinds
from users.method_values import normal_value
from users.models import Contact, ContactChange, ContactKind, Tenant, User
from users.services.contact_notices import tell_waiting
from users.services.directory_changes import lock_people
from users.services.method_changes import Event, MethodChange, call_listeners, entry_of, tell
from users.snapshots import snapshot_of
from users.tenancy import find_tenant, within

WAITS: Final = timedelta(hours=24)
"""How long a change waits that came without proof."""
AT_ONCE: Final = 100
"""Waiting changes that one run of the sweep carries out."""


class ContactManaged(Exception):
    """The organization or a directory looks after this kind of contact data; its owner sees it locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The contact data are as asked; ``is_new`` is false where they were so already."""

    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The change waits until ``due_at``; every old address was told how to stop it."""

    change: ContactChange


def change_contact(
    *,
    tenant: Tenant,
    user: User,
    kind: ContactKind,
    value: str,
    proof: bool,
    by: AuditActor,
    now: datetime,
    is_proven: bool = False,
    entrance: str = "my account",
    acting_role: str = "",
) -> Changed | Waiting:
    """Change or, with an empty value, remove one contact: at once with ``proof``, else after a day.

    Inside the scope. The caller has asked whether ``by`` may; ``is_proven`` where a code came back from the new value.

    :raises users.method_values.ValueRefused: when it is no address or number, or the person's own mailbox.
    :raises ContactManaged: when it is one's own and the organization or a directory looks after it.
    """
    value = normal_value(kind, value, user=user) if value.strip() else ""
    if by.id == user.pk and kind in managed_kinds(user, tenant):
        raise ContactManaged(kind)
    with transaction.atomic():
        lock_people([user.pk])
        contact = Contact.objects.filter(user=user, kind=kind).first()
        old = contact.value if contact else ""
        change = MethodChange(
            tenant=tenant,
            user=user,
            event=Event.CHANGED if old and value else Event.ADDED if value else Event.REMOVED,
            kind=kind,
            by=by,
            now=now,
            old=old,
            new=value,
            entrance=entrance,
            acting_role=acting_role,
        )
        if old == value:
            _confirm(contact, is_proven=is_proven and proof, now=now)
            return Changed(is_new=False)
        if not proof:
            return Waiting(change=_wait(change))
        _withdraw_waiting(user.pk, kind, now=now)
        _write(change, contact, is_proven=is_proven)
    return Changed(is_new=True)


def list_waiting(user: User) -> list[ContactChange]:
    """List the changes of a person that wait, the one that is due first at the top; one query."""
    waiting = ContactChange.objects.filter(user_id=user.pk, done_at=None, stopped_at=None)
    return [change for change in waiting.order_by("due_at") if not _is_overtaken(change, user)]


def stop(change: ContactChange, *, by: AuditActor, now: datetime) -> bool:
    """Stop a waiting change; false where it was stopped or carried out already. Inside the scope."""
    with transaction.atomic():
        alive = ContactChange.objects.filter(pk=change.pk, done_at=None, stopped_at=None)
        tenant, user = find_tenant(change.tenant_id), User.objects.filter(pk=change.user_id).first()
        if not alive.update(stopped_at=now):
            return False
        if tenant and user:
            facts = _facts_of(change, tenant=tenant, user=user, by=by, now=now)
            record(entry_of(facts, Activity.CONTACT_CHANGE_STOPPED), now=now)
    return True


def stop_all(user: User, *, by: AuditActor, now: datetime) -> int:
    """Stop every waiting change of a person, as after *This was not me*; returns how many. Inside the scope."""
    return sum(stop(change, by=by, now=now) for change in list_waiting(user))


def stop_waiting(user_ids: Collection[UUID], now: datetime) -> None:
    """Stop what these people asked for without proof, as after a block or a change of rights; inside a transaction."""
    waiting = ContactChange.objects.filter(user_id__in=list(user_ids), done_at=None, stopped_at=None)
    for change in waiting.order_by("pk"):
        stop(change, by=SYSTEM, now=now)


def carry_out_due(now: datetime) -> int:
    """Carry out the changes whose day is over; returns how many. Not inside a transaction.

    One whose person got a new password or was signed out everywhere since is stopped: the session that asked for it is
    over, and whoever held it shall not come back by an address of theirs.
    """
    due = ContactChange.objects.filter(due_at__lte=now, done_at=None, stopped_at=None).order_by("due_at")
    return sum(_carry_out(change, now=now) for change in due[:AT_ONCE])


def _carry_out(change: ContactChange, *, now: datetime) -> int:
    tenant = find_tenant(change.tenant_id)
    if tenant is None:
        return 0
    with within(tenant), transaction.atomic():
        people = lock_people([change.user_id])
        if not people or not _is_as_asked(change, people[0], tenant):
            stop(change, by=SYSTEM, now=now)
            return 0
        if not ContactChange.objects.filter(pk=change.pk, done_at=None, stopped_at=None).update(done_at=now):
            return 0
        contact = Contact.objects.filter(user=people[0], kind=change.kind).first()
        facts = _facts_of(change, tenant=tenant, user=people[0], by=snapshot_of(people[0]), now=now)
        _write(facts, contact, is_proven=False)
    return 1


def _is_as_asked(change: ContactChange, user: User, tenant: Tenant) -> bool:
    """Tell whether the facts that the change was asked under still hold."""
    is_usable = user.account_enabled and user.deleted_at is None
    return is_usable and not _is_overtaken(change, user) and change.kind not in managed_kinds(user, tenant)


def _is_overtaken(change: ContactChange, user: User) -> bool:
    """Tell whether all sessions were ended since: by a reset, a new password, a sign-out everywhere."""
    return user.sessions_valid_from is not None and user.sessions_valid_from > change.created_at


def _wait(change: MethodChange) -> ContactChange:
    _withdraw_waiting(change.user.pk, change.kind, now=change.now)
    waiting = ContactChange.objects.create(
        tenant_id=change.tenant.pk,
        user_id=change.user.pk,
        kind=change.kind,
        new_value=change.new,
        old_value=change.old,
        created_at=change.now,
        due_at=change.now + WAITS,
    )
    record(entry_of(change, Activity.CONTACT_CHANGE_WAITING), now=change.now)
    tell_waiting(change, waiting)
    return waiting


def _withdraw_waiting(user_id: UUID, kind: str, *, now: datetime) -> None:
    """Let a newer change take the place of one that waits."""
    ContactChange.objects.filter(user_id=user_id, kind=kind, done_at=None, stopped_at=None).update(stopped_at=now)


def _write(change: MethodChange, contact: Contact | None, *, is_proven: bool) -> None:
    if contact and not change.new:
        contact.delete()
    elif change.new:
        contact = contact or Contact(tenant=change.tenant, user=change.user, kind=change.kind)
        contact.value, contact.changed_at = change.new, change.now
        contact.proven_at = change.now if is_proven else None
        contact.save(update_fields=None if contact._state.adding else ["value", "changed_at", "proven_at"])
    if change.kind == ContactKind.ALTERNATE_EMAIL:
        change.user.fold(alternate_email=change.new)
        change.user.save(update_fields=["search_text"])
    record(entry_of(change, Activity.UPDATE_USER), now=change.now)
    tell(change, template="contact_changed")
    call_listeners(change)


def _confirm(contact: Contact | None, *, is_proven: bool, now: datetime) -> None:
    if contact and is_proven and contact.proven_at is None:
        Contact.objects.filter(pk=contact.pk).update(proven_at=now)


def _facts_of(change: ContactChange, *, tenant: Tenant, user: User, by: AuditActor, now: datetime) -> MethodChange:
    event = Event.CHANGED if change.old_value and change.new_value else Event.ADDED
    return MethodChange(
        tenant=tenant,
        user=user,
        event=event if change.new_value else Event.REMOVED,
        kind=change.kind,
        by=by,
        now=now,
        old=change.old_value,
        new=change.new_value,
        entrance="waited",
    )
