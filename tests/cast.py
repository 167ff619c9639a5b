"""The cast of every test: two tenants, one person a role, ordinary people, each with a known password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from adminportal import clock
from users.actors import SYSTEM, Actor, load_actor
from users.models import Group, GroupMember, Session, Tenant, User
from users.roles import Role
from users.services.people import NewPerson, create_people
from users.services.tenants import create_tenant
from users.sessions import digest_of, open_session
from users.tenancy import within

PASSWORD = "Correct-Horse-77-Battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A person to be created."""

    name: str
    has_password: bool
    values: dict[str, Any]

    def person(self, domain: str) -> NewPerson:
        """Return what the service takes."""
        given = {"display_name": self.name.replace(".", " ").title()} | self.values
        return NewPerson(user_principal_name=f"{self.name}@{domain}", **given)


def part(name: str, *, has_password: bool = True, **values: Any) -> Part:
    """Name a person; further values are those of ``NewPerson``."""
    return Part(name=name, has_password=has_password, values=values)


@dataclass
class Cast:
    """One tenant and its people by the local part of their user names."""

    tenant: Tenant
    domain: str
    people: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def add(self, name: str, **values: Any) -> User:
        """Create a person of this tenant as the services do; with a permanent known password unless told."""
        self.add_all(part(name, **values))
        return self.people[name]

    def add_all(self, *parts: Part) -> None:
        """Create people in one go, in the order given."""
        now = clock.now()
        people = [each.person(self.domain) for each in parts]
        with within(self.tenant):
            users = create_people(tenant=self.tenant, people=people, by=SYSTEM, now=now)
            known = [user for user, each in zip(users, parts, strict=True) if each.has_password]
            issued = {"password": make_password(PASSWORD), "password_issued_at": now, "password_changed_at": now}
            User.objects.filter(pk__in=[user.pk for user in known]).update(**issued)
            for user in known:
                user.__dict__.update(issued)
        self.people |= {each.name: user for user, each in zip(users, parts, strict=True)}

    def actor(self, name: str) -> Actor:
        """Return a person as an actor with a proof of this moment."""
        with within(self.tenant):
            return load_actor(self.people[name], tenant=self.tenant, proven_at=clock.now())


def make_tenant(domain: str, name: str) -> Cast:
    """Create an empty tenant."""
    return Cast(tenant=create_tenant(domain=domain, name=name, by=SYSTEM, now=clock.now()), domain=domain)


def make_cast(domain: str = "contoso.example", name: str = "Contoso") -> Cast:
    """Create a tenant with one person for every role and the ordinary people of the specification."""
    cast = make_tenant(domain, name)
    cast.add_all(
        *(part(_local_part(role), roles=(role,)) for role in Role),
        part(
            "adele.vance",
            given_name="Adele",
            surname="Vance",
            alternate_email=f"adele.vance.{domain.partition('.')[0]}@mail.example",
            mobile_phone="+46 70 174 06 05",
        ),
        part("diego.siciliani", given_name="Diego", surname="Siciliani"),
        part("never.issued", has_password=False),
        part("isaiah.langer", details={"account_enabled": False, "block_reason": "left"}),
        part("lee.gu", details={"on_premises_sync_enabled": True, "directory_name": "corp.example"}),
        part("guest.person", details={"user_type": "guest"}),
        part("grady.archie"),
    )
    with within(cast.tenant):
        group = Group.objects.create(
            tenant=cast.tenant, name="Break glass", is_role_assignable=True, created_at=clock.now()
        )
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast["grady.archie"])
    return cast


def _local_part(role: Role) -> str:
    return role.value.lower().replace("administrator", "admin").replace(" ", ".")


def signed_in(user: User, client: Client | None = None, *, is_asked: bool = True) -> Client:
    """Return a client with a live session of this person, made without a hash.

    ``is_asked``: the question for more security information, which the first page of a session may ask, was answered.
    """
    client = client or Client()
    with within(user.tenant):
        key = open_session(user, now=clock.now())
    if is_asked:
        Session.objects.filter(pk=digest_of(key)).update(registration_asked_at=clock.now())
    client.cookies[settings.SESSION_COOKIE_NAME] = key.expose()
    client.session_digest = digest_of(key)  # type: ignore[attr-defined]
    return client
