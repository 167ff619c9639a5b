"""Giving and taking roles: who may, what it ends, what it refuses, and its audit rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from passwords.reveal import LinkState, find_link
from tests.cast import Cast, make_cast
from tests.contracts.matrix import give, give_group, join, make_group
from tests.passwords import reset_cast
from users.access import can_reset
from users.models import AdministrativeUnit, RoleAssignment, Session, Tenant, UnitMember, User
from users.role_catalogue import UNIT_ROLES
from users.roles import TEMPLATE_IDS, Role
from users.services.people import Refused
from users.services.role_assignments import RoleOrder, assign_role, remove_role
from users.sessions import digest_of, find_session, open_session
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

HELPDESK, GLOBAL = Role.HELPDESK_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR
ADD, REMOVE = "Add member to role", "Remove member from role"
ASSIGNERS = {Role.GLOBAL_ADMINISTRATOR, Role.PRIVILEGED_ROLE_ADMINISTRATOR}


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


@pytest.fixture
def unit(cast: Cast) -> AdministrativeUnit:
    return AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())


def order(cast: Cast, name: str, role: Role = HELPDESK, **over: Any) -> RoleOrder:
    return RoleOrder(role=role, user_id=cast[name].pk, **over)


def assign(cast: Cast, wanted: RoleOrder, *, by: str = "privileged.role.admin") -> bool:
    return assign_role(actor=cast.actor(by), order=wanted, now=clock.now()).changed


def remove(cast: Cast, wanted: RoleOrder, *, by: str = "privileged.role.admin") -> bool:
    return remove_role(actor=cast.actor(by), order=wanted, now=clock.now()).changed


def refusal_of(act: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*args, **values)
    return refused.value.decision.code


def roles_of(cast: Cast, name: str) -> set[str]:
    return {str(role) for role in load_facts([cast[name]])[cast[name].pk].held}


def rows(activity: str) -> list[AuditEvent]:
    """Return the rows of this test: those of the cast's making have no entrance."""
    return [row for row in AuditEvent.objects.filter(activity=activity).order_by("pk") if "Entrance" in row.details]


@pytest.mark.parametrize("role", Role)
def test_only_privileged_role_and_global_administrators_assign(cast: Cast, role: Role) -> None:
    local = role.value.lower().replace("administrator", "admin").replace(" ", ".")

    if role in ASSIGNERS:
        assert assign(cast, order(cast, "adele.vance"), by=local)
        assert remove(cast, order(cast, "adele.vance"), by=local)
    else:
        assert refusal_of(assign, cast, order(cast, "adele.vance"), by=local) == "NO_RIGHT_ROLE_ASSIGN"
        assert refusal_of(remove, cast, order(cast, "guest.inviter"), by=local) == "NO_RIGHT_ROLE_ASSIGN"
        assert roles_of(cast, "adele.vance") == set()
        assert [row.details["RefusalCode"] for row in rows(ADD)] == ["NO_RIGHT_ROLE_ASSIGN"]


@pytest.mark.parametrize("role", Role)
def test_every_role_is_given_and_taken(cast: Cast, role: Role) -> None:
    assert assign(cast, order(cast, "adele.vance", role))
    assert roles_of(cast, "adele.vance") == {role}

    assert remove(cast, order(cast, "adele.vance", role))
    assert roles_of(cast, "adele.vance") == set()


def test_audit_row_names_role_unit_and_who(cast: Cast, unit: AdministrativeUnit) -> None:
    assign(cast, order(cast, "adele.vance", unit_id=unit.pk))
    remove(cast, order(cast, "adele.vance", unit_id=unit.pk))

    (added,), (removed,) = rows(ADD), rows(REMOVE)
    assert added.details == {
        "Role": HELPDESK,
        "Unit": "Sales",
        "ActingRole": "Privileged Role Administrator",
        "Entrance": "panel",
    }
    assert added.targets[0]["modified"][0] == {"name": "Role.DisplayName", "old": "", "new": HELPDESK}
    assert removed.targets[0]["modified"][0] == {"name": "Role.DisplayName", "old": HELPDESK, "new": ""}
    assert (added.subject_id, added.actor_id) == (cast["adele.vance"].pk, cast["privileged.role.admin"].pk)
    assert (added.category, removed.operation) == ("RoleManagement", "Unassign")


def test_same_role_twice_changes_nothing_and_leaves_no_row(cast: Cast) -> None:
    assert [assign(cast, order(cast, "adele.vance")) for _ in range(2)] == [True, False]
    assert [remove(cast, order(cast, "adele.vance")) for _ in range(2)] == [True, False]

    assert (len(rows(ADD)), len(rows(REMOVE))) == (1, 1)


def test_same_role_is_held_over_the_tenant_and_over_a_unit_side_by_side(cast: Cast, unit: AdministrativeUnit) -> None:
    assert assign(cast, order(cast, "adele.vance"))
    assert assign(cast, order(cast, "adele.vance", unit_id=unit.pk))

    assert remove(cast, order(cast, "adele.vance"))
    actor = cast.actor("adele.vance")
    assert (actor.roles, dict(actor.unit_roles)) == (frozenset(), {unit.pk: frozenset({HELPDESK})})


def test_role_over_a_unit_reaches_its_people_alone(cast: Cast, unit: AdministrativeUnit) -> None:
    UnitMember.objects.create(tenant=cast.tenant, unit=unit, user=cast["diego.siciliani"])

    assign(cast, order(cast, "adele.vance", unit_id=unit.pk))

    facts = load_facts([cast["diego.siciliani"], cast["never.issued"]])
    inside, outside = (can_reset(cast.actor("adele.vance"), each) for each in facts.values())
    assert (inside.allowed, inside.acting_unit, outside.allowed) == (True, "Sales", False)


@pytest.mark.parametrize("role", Role)
def test_only_some_roles_are_limited_to_a_unit(cast: Cast, unit: AdministrativeUnit, role: Role) -> None:
    wanted = order(cast, "adele.vance", role, unit_id=unit.pk)

    if role in UNIT_ROLES:
        assert assign(cast, wanted)
    else:
        assert refusal_of(assign, cast, wanted) == "ROLE_NOT_FOR_UNIT"
        assert roles_of(cast, "adele.vance") == set()


def test_role_over_a_unit_does_not_let_assign(cast: Cast, unit: AdministrativeUnit) -> None:
    """No page makes such a row; whoever writes one into the database gains nothing."""
    assignment = give(cast, cast["adele.vance"], TEMPLATE_IDS[GLOBAL])
    RoleAssignment.objects.filter(pk=assignment.pk).update(unit=unit)

    assert refusal_of(assign, cast, order(cast, "diego.siciliani"), by="adele.vance") == "NO_RIGHT_ROLE_ASSIGN"


def test_eligible_role_becomes_active(cast: Cast) -> None:
    give(cast, cast["adele.vance"], TEMPLATE_IDS[HELPDESK], is_active=False)

    assert assign(cast, order(cast, "adele.vance"))
    assert cast.actor("adele.vance").roles == {HELPDESK}
    assert RoleAssignment.objects.filter(user=cast["adele.vance"]).count() == 1


def test_group_gets_a_role_only_where_it_was_made_for_it(cast: Cast) -> None:
    plain = make_group(cast, "Lunch", is_role_assignable=False)
    desk = make_group(cast, "Service desk", is_role_assignable=True)
    join(cast, desk, cast["adele.vance"])

    assert refusal_of(assign, cast, RoleOrder(role=HELPDESK, group_id=plain.pk)) == "ROLE_GROUP_NOT_ASSIGNABLE"
    assert assign(cast, RoleOrder(role=HELPDESK, group_id=desk.pk))

    assert cast.actor("adele.vance").roles == {HELPDESK}
    assert [(row.result, row.targets[0]["type"]) for row in rows(ADD)] == [("failure", "Group"), ("success", "Group")]


def test_old_proof_is_not_enough(cast: Cast) -> None:
    actor = cast.actor("privileged.role.admin")
    stale = replace(actor, proven_at=clock.now() - timedelta(minutes=11))

    for act in (assign_role, remove_role):
        wanted = order(cast, "guest.inviter", Role.GUEST_INVITER)
        assert refusal_of(act, actor=stale, order=wanted, now=clock.now()) == "RESET_STEP_UP"
    assert roles_of(cast, "guest.inviter") == {Role.GUEST_INVITER}

    Tenant.objects.filter(pk=cast.tenant.pk).update(step_up_minutes=0)
    cast.tenant.refresh_from_db()
    assert remove_role(actor=replace(stale, tenant=cast.tenant), order=wanted, now=clock.now()).changed


@pytest.mark.parametrize("act", [assign, remove])
def test_person_signs_in_again_after_a_change_and_after_no_change_goes_on(cast: Cast, act: Any) -> None:
    name = "adele.vance" if act is assign else "helpdesk.admin"
    key = open_session(cast[name], now=clock.now())
    other = open_session(cast["diego.siciliani"], now=clock.now())

    act(cast, order(cast, name))
    assert find_session(key, now=clock.now()) is None
    assert find_session(other, now=clock.now()) is not None

    key = open_session(cast[name], now=clock.now())
    act(cast, order(cast, name))
    assert find_session(key, now=clock.now()) is not None


def test_every_member_of_a_group_signs_in_again(cast: Cast) -> None:
    desk = make_group(cast, "Service desk", is_role_assignable=True)
    for name in ("adele.vance", "diego.siciliani"):
        join(cast, desk, cast[name])
        open_session(cast[name], now=clock.now())

    assign(cast, RoleOrder(role=HELPDESK, group_id=desk.pk))

    assert not Session.objects.filter(ended_at=None, user__in=[cast["adele.vance"], cast["diego.siciliani"]]).exists()


def test_own_session_goes_on_under_a_new_key_when_the_role_is_ones_own(cast: Cast) -> None:
    began, actor = clock.now() - timedelta(hours=1), cast.actor("global.admin")
    old, elsewhere = (open_session(actor.user, now=clock.now(), began_at=began) for _ in range(2))
    Session.objects.filter(pk=digest_of(old)).update(proven_at=clock.now() - timedelta(minutes=5))
    session = Session.objects.get(pk=digest_of(old))

    change = assign_role(actor=actor, order=order(cast, "global.admin"), session=session, now=clock.now())

    assert change.session_key is not None
    fresh = find_session(change.session_key, now=clock.now())
    assert fresh is not None
    assert (fresh.created_at, fresh.proven_at) == (session.created_at, session.proven_at)
    assert [find_session(key, now=clock.now()) for key in (old, elsewhere)] == [None, None]


def test_somebody_elses_role_leaves_the_actors_session_alone(cast: Cast) -> None:
    actor = cast.actor("global.admin")
    key = open_session(actor.user, now=clock.now())
    session = Session.objects.get(pk=digest_of(key))

    change = assign_role(actor=actor, order=order(cast, "adele.vance"), session=session, now=clock.now())

    assert change.session_key is None
    assert find_session(key, now=clock.now()) is not None


def test_promotion_takes_links_and_sealed_results_from_those_who_hold_them(cast: Cast) -> None:
    """Whoever could reset an employee must not open an administrator's account with what is left of it."""
    outcome = reset_cast.reset(cast, "adele.vance", deliver_to=("desk@contoso.example",), deliver_to_alternate=True)
    bystander = reset_cast.reset(cast, "diego.siciliani", deliver_to=("desk@contoso.example",))
    letters = OutboundMessage.objects.filter(about_user_id=cast["adele.vance"].pk).filter(link_purpose="reveal")
    assert {state_of(letter) for letter in letters} == {LinkState.READY}

    assign(cast, order(cast, "adele.vance", GLOBAL))

    assert {state_of(letter) for letter in letters} == {LinkState.WITHDRAWN}
    assert PasswordReset.objects.get(pk=outcome.reset_id).sealed_password == ""
    assert PasswordReset.objects.get(pk=bystander.reset_id).sealed_password != ""


def state_of(letter: OutboundMessage) -> LinkState:
    from adminportal.outbox import links

    letter.refresh_from_db()
    return find_link(links.token_of(letter), now=clock.now()).state


def test_last_enabled_global_administrator_keeps_the_role(cast: Cast) -> None:
    wanted = order(cast, "global.admin", GLOBAL)

    assert refusal_of(remove, cast, wanted) == "LAST_GLOBAL_ADMIN"
    assert roles_of(cast, "global.admin") == {GLOBAL}
    assert [(row.result, row.details["RefusalCode"]) for row in rows(REMOVE)] == [("failure", "LAST_GLOBAL_ADMIN")]

    assign(cast, order(cast, "adele.vance", GLOBAL))
    assert remove(cast, wanted)


def test_blocked_eligible_or_deleted_colleague_does_not_count_as_another_one(cast: Cast) -> None:
    give(cast, cast["isaiah.langer"], TEMPLATE_IDS[GLOBAL])
    give(cast, cast["adele.vance"], TEMPLATE_IDS[GLOBAL], is_active=False)
    give(cast, cast["diego.siciliani"], TEMPLATE_IDS[GLOBAL])
    User.objects.filter(pk=cast["diego.siciliani"].pk).update(deleted_at=clock.now())

    assert refusal_of(remove, cast, order(cast, "global.admin", GLOBAL)) == "LAST_GLOBAL_ADMIN"


def test_last_one_by_group_counts_and_is_kept(cast: Cast) -> None:
    bosses = make_group(cast, "Bosses", is_role_assignable=True)
    join(cast, bosses, cast["adele.vance"])
    give_group(cast, bosses, TEMPLATE_IDS[GLOBAL])

    assert remove(cast, order(cast, "global.admin", GLOBAL))
    assert refusal_of(remove, cast, RoleOrder(role=GLOBAL, group_id=bosses.pk)) == "LAST_GLOBAL_ADMIN"
    assert cast.actor("adele.vance").roles == {GLOBAL}


def test_strangers_and_deleted_people_do_not_exist(cast: Cast) -> None:
    foreign = make_cast("fabrikam.example", "Fabrikam")
    User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())

    for user_id in (foreign["adele.vance"].pk, cast["adele.vance"].pk, uuid4()):
        with pytest.raises(User.DoesNotExist):
            assign(cast, RoleOrder(role=HELPDESK, user_id=user_id))
    with pytest.raises(AdministrativeUnit.DoesNotExist):
        assign(cast, order(cast, "diego.siciliani", unit_id=uuid4()))
