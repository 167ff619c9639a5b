"""Blocks beside blocks and demotions: a tenant never loses its last Global Administrator."""

from __future__ import annotations

from functools import partial

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_tenant, part
from tests.concurrency.crowd import at_once, behind_a_lock
from tests.contracts.matrix import give
from users.authority import AdminActs
from users.models import RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, Refused, act_on_people, act_on_person
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("first", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("second", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("adele.vance")
    return made


def block(cast: Cast, actor: str, target: str) -> str:
    """Return the code of the refusal, or nothing when it was done."""
    acting = cast.actor(actor)
    with within(cast.tenant):
        try:
            act_on_person(act=Act.BLOCK, actor=acting, user_id=cast[target].pk, reason="", now=clock.now())
        except Refused as refusal:
            return refusal.decision.code
    return ""


def test_of_two_global_administrators_who_block_each_other_one_stays(cast: Cast) -> None:
    """Both have asked who they are and stand before the same lock when the first one is let go."""
    behind_a_lock(
        lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk),
        [partial(block, cast, "first", "second"), partial(block, cast, "second", "first")],
    )

    with within(cast.tenant):
        assert User.objects.filter(role_assignments__isnull=False, account_enabled=True).count() == 1
    assert AuditEvent.objects.filter(activity="Disable account", result="success").count() == 1
    assert AuditEvent.objects.filter(activity="Disable account", result="failure").count() == 1


def test_of_two_global_administrators_whom_two_others_block_at_once_one_stays(cast: Cast) -> None:
    """Neither actor loses a right meanwhile: only the count under the tenant's lock stands in between."""
    for name in ("guard1", "guard2"):
        cast.add(name, roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))

    codes = behind_a_lock(
        lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk),
        [partial(block, cast, "guard1", "first"), partial(block, cast, "guard2", "second")],
    )

    assert sorted(codes) == ["", "LAST_GLOBAL_ADMIN"]


def test_many_blocks_at_once_leave_one(cast: Cast) -> None:
    names = ["first", "second", *(f"boss{number}" for number in range(4))]
    for name in names[2:]:
        cast.add(name, roles=(Role.GLOBAL_ADMINISTRATOR,))

    at_once([partial(block, cast, actor, target) for actor in names for target in names if actor != target])

    with within(cast.tenant):
        assert User.objects.filter(role_assignments__isnull=False, account_enabled=True).count() >= 1


def test_demotion_that_commits_first_is_obeyed(cast: Cast) -> None:
    """The actor was read with the request; the role is gone when the row lock is theirs."""
    with within(cast.tenant):
        (code,) = behind_a_lock(
            lambda: User.objects.select_for_update().get(pk=cast["adele.vance"].pk),
            [partial(block, cast, "first", "adele.vance")],
            then=lambda: RoleAssignment.objects.filter(user=cast["first"]).delete(),
        )

    assert code == "NO_RIGHT_USER_BLOCK"
    with within(cast.tenant):
        assert User.objects.get(pk=cast["adele.vance"].pk).account_enabled


def block_all(cast: Cast, actor: str, names: list[str]) -> list[str]:
    """Block people by one batch and return the codes."""
    acting = cast.actor(actor)
    with within(cast.tenant):
        outcomes = act_on_people(
            tenant=cast.tenant,
            act=Act.BLOCK,
            user_ids=[cast[name].pk for name in names],
            authority=AdminActs(actor=acting),
            now=clock.now(),
        )
    return [outcome.decision.code for outcome in outcomes]


def test_two_batches_that_together_name_every_global_administrator_leave_one(cast: Cast) -> None:
    """Each batch leaves the people of the other: only the count under the tenant's lock sees both."""
    for name in ("third", "fourth"):
        cast.add(name, roles=(Role.GLOBAL_ADMINISTRATOR,))
    for name in ("guard1", "guard2"):
        cast.add(name, roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))

    codes = behind_a_lock(
        lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk),
        [
            partial(block_all, cast, "guard1", ["first", "second"]),
            partial(block_all, cast, "guard2", ["third", "fourth"]),
        ],
    )

    assert sorted(code for some in codes for code in some) == ["", "", "", "LAST_GLOBAL_ADMIN"]


def test_batches_over_the_same_people_in_other_orders_never_wait_for_each_other_forever(cast: Cast) -> None:
    names = [f"person{number}" for number in range(20)]
    cast.add_all(*(part(name, has_password=False) for name in names))

    codes = at_once(
        [partial(block_all, cast, "first", names), partial(block_all, cast, "second", list(reversed(names)))] * 3
    )

    assert {code for some in codes for code in some} == {""}
    assert AuditEvent.objects.filter(activity="Disable account", result="success").count() == len(names)


def test_person_who_is_promoted_meanwhile_is_not_forced_to_change(cast: Cast) -> None:
    cast.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    acting = cast.actor("helpdesk")

    def force() -> str:
        with within(cast.tenant):
            (outcome,) = act_on_people(
                tenant=cast.tenant,
                act=Act.FORCE_CHANGE,
                user_ids=[cast["adele.vance"].pk],
                authority=AdminActs(actor=acting),
                now=clock.now(),
            )
        return outcome.decision.code

    with within(cast.tenant):
        (code,) = behind_a_lock(
            lambda: User.objects.select_for_update().get(pk=cast["adele.vance"].pk),
            [force],
            then=lambda: give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]),
        )

        assert code == "RESET_TARGET_ROLE"
        assert not User.objects.get(pk=cast["adele.vance"].pk).must_change
