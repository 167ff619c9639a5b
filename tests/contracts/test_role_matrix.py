"""Every row of both matrices, from independent literal tables, through every entrance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from adminportal import clock
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.services.reset import reset_passwords
from tests.cast import Cast, signed_in
from tests.contracts.matrix import (
    RESET_ROWS,
    SENSITIVE_ROWS,
    Row,
    make_matrix_cast,
    name_of_actor,
    name_of_target,
)
from users.access import can_block, can_reset
from users.authority import AdminActs
from users.models import User
from users.roles import COVERS, SENSITIVE_ROLES, Role, Standing
from users.services.acts import Act, Refused, act_on_people, act_on_person
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

COLUMNS = {"Password", "Helpdesk", "Authentication", "User", "Privileged Authentication", "Global"}
TYPED = "Quiet-Harbour-5937"


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_matrix_cast()
        transaction.set_rollback(True)


def by_row(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("actor", "target", "allowed"), rows, ids=[f"{a} > {t}" for a, t, _ in rows])


def form() -> dict[str, str]:
    return {"how": "automatic", "style": "random", "must_change": "on", "form_key": uuid4().hex}


def fresh(cast: Cast, name: str) -> User:
    with within(cast.tenant):
        return User.objects.get(pk=cast[name].pk)


def test_tables_have_every_actor_and_every_target_once() -> None:
    targets = [*(role.value for role in Role), *(standing.value for standing in Standing)]
    expected = sorted(product((f"{name} Administrator" for name in COLUMNS), targets))

    for rows in (RESET_ROWS, SENSITIVE_ROWS):
        assert sorted((actor, target) for actor, target, _allowed in rows) == expected
        assert len(rows) == 168


def test_product_table_is_the_literal_table() -> None:
    literal = {(actor, target) for actor, target, allowed in RESET_ROWS if allowed}
    sensitive = {(actor, target) for actor, target, allowed in SENSITIVE_ROWS if allowed}

    assert {(role.value, held.value) for role, covered in COVERS.items() for held in covered} == literal
    assert {(role.value, held.value) for role in SENSITIVE_ROLES for held in COVERS[role]} == sensitive


@by_row(RESET_ROWS)
def test_reset_function_obeys_the_matrix(cast: Cast, actor: str, target: str, allowed: bool) -> None:
    person = cast[name_of_target(target)]

    with within(cast.tenant):
        decision = can_reset(cast.actor(name_of_actor(actor)), load_facts([person])[person.pk])
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=person.pk, password=Secret(TYPED))],
            authority=AdminAuthority(actor=cast.actor(name_of_actor(actor))),
            options=ResetOptions(notify=False),
            now=clock.now(),
        )

    assert decision.allowed is allowed
    assert (outcome.end is ResetEnd.DONE) is allowed
    assert fresh(cast, name_of_target(target)).check_password(TYPED) is allowed
    assert outcome.code == decision.code and bool(decision.code) is not allowed


@by_row(RESET_ROWS)
def test_reset_panel_obeys_the_matrix(cast: Cast, actor: str, target: str, allowed: bool) -> None:
    person = cast[name_of_target(target)]
    before = fresh(cast, name_of_target(target)).password

    response = signed_in(cast[name_of_actor(actor)]).post(reverse("passwords:reset", args=[person.pk]), form())

    assert response.status_code == (302 if allowed else 403)
    assert ("/passwords/result/" in response.headers.get("Location", "")) is allowed
    assert (fresh(cast, name_of_target(target)).password != before) is allowed


@by_row(SENSITIVE_ROWS)
def test_block_and_allow_obey_the_sensitive_matrix(cast: Cast, actor: str, target: str, allowed: bool) -> None:
    person, acting = cast[name_of_target(target)], cast.actor(name_of_actor(actor))

    with within(cast.tenant):
        assert can_block(acting, load_facts([person])[person.pk]).allowed is allowed
        if allowed:
            act_on_person(act=Act.BLOCK, actor=acting, user_id=person.pk, reason="", now=clock.now())
            assert not fresh(cast, name_of_target(target)).account_enabled
            act_on_person(act=Act.ALLOW, actor=acting, user_id=person.pk, now=clock.now())
        else:
            with pytest.raises(Refused):
                act_on_person(act=Act.BLOCK, actor=acting, user_id=person.pk, reason="", now=clock.now())
            with pytest.raises(Refused):
                act_on_person(act=Act.ALLOW, actor=acting, user_id=person.pk, now=clock.now())

    assert fresh(cast, name_of_target(target)).account_enabled


@by_row(RESET_ROWS)
def test_forced_change_obeys_the_matrix_of_resets(cast: Cast, actor: str, target: str, allowed: bool) -> None:
    person = cast[name_of_target(target)]

    with within(cast.tenant):
        (outcome,) = act_on_people(
            tenant=cast.tenant,
            act=Act.FORCE_CHANGE,
            user_ids=[person.pk],
            authority=AdminActs(actor=cast.actor(name_of_actor(actor))),
            now=clock.now(),
        )

    assert outcome.decision.allowed is allowed
    assert fresh(cast, name_of_target(target)).must_change is allowed


@pytest.mark.parametrize("role", sorted(set(Role) - set(COVERS)))
def test_role_without_a_column_resets_nobody(cast: Cast, role: Role) -> None:
    person = cast["plain.employee"]
    address = reverse("passwords:reset", args=[person.pk])
    client: Client = signed_in(cast[name_of_actor(role)])

    assert client.get(address).status_code == 403
    assert client.post(address, form()).status_code == 403
    with within(cast.tenant):
        decision = can_reset(cast.actor(name_of_actor(role)), load_facts([person])[person.pk])
    assert decision.code == "RESET_NO_ROLE"
