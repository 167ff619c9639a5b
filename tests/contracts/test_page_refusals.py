"""Whoever asks a page for something they have no right to leaves exactly one row in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import Activity, Result
from adminportal.throttle.limits import LIMITS
from tests.cast import Cast, make_cast, signed_in
from tests.contracts.routes import FOR_ADMINISTRATORS, Ids, Route, World, make_world, nowhere
from users.permissions import HOLDERS
from users.roles import Role
from users.services.page_refusals import record_page_refusal

pytestmark = pytest.mark.django_db

by_admin_route = pytest.mark.parametrize("route", FOR_ADMINISTRATORS, ids=str)
OPEN_TO_SOME = [route for route in FOR_ADMINISTRATORS if route.permission and set(Role) - HOLDERS[route.permission]]
LIMIT = LIMITS["REFUSED_PAGE"]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world("contoso.example", "Contoso")
        transaction.set_rollback(True)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def failures() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(result=Result.FAILURE).order_by("id"))


def left_by(client: Client, method: str, route: Route, ids: Ids) -> tuple[int, list[AuditEvent]]:
    """Return the status and the rows of failure that one request adds."""
    known = {row.pk for row in failures()}
    status = client.generic(method, route.address(ids)).status_code
    return status, [row for row in failures() if row.pk not in known]


@by_admin_route
def test_refused_post_is_one_row_that_names_who_what_and_where(world: World, route: Route) -> None:
    assert route.permission is not None
    diego = world.cast["diego.siciliani"]

    status, rows = left_by(signed_in(diego), "POST", route, world.ids)

    if status == 405:
        assert rows == []  # The page shows and does nothing.
        return
    (row,) = rows
    assert (status, row.activity, row.reason) == (403, Activity.REFUSED_BY_ROLE, f"NO_RIGHT_{route.permission.name}")
    assert (row.tenant_id, row.actor_id) == (world.cast.tenant.pk, diego.pk)
    assert row.details["RefusalCode"] == row.reason
    assert "/" + row.details["Page"] == route.pattern
    assert row.subject_id == (world.ids["user_id"] if "user_id" in route.placeholders else None)


@pytest.mark.parametrize("route", OPEN_TO_SOME, ids=str)
def test_administrator_without_the_right_leaves_one_row_as_well(world: World, route: Route) -> None:
    assert route.permission is not None
    without = next(role for role in Role if role not in HOLDERS[route.permission])
    local = without.value.lower().replace("administrator", "admin").replace(" ", ".")

    status, rows = left_by(signed_in(world.cast[local]), "POST", route, nowhere())

    assert [row.activity for row in rows] == ([] if status == 405 else [Activity.REFUSED_BY_ROLE])
    assert all(row.actor_id == world.cast[local].pk and row.targets == [] for row in rows)


@by_admin_route
def test_looking_at_a_page_that_is_refused_is_no_row(world: World, route: Route) -> None:
    client = signed_in(world.cast["diego.siciliani"])

    for method in ("GET", "HEAD", "OPTIONS"):
        assert left_by(client, method, route, world.ids)[1] == []


def test_person_of_another_organization_is_not_told(cast: Cast) -> None:
    stranger = make_cast("fabrikam.example", "Fabrikam")["adele.vance"]

    answer = signed_in(cast["diego.siciliani"]).post(reverse("passwords:reset", args=[stranger.pk]))

    (row,) = failures()
    assert (answer.status_code, row.subject_id, row.targets) == (403, None, [])
    assert str(stranger.pk) not in str(row.details)


def test_stranger_leaves_no_row(cast: Cast) -> None:
    Client().post(reverse("passwords:reset", args=[cast["adele.vance"].pk]))

    assert failures() == []


def test_refusal_that_a_service_recorded_has_no_second_row(cast: Cast) -> None:
    helpdesk = signed_in(cast["helpdesk.admin"])

    answer = helpdesk.post(reverse("passwords:reset", args=[cast["global.admin"].pk]), {"form_key": "0" * 32})

    assert answer.status_code >= 400
    assert Activity.REFUSED_BY_ROLE not in {row.activity for row in failures()}


def test_rows_of_one_person_end_at_the_limit_and_the_last_one_says_so(cast: Cast) -> None:
    diego, now, route = cast.actor("diego.siciliani"), clock.now(), FOR_ADMINISTRATORS[0]
    assert route.permission is not None
    asked = {"permission": route.permission, "page": route.pattern}

    for _ in range(LIMIT.number + 3):
        record_page_refusal(actor=diego, now=now, **asked)
    rows = failures()
    answer = signed_in(cast["diego.siciliani"]).post(reverse("passwords:reset", args=[cast["adele.vance"].pk]))
    record_page_refusal(actor=cast.actor("adele.vance"), now=now, **asked)
    record_page_refusal(actor=diego, now=now + LIMIT.window + timedelta(seconds=1), **asked)

    assert [row.details.get("Limit", "") for row in rows] == [""] * (LIMIT.number - 1) + [LIMIT.name]
    assert answer.status_code == 403
    assert len(failures()) == LIMIT.number + 2
