"""Roles beside roles, blocks and resets: the last Global Administrator stays, and a demotion that was first counts."""

from __future__ import annotations

from functools import partial

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from passwords.models import PasswordReset
from passwords.reveal import show_to_starter
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import at_once, behind_a_lock, meanwhile
from tests.contracts.matrix import give_group, join, make_group
from tests.passwords import reset_cast
from users.models import RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.people import Refused, list_global_admins
from users.services.role_assignments import RoleOrder, assign_role, remove_role
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
GLOBAL, HELPDESK = Role.GLOBAL_ADMINISTRATOR, Role.HELPDESK_ADMINISTRATOR


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("first", roles=(GLOBAL,))
    made.add("second", roles=(GLOBAL,))
    made.add("adele.vance")
    return made


def take(cast: Cast, actor: str, order: RoleOrder) -> str:
    """Return the code of the refusal, or nothing when it was done."""
    acting = cast.actor(actor)
    with within(cast.tenant):
        try:
            remove_role(actor=acting, order=order, now=clock.now())
        except Refused as refusal:
            return refusal.decision.code
    return ""


def boss(cast: Cast, name: str) -> RoleOrder:
    return RoleOrder(role=GLOBAL, user_id=cast[name].pk)


def lock(cast: Cast) -> Tenant:
    return Tenant.objects.select_for_update().get(pk=cast.tenant.pk)


def test_of_two_who_take_the_role_from_each_other_one_stays(cast: Cast) -> None:
    codes = behind_a_lock(
        partial(lock, cast),
        [partial(take, cast, "first", boss(cast, "second")), partial(take, cast, "second", boss(cast, "first"))],
    )

    assert sorted(codes) == ["", "NO_RIGHT_ROLE_ASSIGN"]
    with within(cast.tenant):
        assert len(list_global_admins()) == 1


def test_of_two_from_whom_two_others_take_the_role_one_stays(cast: Cast) -> None:
    """Neither actor loses a right meanwhile: only the count under the tenant's lock stands in between."""
    for name in ("guard1", "guard2"):
        cast.add(name, roles=(Role.PRIVILEGED_ROLE_ADMINISTRATOR,))

    codes = behind_a_lock(
        partial(lock, cast),
        [partial(take, cast, "guard1", boss(cast, "first")), partial(take, cast, "guard2", boss(cast, "second"))],
    )

    assert sorted(codes) == ["", "LAST_GLOBAL_ADMIN"]
    assert AuditEvent.objects.filter(activity="Remove member from role", result="failure").count() == 1


def test_person_and_group_that_lose_the_role_at_once_leave_one(cast: Cast) -> None:
    cast.add("guard1", roles=(Role.PRIVILEGED_ROLE_ADMINISTRATOR,))
    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast["second"]).delete()
        bosses = make_group(cast, "Bosses", is_role_assignable=True)
        join(cast, bosses, cast["second"])
        give_group(cast, bosses, TEMPLATE_IDS[GLOBAL])

    codes = behind_a_lock(
        partial(lock, cast),
        [
            partial(take, cast, "guard1", boss(cast, "first")),
            partial(take, cast, "guard1", RoleOrder(role=GLOBAL, group_id=bosses.pk)),
        ],
    )

    assert sorted(codes) == ["", "LAST_GLOBAL_ADMIN"]


def test_same_role_given_many_times_at_once_is_given_once(cast: Cast) -> None:
    actor, order = cast.actor("first"), RoleOrder(role=HELPDESK, user_id=cast["adele.vance"].pk)

    def give() -> bool:
        with within(cast.tenant):
            return assign_role(actor=actor, order=order, now=clock.now()).changed

    assert sorted(at_once([give] * 6)) == [False] * 5 + [True]
    assert AuditEvent.objects.filter(activity="Add member to role", details__has_key="ActingRole").count() == 1


def test_promotion_between_the_look_and_the_reading_keeps_the_password_sealed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starter is about to read; the person becomes Global Administrator first."""
    cast.add("desk", roles=(HELPDESK,))
    outcome = reset_cast.reset(cast, "adele.vance", actor="desk")
    boss_of_all, starter = cast.actor("first"), cast.actor("desk")
    assert outcome.reset_id

    def promote() -> None:
        with within(cast.tenant):
            assign_role(actor=boss_of_all, order=boss(cast, "adele.vance"), now=clock.now())

    meanwhile(monkeypatch, "passwords.reveal._judge", promote)
    with within(cast.tenant):
        shown: Secret | None = show_to_starter(outcome.reset_id, actor=starter, now=clock.now())
        assert shown is None
        assert PasswordReset.objects.get(pk=outcome.reset_id).sealed_password == ""
        assert User.objects.get(pk=cast["adele.vance"].pk).account_enabled
