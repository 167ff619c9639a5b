"""Blocks beside blocks and demotions: a tenant never loses its last Global Administrator."""

from __future__ import annotations

from functools import partial

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import at_once, behind_a_lock
from users.models import RoleAssignment, Tenant, User
from users.roles import Role
from users.services.acts import Act, Refused, act_on_person
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
