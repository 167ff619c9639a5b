"""Whoever controls contact data and methods controls the reset: the same literal table, through each of these ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from adminportal import clock
from tests.cast import Cast
from tests.contracts.matrix import RESET_ROWS, make_matrix_cast, name_of_actor, name_of_target
from users.models import AuthenticationMethod, ContactKind, MethodKind, User
from users.services.method_admin import change_contacts_of, remove_method_of, require_new_registration
from users.services.people import Refused
from users.tenancy import within

pytestmark = pytest.mark.django_db

MAY_REMOVE_APPS = {
    "Authentication Administrator",
    "Privileged Authentication Administrator",
    "Global Administrator",
}
"""Of those who may reset, whoever may take away a second factor."""

ALLOWED = {
    actor: {target: allowed for _, target, allowed in rows}
    for actor, rows in groupby(sorted(RESET_ROWS), key=lambda row: row[0])
}


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_matrix_cast()
        with within(made.tenant):
            for user in User.objects.filter(tenant=made.tenant):
                for kind in (MethodKind.EMAIL, MethodKind.AUTHENTICATOR):
                    AuthenticationMethod.objects.create(
                        tenant=made.tenant, user=user, kind=kind, value="x@mail.example", created_at=clock.now()
                    )
        yield made
        transaction.set_rollback(True)


def is_done(cast: Cast, act: Callable[[], object]) -> bool:
    """Try it, take it back, and tell whether it was allowed."""
    with within(cast.tenant), transaction.atomic():
        try:
            act()
        except Refused as refusal:
            assert refusal.decision.code
            return False
        finally:
            transaction.set_rollback(True)
    return True


@pytest.mark.parametrize("actor_role", sorted(ALLOWED))
def test_every_row_through_contact_data_methods_and_a_new_registration(cast: Cast, actor_role: str) -> None:
    actor, now = cast.actor(name_of_actor(actor_role)), clock.now()
    found: dict[str, dict[str, bool]] = {"contacts": {}, "address": {}, "app": {}, "again": {}}
    for target in ALLOWED[actor_role]:
        user = cast[name_of_target(target)]
        with within(cast.tenant):
            methods = {method.kind: method.pk for method in AuthenticationMethod.objects.filter(user=user)}
        values = {ContactKind.ALTERNATE_EMAIL: "new@mail.example"}
        acts: dict[str, Callable[[], object]] = {
            "contacts": partial(change_contacts_of, actor=actor, user_id=user.pk, values=values, now=now),
            "address": partial(
                remove_method_of, actor=actor, user_id=user.pk, method_id=methods[MethodKind.EMAIL], now=now
            ),
            "app": partial(
                remove_method_of, actor=actor, user_id=user.pk, method_id=methods[MethodKind.AUTHENTICATOR], now=now
            ),
            "again": partial(require_new_registration, actor=actor, user_id=user.pk, now=now),
        }
        for name, act in acts.items():
            found[name][target] = is_done(cast, act)

    stronger = {target: allowed and actor_role in MAY_REMOVE_APPS for target, allowed in ALLOWED[actor_role].items()}
    assert found["contacts"] == found["address"] == ALLOWED[actor_role]
    assert found["app"] == found["again"] == stronger
