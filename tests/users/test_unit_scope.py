"""A role held over an administrative unit: a helpdesk for one department reaches that department and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from adminportal import clock
from tests.cast import Cast, make_tenant, signed_in
from tests.contracts.matrix import give, give_group, join, make_group, make_unit
from users.access import Decision, can_block, can_end_sessions, can_reset, resettable_users
from users.models import RoleAssignment, User
from users.permissions import Permission
from users.refusals import sentence, status_of
from users.roles import COVERS, COVERS_IN_UNIT, TEMPLATE_IDS, Role
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

HELPDESK, USER, GLOBAL = Role.HELPDESK_ADMINISTRATOR, Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_tenant("contoso.example", "Contoso")
    for name in ("sales.helpdesk", "adele.vance", "diego.siciliani", "lidia.holloway"):
        made.add(name)
    with within(made.tenant):
        sales = make_unit(made, "Sales", made["adele.vance"], made["lidia.holloway"])
        give(made, made["sales.helpdesk"], TEMPLATE_IDS[HELPDESK], unit=sales)
        yield made


def ask(cast: Cast, target: str, rule=can_reset) -> Decision:
    user = User.objects.get(pk=cast[target].pk)
    return rule(cast.actor("sales.helpdesk"), load_facts([user])[user.pk])


def test_helpdesk_of_a_unit_reaches_its_members_and_says_by_which_unit(cast: Cast) -> None:
    decision = ask(cast, "adele.vance")

    assert (decision.allowed, decision.acting_role, decision.acting_unit) == (True, HELPDESK, "Sales")


def test_person_outside_the_unit_is_refused_with_the_name_of_the_unit(cast: Cast) -> None:
    decision = ask(cast, "diego.siciliani")

    assert (decision.allowed, decision.code, status_of(decision)) == (False, "RESET_TARGET_OUTSIDE_UNIT", 403)
    assert "Sales" in sentence(decision) and "Diego" in sentence(decision)


def test_helpdesk_of_a_unit_reaches_nobody_with_a_role_there(cast: Cast) -> None:
    give(cast, cast["lidia.holloway"], TEMPLATE_IDS[Role.DIRECTORY_READERS])

    decision = ask(cast, "lidia.holloway")

    assert (decision.allowed, decision.code) == (False, "RESET_TARGET_ROLE")
    assert decision.values["best"] == HELPDESK


def test_user_administrator_of_a_unit_reaches_the_small_roles_there(cast: Cast) -> None:
    unit = make_unit(cast, "Service desk", cast["lidia.holloway"])
    give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[USER], unit=unit)
    give(cast, cast["lidia.holloway"], TEMPLATE_IDS[HELPDESK])

    assert ask(cast, "lidia.holloway").acting_unit == "Service desk"


def test_role_over_another_unit_of_the_target_is_asked_too(cast: Cast) -> None:
    other = make_unit(cast, "North", cast["adele.vance"], cast["diego.siciliani"])
    give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[Role.PASSWORD_ADMINISTRATOR], unit=other)

    assert ask(cast, "diego.siciliani").acting_role is Role.PASSWORD_ADMINISTRATOR
    assert ask(cast, "adele.vance").allowed


def test_role_over_the_tenant_wins_over_one_over_a_unit(cast: Cast) -> None:
    give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[HELPDESK])

    assert ask(cast, "adele.vance").acting_unit == ""
    assert ask(cast, "diego.siciliani").allowed


def test_scoped_helpdesk_signs_its_members_out_but_blocks_nobody(cast: Cast) -> None:
    assert ask(cast, "adele.vance", can_end_sessions).allowed
    assert ask(cast, "diego.siciliani", can_end_sessions).code == "RESET_TARGET_OUTSIDE_UNIT"
    assert ask(cast, "adele.vance", can_block).code == "NO_RIGHT_USER_BLOCK"


def test_role_over_a_unit_through_a_group_gives_the_same_right(cast: Cast) -> None:
    cast.add("member")
    desk = make_group(cast, "Sales desk", is_role_assignable=True)
    join(cast, desk, cast["member"])
    give_group(cast, desk, TEMPLATE_IDS[HELPDESK], unit=make_unit(cast, "East", cast["diego.siciliani"]))
    diego = load_facts([cast["diego.siciliani"]])[cast["diego.siciliani"].pk]

    assert can_reset(cast.actor("member"), diego).acting_unit == "East"


def test_holder_of_a_scoped_role_counts_as_an_administrator_for_everybody_else(cast: Cast) -> None:
    cast.add("auth", roles=(Role.AUTHENTICATION_ADMINISTRATOR,))
    scoped = User.objects.get(pk=cast["sales.helpdesk"].pk)

    assert can_reset(cast.actor("auth"), load_facts([scoped])[scoped.pk]).code == "RESET_TARGET_ROLE"


def test_role_over_a_unit_gives_no_right_that_cannot_be_limited(cast: Cast) -> None:
    give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[USER], unit=make_unit(cast, "West"))
    actor = cast.actor("sales.helpdesk")

    assert actor.may(Permission.PASSWORD_RESET) and actor.may(Permission.USER_READ)
    assert not actor.may(Permission.USER_CREATE)
    assert actor.roles == frozenset()


def test_global_administrator_over_a_unit_gives_nothing(cast: Cast) -> None:
    cast.add("odd")
    give(cast, cast["odd"], TEMPLATE_IDS[GLOBAL], unit=make_unit(cast, "Odd", cast["adele.vance"]))
    adele = load_facts([cast["adele.vance"]])[cast["adele.vance"].pk]

    assert not can_reset(cast.actor("odd"), adele).allowed
    assert not resettable_users(cast.actor("odd")).exists()


def test_scoped_roles_never_cover_more_than_the_same_role_over_the_tenant() -> None:
    assert all(covered <= COVERS[role] for role, covered in COVERS_IN_UNIT.items())


def test_blocked_holder_has_no_scoped_role_left(cast: Cast) -> None:
    User.objects.filter(pk=cast["sales.helpdesk"].pk).update(account_enabled=False)

    assert not ask(cast, "adele.vance").allowed


def test_same_role_may_be_held_over_two_units_but_once_over_each(cast: Cast) -> None:
    unit = make_unit(cast, "South")
    give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[HELPDESK], unit=unit)

    with pytest.raises(IntegrityError), transaction.atomic():
        give(cast, cast["sales.helpdesk"], TEMPLATE_IDS[HELPDESK], unit=unit)
    assert RoleAssignment.objects.filter(user=cast["sales.helpdesk"]).count() == 2


def test_grid_and_panel_say_who_is_outside_and_the_server_refuses_the_same(cast: Cast) -> None:
    client = signed_in(cast["sales.helpdesk"])

    grid = client.get(reverse("users:active"), {"view": "all"}).content.decode()
    refused = reset_by(client, cast["diego.siciliani"])

    assert "outside the administrative units" in grid
    assert refused.status_code == 403
    assert reset_by(client, cast["adele.vance"]).status_code in (200, 302)
    assert not User.objects.get(pk=cast["diego.siciliani"].pk).must_change
    assert User.objects.get(pk=cast["adele.vance"].pk).must_change


@pytest.mark.parametrize("page", ["users:active", "passwords:pick"])
def test_helpdesk_of_a_unit_finds_nobody_by_an_address_that_it_sees_masked(cast: Cast, page: str) -> None:
    cast.add("irvin.sayers", display_name="Irvin Sayers", alternate_email="hidden.owl@mail.example")
    client = signed_in(cast["sales.helpdesk"])

    assert "Irvin Sayers" in client.get(reverse(page), {"search": "irvin", "view": "all"}).content.decode()
    assert "Irvin Sayers" not in client.get(reverse(page), {"search": "hidden.owl", "view": "all"}).content.decode()


def reset_by(client: Client, user: User):
    form = {"how": "automatic", "style": "random", "must_change": "on", "form_key": "0" * 32}
    return client.post(reverse("passwords:reset", args=[user.pk]), form)


def test_units_of_another_tenant_count_nowhere(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        RoleAssignment.objects.create(
            tenant=other.tenant,
            user=cast["diego.siciliani"],
            role=TEMPLATE_IDS[HELPDESK],
            unit=make_unit(other, "Sales"),
            created_at=clock.now(),
        )

    assert cast.actor("diego.siciliani").unit_roles == {}
