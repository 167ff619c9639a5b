"""People as they come to be, the sign-out of one's own, and who the Global Administrators are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from adminportal import clock
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from users.access import Decision
from users.actors import Actor
from users.models import Contact, ContactKind, GroupMember, RoleAssignment, Session, Tenant, User
from users.names import fold_upn
from users.roles import TEMPLATE_IDS, Role
from users.sessions import end_all_sessions, is_live
from users.snapshots import target_of
from users.tenancy import across_tenants

UNUSABLE = "!"
"""Stored in place of a hash while no password was ever issued; no typed text matches it."""


class Refused(Exception):
    """The change was refused; carries the decision with its code."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.code)
        self.decision = decision


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to be created, every value checked already; ``details`` are further columns of the person."""

    user_principal_name: str
    display_name: str
    given_name: str = ""
    surname: str = ""
    alternate_email: str = ""
    mobile_phone: str = ""
    office_phone: str = ""
    details: Mapping[str, str | bool] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()


class NamesTaken(Exception):
    """Some user names exist already, in this tenant or another; nobody was created."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def create_people(*, tenant: Tenant, people: Sequence[NewPerson], by: AuditActor, now: datetime) -> list[User]:
    """Create people without a password (state never issued), with contacts and roles; inside a transaction.

    :raises NamesTaken: when a folded user name exists already.
    """
    users = [draft_user(tenant, person, now=now) for person in people]
    taken = names_taken([user.upn_folded for user in users])
    if taken:
        raise NamesTaken(taken)
    try:
        with transaction.atomic():
            User.objects.bulk_create(users)
    except IntegrityError as problem:
        raise NamesTaken([user.user_principal_name for user in users]) from problem
    Contact.objects.bulk_create(
        contact
        for user, person in zip(users, people, strict=True)
        for contact in _contacts(tenant, user, person, now=now)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(tenant=tenant, user=user, role=TEMPLATE_IDS[role], created_at=now)
        for user, person in zip(users, people, strict=True)
        for role in person.roles
    )
    record(*_creation_entries(tenant, users, people, by=by), now=now)
    return users


def names_taken(folded: Sequence[str]) -> list[str]:
    """Return those folded user names that exist already in whichever tenant, deleted people included."""
    with across_tenants():
        return sorted(User.objects.filter(upn_folded__in=list(folded)).values_list("upn_folded", flat=True))


def sign_out_everywhere(user: User, *, by: AuditActor, now: datetime, session: Session | None = None) -> None:
    """End every session of one's own; nothing where ``session``, which asks for it, is over already."""
    with transaction.atomic():
        list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user.pk).only("pk"))
        if session is not None and not is_live(session):
            return
        # The moment of the lock: what was begun while it was waited for is older.
        now = max(now, clock.now())
        User.objects.filter(pk=user.pk).update(sessions_valid_from=now)
        end_all_sessions([user.pk], now=now)
        record(_entry(user.tenant_id, Activity.SIGNED_OUT_OF_ALL_SESSIONS, by, user), now=now)


def count_other_global_admins(user: User) -> int:
    """Count the enabled Global Administrators beside this person; inside the scope."""
    return global_admins().exclude(pk=user.pk).count()


def list_global_admins() -> list[User]:
    """List the enabled Global Administrators of the tenant; inside the scope."""
    return list(global_admins().order_by("sort_name")[:100])


def global_admins() -> QuerySet[User]:
    """Return the enabled Global Administrators of the tenant as a query; inside the scope."""
    given = {
        "role": TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR],
        "is_active": True,
        "is_restricted_unit": False,
        "unit": None,
    }
    direct = RoleAssignment.objects.filter(user__isnull=False, **given).values("user")
    through_group = {f"group__role_assignments__{name}": value for name, value in given.items()}
    members = GroupMember.objects.filter(group__is_role_assignable=True, **through_group).values("user")
    # The few ids first: asked of each person, the tables of roles were read once for everybody of the tenant.
    return User.objects.filter(pk__in=direct.union(members), account_enabled=True, deleted_at=None)


def draft_user(tenant: Tenant, person: NewPerson, *, now: datetime) -> User:
    """Return the row of a person to be created, not saved: what names and rules are judged by."""
    user = User(
        tenant=tenant,
        user_principal_name=person.user_principal_name.strip(),
        display_name=person.display_name,
        given_name=person.given_name,
        surname=person.surname,
        mail=fold_upn(person.user_principal_name),
        password=UNUSABLE,
        created_at=now,
        **person.details,
    )
    user.fold(alternate_email=person.alternate_email)
    return user


def _contacts(tenant: Tenant, user: User, person: NewPerson, *, now: datetime) -> list[Contact]:
    values = {
        ContactKind.ALTERNATE_EMAIL: person.alternate_email,
        ContactKind.MOBILE_PHONE: person.mobile_phone,
        ContactKind.OFFICE_PHONE: person.office_phone,
    }
    return [
        Contact(tenant=tenant, user=user, kind=kind, value=value, changed_at=now)
        for kind, value in values.items()
        if value
    ]


def _creation_entries(tenant: Tenant, users: list[User], people: Sequence[NewPerson], *, by: AuditActor) -> list[Entry]:
    entries = [_entry(tenant.pk, Activity.ADD_USER, by, user) for user in users]
    for user, person in zip(users, people, strict=True):
        entries.extend(
            _entry(tenant.pk, Activity.ADD_MEMBER_TO_ROLE, by, user, details={"Role": role}) for role in person.roles
        )
    return entries


def _entry(
    tenant_id: UUID,
    activity: Activity,
    by: AuditActor,
    user: User,
    *,
    details: dict[str, str] | None = None,
) -> Entry:
    target = target_of(user)
    kept = {key: value for key, value in (details or {}).items() if value}
    return Entry(tenant_id=tenant_id, activity=activity, actor=by, targets=(target,), details=kept)


def panel_entry(activity: Activity, *, actor: Actor, user: User, decision: Decision) -> Entry:
    """Return the row of what an administrator did to one person in the panel, or was refused."""
    details = {
        "Entrance": "panel",
        "ActingRole": decision.acting_role or "",
        "ActingUnit": decision.acting_unit,
        "RefusalCode": decision.code,
    }
    return Entry(
        tenant_id=user.tenant_id,
        activity=activity,
        actor=actor.for_audit(),
        targets=(target_of(user),),
        result=Result.SUCCESS if decision.allowed else Result.FAILURE,
        reason=decision.code,
        details={key: value for key, value in details.items() if value},
    )
