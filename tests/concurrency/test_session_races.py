"""Sessions that end while a request of theirs waits: what was asked with a dead one is refused, whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import behind_a_lock
from tests.contracts.matrix import give_group, join, make_group
from tests.passwords import reset_cast
from users.models import Group, GroupMember, RoleAssignment, Session, User
from users.roles import TEMPLATE_IDS, Role
from users.services.groups import Part, add_to_group, delete_group, remove_from_group
from users.services.people import Refused, sign_out_everywhere
from users.services.role_assignments import RoleOrder, assign_role, remove_role
from users.sessions import digest_of, open_session
from users.snapshots import snapshot_of
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

GLOBAL, CHIEF = Role.GLOBAL_ADMINISTRATOR, Role.PRIVILEGED_ROLE_ADMINISTRATOR
Act = Callable[..., Any]


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("boss", roles=(GLOBAL,))
    made.add("chief", roles=(CHIEF,))
    made.add("guard", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))
    with within(made.tenant):
        for name in ("Bosses", "Joined"):
            give_group(made, make_group(made, name, is_role_assignable=True), TEMPLATE_IDS[GLOBAL])
        join(made, Group.objects.get(name="Joined"), made["chief"])
    return made


def session_of(cast: Cast, name: str) -> Session:
    with within(cast.tenant):
        key = open_session(cast[name], now=clock.now())
    session = Session.objects.get(pk=digest_of(key))
    session.user, session.tenant = cast[name], cast.tenant
    return session


def is_reset(cast: Cast, name: str) -> None:
    reset_cast.reset(cast, name, actor="guard", must_change=False)


def signs_out_everywhere(cast: Cast, name: str) -> None:
    with within(cast.tenant):
        sign_out_everywhere(cast[name], by=snapshot_of(cast[name]), now=clock.now())


def refusal_behind_the_end(cast: Cast, name: str, end: Act, act: Act) -> str:
    """Let somebody's request wait at their row while their session ends; return how it was refused, if it was."""

    def asked() -> str:
        with within(cast.tenant):
            try:
                act()
            except Refused as refusal:
                return refusal.decision.code
        return ""

    def row() -> User:
        with within(cast.tenant):
            return User.objects.select_for_update(of=("self",), no_key=True).get(pk=cast[name].pk)

    (code,) = behind_a_lock(row, [asked], then=partial(end, cast, name))
    return code


def rights_act(cast: Cast, way: str) -> Act:
    """Return what changes the chief's own rights by one of the ways, with a session that is alive now."""
    chief = cast["chief"]
    actor, session = cast.actor("chief"), session_of(cast, "chief")
    with within(cast.tenant):
        bosses, joined = (Group.objects.get(name=name).pk for name in ("Bosses", "Joined"))
    people = {"part": Part.MEMBER, "user_ids": [chief.pk]}
    asks: dict[str, tuple[Act, dict[str, Any]]] = {
        "role given": (assign_role, {"order": RoleOrder(role=GLOBAL, user_id=chief.pk)}),
        "role taken": (remove_role, {"order": RoleOrder(role=CHIEF, user_id=chief.pk)}),
        "group joined": (add_to_group, {"group_id": bosses, **people}),
        "group left": (remove_from_group, {"group_id": joined, **people}),
        "group deleted": (delete_group, {"group_id": joined}),
    }
    act, values = asks[way]
    return partial(act, actor=actor, session=session, now=clock.now(), **values)


def rights_of(cast: Cast, name: str) -> tuple[set[Any], set[Any]]:
    with within(cast.tenant):
        roles = RoleAssignment.objects.filter(user=cast[name]).values_list("role", flat=True)
        groups = GroupMember.objects.filter(user=cast[name]).values_list("group__name", flat=True)
        return set(roles), set(groups)


@pytest.mark.parametrize("end", [is_reset, signs_out_everywhere])
@pytest.mark.parametrize("way", ["role given", "role taken", "group joined", "group left", "group deleted"])
def test_session_that_ended_meanwhile_changes_no_rights_and_does_not_go_on(cast: Cast, way: str, end: Act) -> None:
    before = rights_of(cast, "chief")

    code = refusal_behind_the_end(cast, "chief", end, rights_act(cast, way))

    assert code == "RESET_STEP_UP"
    assert rights_of(cast, "chief") == before
    assert not Session.objects.filter(user=cast["chief"], ended_at=None).exists()
    assert AuditEvent.objects.filter(result="failure", details__RefusalCode="RESET_STEP_UP").count() == 1
