"""Groups beside each other and beside resets: nobody slips through between the question and the commit."""

from __future__ import annotations

from functools import partial

import pytest

from adminportal import clock
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import at_once, behind_a_lock
from tests.contracts.matrix import give_group, join, make_group
from users.authority import AdminActs
from users.models import Group, GroupMember, RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, act_on_people
from users.services.groups import Part, add_to_group, create_group, remove_from_group
from users.services.people import Refused, global_admins
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("chief", roles=(Role.PRIVILEGED_ROLE_ADMINISTRATOR,))
    made.add("guard", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))
    made.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    made.add("first")
    made.add("second")
    return made


@pytest.fixture
def bosses(cast: Cast) -> Group:
    with within(cast.tenant):
        group = make_group(cast, "Bosses", is_role_assignable=True)
        give_group(cast, group, TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
        for name in ("first", "second"):
            join(cast, group, cast[name])
    return group


def remove(cast: Cast, group: Group, name: str) -> str:
    """Return the code of the refusal, or nothing when it was done."""
    actor = cast.actor("chief")
    with within(cast.tenant):
        try:
            remove_from_group(
                actor=actor, group_id=group.pk, part=Part.MEMBER, user_ids=[cast[name].pk], now=clock.now()
            )
        except Refused as refusal:
            return refusal.decision.code
    return ""


def block(cast: Cast, name: str) -> str:
    actor = cast.actor("guard")
    with within(cast.tenant):
        (outcome,) = act_on_people(
            tenant=cast.tenant,
            act=Act.BLOCK,
            user_ids=[cast[name].pk],
            authority=AdminActs(actor=actor),
            now=clock.now(),
        )
    return outcome.decision.code


def test_of_two_who_are_administrators_by_group_one_stays(cast: Cast, bosses: Group) -> None:
    codes = behind_a_lock(
        lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk),
        [partial(remove, cast, bosses, "first"), partial(remove, cast, bosses, "second")],
    )

    assert sorted(codes) == ["", "LAST_GLOBAL_ADMIN"]
    with within(cast.tenant):
        assert global_admins().count() == 1


def test_one_removed_and_the_other_blocked_at_once_leaves_one(cast: Cast, bosses: Group) -> None:
    codes = behind_a_lock(
        lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk),
        [partial(remove, cast, bosses, "first"), partial(block, cast, "second")],
    )

    assert sorted(codes) == ["", "LAST_GLOBAL_ADMIN"]
    with within(cast.tenant):
        assert global_admins().count() == 1


def test_person_who_joins_while_a_change_is_forced_is_out_of_reach(cast: Cast) -> None:
    """The helpdesk was asked for before the group was; the row lock decides who was first."""
    with within(cast.tenant):
        group = make_group(cast, "Chiefs", is_role_assignable=True)
    acting, chief = cast.actor("helpdesk"), cast.actor("chief")

    def force() -> str:
        with within(cast.tenant):
            (outcome,) = act_on_people(
                tenant=cast.tenant,
                act=Act.FORCE_CHANGE,
                user_ids=[cast["first"].pk],
                authority=AdminActs(actor=acting),
                now=clock.now(),
            )
        return outcome.decision.code

    with within(cast.tenant):
        (code,) = behind_a_lock(
            lambda: User.objects.select_for_update().get(pk=cast["first"].pk),
            [force],
            then=lambda: add_to_group(
                actor=chief, group_id=group.pk, part=Part.MEMBER, user_ids=[cast["first"].pk], now=clock.now()
            ),
        )

        assert code == "RESET_TARGET_RA_GROUP"
        assert not User.objects.get(pk=cast["first"].pk).must_change


def test_many_who_add_the_same_people_add_each_once(cast: Cast) -> None:
    with within(cast.tenant):
        group = make_group(cast, "Chiefs", is_role_assignable=True)
    people = [cast[name].pk for name in ("first", "second", "helpdesk")]

    def add(ids: list[object]) -> int:
        actor = cast.actor("chief")
        with within(cast.tenant):
            change = add_to_group(
                actor=actor,
                group_id=group.pk,
                part=Part.MEMBER,
                user_ids=ids,  # type: ignore[arg-type]
                now=clock.now(),
            )
        return change.changed

    added = at_once([partial(add, people), partial(add, people[::-1])] * 3)

    assert sum(added) == 3
    with within(cast.tenant):
        assert GroupMember.objects.filter(group=group).count() == 3


def test_of_two_groups_with_one_name_one_is_made(cast: Cast) -> None:
    def create() -> str:
        actor = cast.actor("chief")
        with within(cast.tenant):
            try:
                create_group(actor=actor, name="Desk", is_role_assignable=True, now=clock.now())
            except Refused as refusal:
                return refusal.decision.code
        return ""

    assert sorted(at_once([create] * 4)) == ["", *["GROUP_NAME_TAKEN"] * 3]
    with within(cast.tenant):
        assert Group.objects.filter(name="Desk").count() == 1
        assert RoleAssignment.objects.filter(group__name="Desk").count() == 0
