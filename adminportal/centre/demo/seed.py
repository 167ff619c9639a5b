"""Creates the demo tenants; repeatable, and touches nothing that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import Actor as AuditActor
from adminportal.centre.demo.people import Invented, invent
from adminportal.centre.demo.self_service import add_self_service
from adminportal.centre.demo.units import HELPDESK, add_unit
from adminportal.sealing import Secret
from passwords.authority import OperatorAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.services.reset import reset_passwords
from users.models import Contact, ContactKind, Group, GroupMember, LicenceAssignment, LicenceProduct, Tenant, User
from users.roles import COVERS, Role
from users.services.people import NewPerson, create_people, names_taken
from users.services.statistics import MANY, refresh_statistics
from users.services.tenants import create_tenant
from users.tenancy import find_tenant_of_domain, within

SEEDER = AuditActor(kind="system", id=None, display_name="Demo data", user_principal_name="")
TENANTS = (("contoso.example", "Contoso", 250), ("fabrikam.example", "Fabrikam", 20))
CHUNK = 500
"""People created in one transaction."""
KNOWN_SINCE = timedelta(days=30)
"""Age of the demo contacts, so that the warning of a fresh address is met only where it belongs."""


class SeedRefused(Exception):
    """The demo data cannot be made; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A person of the demo whose state matters."""

    local_part: str
    display_name: str
    role: Role | None = None
    alternate_email: str = ""
    mobile_phone: str = ""
    details: dict[str, str | bool] = field(default_factory=dict)


def parts() -> list[Part]:
    """List the people with a part: one a role, a second Global Administrator, the helpdesk of a unit, the ordinary."""
    order = [*reversed(COVERS), *(role for role in Role if role not in COVERS)]
    roles = [Part(local_part=local_part_of(role), display_name=role.value, role=role) for role in order]
    second = Part(local_part="global.admin2", display_name="Global Administrator 2", role=Role.GLOBAL_ADMINISTRATOR)
    return [
        *roles,
        second,
        Part(local_part=HELPDESK, display_name="Sales Helpdesk", details={"department": "Support"}),
        Part(
            local_part="adele.vance",
            display_name="Adele Vance",
            alternate_email="adele.vance@mail.example",
            mobile_phone="+46 70 174 06 05",
        ),
        Part(local_part="diego.siciliani", display_name="Diego Siciliani"),
        Part(local_part="grady.archie", display_name="Grady Archie", alternate_email="grady.archie@mail.example"),
        Part(
            local_part="isaiah.langer",
            display_name="Isaiah Langer",
            details={"account_enabled": False, "block_reason": "Left in spring"},
        ),
        Part(
            local_part="lee.gu",
            display_name="Lee Gu",
            alternate_email="lee.gu@mail.example",
            details={"on_premises_sync_enabled": True, "directory_name": "corp.contoso.example"},
        ),
    ]


def local_part_of(role: Role) -> str:
    """Return the local part of the demo account that holds a role."""
    return role.value.lower().replace("administrator", "admin").replace(" ", ".")


@sensitive_variables()
def seed(*, password: Secret, now: datetime, extra_people: int = 0) -> list[Tenant]:
    """Create what is missing of both tenants; ``extra_people`` without a password go to the first one.

    :raises SeedRefused: when the demo password breaks the password rules; nothing was created.
    """
    # One transaction: half a demo, its people without the password, could not be mended by a second start.
    with transaction.atomic():
        tenants = [_seed_tenant(*facts, password=password, now=now) for facts in TENANTS]
    domain, _name, size = TENANTS[0]
    with within(tenants[0]):
        _add_crowd(tenants[0], domain, extra_people, now=now, first=size)
    if extra_people >= MANY:
        refresh_statistics()
    return tenants


@sensitive_variables()
def _seed_tenant(domain: str, name: str, size: int, *, password: Secret, now: datetime) -> Tenant:
    tenant = find_tenant_of_domain(domain) or create_tenant(domain=domain, name=name, by=SEEDER, now=now, is_demo=True)
    with within(tenant):
        fresh = _add_parts(tenant, domain, now=now)
        fresh += _add_crowd(tenant, domain, size - len(parts()), now=now)
        _add_group(tenant, domain, now=now)
        add_unit(tenant, domain, now=now)
        _give_password(tenant, fresh, password, now=now)
        if domain == TENANTS[0][0]:
            add_self_service(tenant, fresh, now=now)
    return tenant


def _add_parts(tenant: Tenant, domain: str, *, now: datetime) -> list[User]:
    people = [
        NewPerson(
            user_principal_name=f"{part.local_part}@{domain}",
            display_name=part.display_name,
            given_name=part.display_name.partition(" ")[0],
            surname=part.display_name.partition(" ")[2],
            alternate_email=_at_home(part.alternate_email, domain),
            mobile_phone=part.mobile_phone,
            details=dict(part.details),
            roles=(part.role,) if part.role else (),
        )
        for part in parts()
    ]
    return _create_missing(tenant, people, now=now)


def _add_crowd(tenant: Tenant, domain: str, size: int, *, now: datetime, first: int = 0) -> list[User]:
    users: list[User] = []
    for start in range(first, first + max(0, size), CHUNK):
        numbers = range(start, min(start + CHUNK, first + size))
        users += _create_missing(tenant, [_person(invent(number), domain) for number in numbers], now=now)
    return users


def _person(invented: Invented, domain: str) -> NewPerson:
    home = f"{invented.local_part}@mail.example" if invented.has_mailbox else ""
    return NewPerson(
        user_principal_name=f"{invented.local_part}@{domain}",
        display_name=invented.display_name,
        given_name=invented.first_name,
        surname=invented.last_name,
        alternate_email=_at_home(home, domain),
        mobile_phone=invented.mobile_phone if invented.has_phone else "",
        details={
            "job_title": invented.job_title,
            "department": invented.department,
            "city": invented.city,
            "country": invented.country,
            "preferred_language": invented.language,
        },
    )


def _at_home(address: str, domain: str) -> str:
    """Keep the private mailboxes of the two tenants apart."""
    if not address or domain == TENANTS[0][0]:
        return address
    return address.replace("@mail.example", "@post.example")


def _create_missing(tenant: Tenant, people: Sequence[NewPerson], *, now: datetime) -> list[User]:
    taken = set(names_taken([person.user_principal_name for person in people]))
    missing = [person for person in people if person.user_principal_name not in taken]
    product = LicenceProduct.objects.filter(tenant=tenant).order_by("name").first()
    with transaction.atomic():
        users = create_people(tenant=tenant, people=missing, by=SEEDER, now=now) if missing else []
        Contact.objects.filter(user__in=[user.pk for user in users]).update(changed_at=now - KNOWN_SINCE)
        if product:
            LicenceAssignment.objects.bulk_create(
                LicenceAssignment(tenant=tenant, product=product, user=user) for user in users
            )
    return users


def _add_group(tenant: Tenant, domain: str, *, now: datetime) -> None:
    grady = User.objects.filter(upn_folded=f"grady.archie@{domain}").first()
    if grady is None:
        return
    given = {"is_role_assignable": True, "created_at": now}
    group, created = Group.objects.get_or_create(tenant=tenant, name="Emergency access", defaults=given)
    if created:
        GroupMember.objects.create(tenant=tenant, group=group, user=grady)


@sensitive_variables()
def _give_password(tenant: Tenant, users: list[User], password: Secret, *, now: datetime) -> None:
    orders = [ResetOrder(user_id=user.pk, password=password) for user in users if not user.on_premises_sync_enabled]
    for start in range(0, len(orders), CHUNK):
        outcomes = reset_passwords(
            tenant=tenant,
            orders=orders[start : start + CHUNK],
            authority=OperatorAuthority(entrance="demo"),
            options=ResetOptions(must_change=False, notify=False),
            now=now,
        )
        refused = [outcome for outcome in outcomes if outcome.end is not ResetEnd.DONE]
        if refused:
            rules = ", ".join(sorted({violation.rule for violation in refused[0].violations})) or refused[0].code
            raise SeedRefused(f"DEMO_PASSWORD breaks the password rules: {rules}.")


def contacts_of(user: User) -> dict[str, str]:
    """Return the alternate address and mobile number of a demo account."""
    found = dict(Contact.objects.filter(user=user).values_list("kind", "value"))
    return {
        "alternate_email": found.get(ContactKind.ALTERNATE_EMAIL, ""),
        "mobile_phone": found.get(ContactKind.MOBILE_PHONE, ""),
    }
