"""Every route of the portal with its guard, and ids to fill its placeholders with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.authority import AdminAuthority
from passwords.models import RevealLink
from passwords.orders import ResetOptions, ResetOrder
from passwords.services.bulk_selection import draft_from_ids
from passwords.services.request import HelpCall, ask
from passwords.services.reset import reset_passwords
from tests.cast import Cast, make_cast
from users.models import (
    AdministrativeUnit,
    ContactChange,
    ContactKind,
    Group,
    ImportBatch,
    MethodKind,
    RoleAssignment,
)
from users.permissions import Permission
from users.services.methods import save_method
from users.tenancy import within

Ids = dict[str, UUID]
OF_NO_TENANT = ("token", "template_id")
"""Placeholders that name nothing of one tenant: a link's token, a role of the catalogue."""
ROLE_IDS = ("assignment_id", "template_id")


@dataclass(frozen=True, slots=True)
class Route:
    """One route as the URLconf has it."""

    name: str
    pattern: str
    placeholders: tuple[str, ...]
    permission: Permission | None
    is_public: bool
    is_own_account: bool
    is_open_to_must_change: bool

    @property
    def has_id(self) -> bool:
        """Tell whether the route names an object by its id."""
        return any(placeholder not in OF_NO_TENANT for placeholder in self.placeholders)

    def address(self, ids: Ids) -> str:
        """Return the path with these ids; a placeholder that nobody knows fails."""
        values = {name: "x" * 43 if name == "token" else ids[name] for name in self.placeholders}
        return reverse(self.name, kwargs=values)

    def __str__(self) -> str:
        return self.name


def _walk(resolver: URLResolver, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, pattern, inner)
        elif isinstance(entry, URLPattern):
            yield _route(entry, pattern, f"{namespace}{entry.name}")


def _route(entry: URLPattern, pattern: str, name: str) -> Route:
    view: Callable[..., object] = entry.callback
    return Route(
        name=name,
        pattern="/" + pattern,
        placeholders=tuple(entry.pattern.converters),
        permission=getattr(view, "required_permission", None),
        is_public=getattr(view, "is_public", False),
        is_own_account=getattr(view, "is_own_account", False),
        is_open_to_must_change=getattr(view, "is_open_to_must_change", False),
    )


ROUTES = sorted(_walk(get_resolver()), key=lambda route: route.name)
GUARDED = [route for route in ROUTES if not route.is_public]
FOR_ADMINISTRATORS = [route for route in ROUTES if route.permission]
WITH_ID = [route for route in GUARDED if route.has_id]


@dataclass(frozen=True, slots=True)
class World:
    """One tenant with one of everything that a route can name."""

    cast: Cast
    ids: Ids


def make_world(domain: str, name: str) -> World:
    """Create a tenant whose Global Administrator has reset somebody and begun an import."""
    cast = make_cast(domain, name)
    boss, target = cast["global.admin"], cast["adele.vance"]
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=target.pk)],
            authority=AdminAuthority(actor=cast.actor("global.admin")),
            options=ResetOptions(deliver_to_alternate=True),
            now=clock.now(),
        )
        link = RevealLink.objects.get(reset=outcome.reset_id)
        batch = ImportBatch.objects.create(
            tenant=cast.tenant, starter=boss, created_at=clock.now(), touched_at=clock.now()
        )
    with within(cast.tenant):
        job = draft_from_ids(
            actor=cast.actor("global.admin"), act="reset", user_ids=[cast["diego.siciliani"].pk], now=clock.now()
        )
        held = RoleAssignment.objects.get(user=cast["guest.inviter"])
        group = Group.objects.get(name="Break glass")
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name=f"{name} Sales", created_at=clock.now())
        method = save_method(
            tenant=cast.tenant,
            user=target,
            kind=MethodKind.EMAIL,
            value=f"adele@{domain}",
            by=cast.actor("adele.vance").for_audit(),
            now=clock.now(),
        )
        waiting = ContactChange.objects.create(
            tenant_id=cast.tenant.pk,
            user_id=target.pk,
            kind=ContactKind.ALTERNATE_EMAIL,
            created_at=clock.now(),
            due_at=clock.now(),
        )
        call = ask(HelpCall(tenant=cast.tenant, user=target, correlation_id=uuid4()), now=clock.now())
    event = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, actor_id=boss.pk).first()
    assert outcome.reset_id and event
    ids = {
        "user_id": target.pk,
        "reset_id": outcome.reset_id,
        "message_id": link.pk,
        "uid": event.uid,
        "batch_id": batch.pk,
        "job_id": job.pk,
        "group_id": group.pk,
        "unit_id": unit.pk,
        "assignment_id": held.pk,
        "template_id": held.role,
        "request_id": call.pk,
        "method_id": method.pk,
        "change_id": waiting.pk,
    }
    return World(cast=cast, ids=ids)


def nowhere() -> Ids:
    """Return ids that exist in no tenant."""
    return {
        name: uuid4()
        for name in (
            "user_id",
            "reset_id",
            "message_id",
            "uid",
            "batch_id",
            "job_id",
            "group_id",
            "unit_id",
            "request_id",
            "method_id",
            "change_id",
            *ROLE_IDS,
        )
    }


def state_of(world: World) -> list[tuple[object, ...]]:
    """Return what a request with a foreign id must leave as it was."""
    questions = (
        "SELECT id, password, account_enabled, must_change FROM users_user WHERE tenant_id = %s ORDER BY id",
        "SELECT id, shown_at, replaced_at FROM passwords_passwordreset WHERE tenant_id = %s ORDER BY id",
        "SELECT id, generation, opened_at, link_closed_at FROM outbox_outboundmessage WHERE tenant_id = %s ORDER BY id",
        "SELECT id, name FROM users_group WHERE tenant_id = %s ORDER BY id",
        "SELECT group_id, user_id FROM users_groupmember WHERE tenant_id = %s ORDER BY id",
        "SELECT id, name FROM users_administrativeunit WHERE tenant_id = %s ORDER BY id",
        "SELECT id, state, position FROM users_importbatch WHERE tenant_id = %s ORDER BY id",
        "SELECT id, state, options, purged_at FROM passwords_bulkjob WHERE tenant_id = %s ORDER BY id",
        "SELECT id, state, handled_by_id, note FROM passwords_passwordrequest WHERE tenant_id = %s ORDER BY id",
        "SELECT id, user_id, kind, value FROM users_authenticationmethod WHERE tenant_id = %s ORDER BY id",
        "SELECT id, user_id, kind, value FROM users_contact WHERE tenant_id = %s ORDER BY id",
        "SELECT id, user_id, role, unit_id FROM users_roleassignment WHERE tenant_id = %s ORDER BY id",
        "SELECT key_digest, ended_at FROM users_session WHERE tenant_id = %s ORDER BY key_digest",
    )
    tenant_id = world.cast.tenant.pk
    rows: list[tuple[object, ...]] = []
    with connection.cursor() as cursor:
        for question in questions:
            cursor.execute(question, [tenant_id.hex if connection.vendor == "sqlite" else tenant_id])
            rows += cursor.fetchall()
    return rows
