"""Groups: who may change which, what a change of a role-assignable one ends, and that an administrator stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import Activity
from passwords.models import PasswordReset
from tests.cast import Cast, make_cast, make_tenant
from tests.contracts.matrix import give_group, join, make_group
from tests.passwords.reset_cast import reset
from users.access import can_reset
from users.actors import Actor
from users.models import Group, GroupMember, GroupOwner, RoleAssignment, Session, User
from users.refusals import SENTENCES
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, act_on_person
from users.services.groups import (
    Part,
    add_to_group,
    create_group,
    delete_group,
    remove_from_group,
    rename_group,
)
from users.services.people import Refused
from users.sessions import digest_of, open_session
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

GLOBAL = TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]
ORDINARY_MANAGERS = {Role.GROUPS_ADMINISTRATOR, Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}
PROTECTED_MANAGERS = {Role.PRIVILEGED_ROLE_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


@pytest.fixture
def staff(cast: Cast) -> Group:
    return make_group(cast, "Staff", is_role_assignable=False)


@pytest.fixture
def bosses(cast: Cast) -> Group:
    return make_group(cast, "Bosses", is_role_assignable=True)


def actor_of(cast: Cast, role: Role) -> Actor:
    return cast.actor(role.value.lower().replace("administrator", "admin").replace(" ", "."))


def add(cast: Cast, group: Group, *names: str, actor: str = "global.admin", part: Part = Part.MEMBER) -> str:
    """Return the code of the refusal, or nothing when it was done."""
    ids = [cast[name].pk for name in names]
    try:
        add_to_group(actor=cast.actor(actor), group_id=group.pk, part=part, user_ids=ids, now=clock.now())
    except Refused as refusal:
        return refusal.decision.code
    return ""


def remove(cast: Cast, group: Group, *names: str, actor: str = "global.admin", part: Part = Part.MEMBER) -> str:
    ids = [cast[name].pk for name in names]
    try:
        remove_from_group(actor=cast.actor(actor), group_id=group.pk, part=part, user_ids=ids, now=clock.now())
    except Refused as refusal:
        return refusal.decision.code
    return ""


def members(group: Group, model: type[GroupMember] | type[GroupOwner] = GroupMember) -> set[UUID]:
    return set(model.objects.filter(group=group).values_list("user", flat=True))


def alive(cast: Cast, name: str) -> bool:
    return Session.objects.filter(user=cast[name], ended_at=None).exists()


@pytest.mark.parametrize("role", Role)
def test_only_the_roles_of_the_specification_change_groups(cast: Cast, staff: Group, bosses: Group, role: Role) -> None:
    actor, adele = actor_of(cast, role), cast["adele.vance"].pk

    def may(group: Group) -> bool:
        try:
            add_to_group(actor=actor, group_id=group.pk, part=Part.MEMBER, user_ids=[adele], now=clock.now())
        except Refused as refusal:
            assert refusal.decision.code in ("NO_RIGHT_GROUP_MANAGE", "NO_RIGHT_PROTECTED_GROUP")
            assert refusal.decision.code in SENTENCES
            return False
        return True

    assert may(staff) is (role in ORDINARY_MANAGERS)
    assert may(bosses) is (role in PROTECTED_MANAGERS)


def test_whether_roles_can_be_given_is_settled_when_the_group_is_made(cast: Cast) -> None:
    made = create_group(actor=cast.actor("global.admin"), name="Desk", is_role_assignable=True, now=clock.now())

    rename_group(actor=cast.actor("global.admin"), group_id=made.pk, name="Service desk", now=clock.now())

    made.refresh_from_db()
    assert (made.name, made.is_role_assignable) == ("Service desk", True)
    added, renamed = AuditEvent.objects.filter(activity__in=["Add group", "Update group"]).order_by("pk")
    assert {"name": "IsAssignableToRole", "old": "", "new": "True"} in added.targets[0]["modified"]
    assert renamed.targets[0]["modified"] == [{"name": "DisplayName", "old": "Desk", "new": "Service desk"}]
    assert (added.targets[0]["type"], added.details["ActingRole"]) == ("Group", "Global Administrator")


@pytest.mark.parametrize("name", ["Staff", "staff"])
def test_taken_name_is_refused_for_a_new_group_and_for_a_rename(
    cast: Cast, staff: Group, bosses: Group, name: str
) -> None:
    with pytest.raises(Refused) as creating:
        create_group(actor=cast.actor("global.admin"), name=name, is_role_assignable=False, now=clock.now())
    with pytest.raises(Refused) as renaming:
        rename_group(actor=cast.actor("global.admin"), group_id=bosses.pk, name=name, now=clock.now())

    assert creating.value.decision.code == renaming.value.decision.code == "GROUP_NAME_TAKEN"
    assert Group.objects.filter(name__iexact="staff").count() == 1
    assert AuditEvent.objects.filter(result="failure").count() == 2


def test_group_keeps_its_name_and_changes_its_case(cast: Cast, staff: Group) -> None:
    for name in ("Staff", "STAFF"):
        rename_group(actor=cast.actor("global.admin"), group_id=staff.pk, name=name, now=clock.now())

    assert AuditEvent.objects.filter(activity="Update group").count() == 1


def test_same_name_in_another_tenant_is_free(cast: Cast, staff: Group) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        create_group(actor=other.actor("global.admin"), name="Staff", is_role_assignable=False, now=clock.now())


@pytest.mark.parametrize(
    ("part", "activity"), [(Part.MEMBER, "Add member to group"), (Part.OWNER, "Add owner to group")]
)
def test_each_who_is_added_has_a_row_of_their_own(cast: Cast, staff: Group, part: Part, activity: str) -> None:
    add(cast, staff, "adele.vance", "diego.siciliani", part=part)
    add(cast, staff, "adele.vance", part=part)

    rows = AuditEvent.objects.filter(activity=activity)
    assert {row.subject_id for row in rows} == {cast["adele.vance"].pk, cast["diego.siciliani"].pk}
    assert rows.count() == 2
    assert {"name": "Group.DisplayName", "old": "", "new": "Staff"} in rows[0].targets[0]["modified"]


@pytest.mark.parametrize("part", Part)
def test_joining_a_role_assignable_group_ends_sessions_and_sealed_results(
    cast: Cast, bosses: Group, part: Part
) -> None:
    outcome = reset(cast, "adele.vance", actor="helpdesk.admin", deliver_to_alternate=True)
    User.objects.filter(pk=cast["adele.vance"].pk).update(strong_password_required=False)
    open_session(cast["adele.vance"], now=clock.now())
    open_session(cast["diego.siciliani"], now=clock.now())

    assert add(cast, bosses, "adele.vance", part=part) == ""

    assert not alive(cast, "adele.vance") and alive(cast, "diego.siciliani")
    assert PasswordReset.objects.get(pk=outcome.reset_id).sealed_password == ""
    assert User.objects.get(pk=cast["adele.vance"].pk).strong_password_required
    facts = load_facts([cast["adele.vance"]])[cast["adele.vance"].pk]
    assert can_reset(cast.actor("helpdesk.admin"), facts).code == "RESET_TARGET_RA_GROUP"


def test_joining_an_ordinary_group_leaves_sessions_alone(cast: Cast, staff: Group) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    add(cast, staff, "adele.vance")
    remove(cast, staff, "adele.vance")

    assert alive(cast, "adele.vance")


def test_leaving_a_role_assignable_group_ends_sessions(cast: Cast, bosses: Group) -> None:
    join(cast, bosses, cast["adele.vance"])
    open_session(cast["adele.vance"], now=clock.now())

    assert remove(cast, bosses, "adele.vance", "diego.siciliani") == ""

    assert not members(bosses) and not alive(cast, "adele.vance")
    assert AuditEvent.objects.filter(activity="Remove member from group").count() == 1


def test_own_session_of_whoever_joins_goes_on_under_a_new_key(cast: Cast, bosses: Group) -> None:
    boss = cast["global.admin"]
    key = open_session(boss, now=clock.now())
    session = Session.objects.get(pk=digest_of(key))

    change = add_to_group(
        actor=cast.actor("global.admin"),
        group_id=bosses.pk,
        part=Part.OWNER,
        user_ids=[boss.pk],
        session=session,
        now=clock.now(),
    )

    assert change.session_key is not None
    (row,) = Session.objects.filter(user=boss, ended_at=None)
    assert row.pk == digest_of(change.session_key) != session.pk
    assert row.proven_at == session.proven_at


def test_role_assignable_group_asks_for_fresh_proof_and_an_ordinary_one_does_not(
    cast: Cast, staff: Group, bosses: Group
) -> None:
    actor = cast.actor("global.admin")
    with clock.travel(timedelta(minutes=11)):
        now = clock.now()
        add_to_group(actor=actor, group_id=staff.pk, part=Part.MEMBER, user_ids=[cast["adele.vance"].pk], now=now)
        for act in (
            lambda: add_to_group(
                actor=actor, group_id=bosses.pk, part=Part.MEMBER, user_ids=[cast["adele.vance"].pk], now=now
            ),
            lambda: remove_from_group(actor=actor, group_id=bosses.pk, part=Part.MEMBER, user_ids=[], now=now),
            lambda: rename_group(actor=actor, group_id=bosses.pk, name="Chiefs", now=now),
            lambda: delete_group(actor=actor, group_id=bosses.pk, now=now),
            lambda: create_group(actor=actor, name="More", is_role_assignable=True, now=now),
        ):
            with pytest.raises(Refused) as refusal:
                act()
            assert refusal.value.decision.code == "RESET_STEP_UP"
    assert not members(bosses) and Group.objects.filter(name="Bosses").exists()


def test_last_global_administrator_by_group_is_neither_removed_nor_deleted_with_it(cast: Cast, bosses: Group) -> None:
    give_group(cast, bosses, GLOBAL)
    join(cast, bosses, cast["adele.vance"])
    RoleAssignment.objects.filter(user=cast["global.admin"], role=GLOBAL).delete()
    before = members(bosses)

    assert remove(cast, bosses, "adele.vance", actor="privileged.role.admin") == "LAST_GLOBAL_ADMIN"
    with pytest.raises(Refused) as refusal:
        delete_group(actor=cast.actor("privileged.role.admin"), group_id=bosses.pk, now=clock.now())

    assert refusal.value.decision.code == "LAST_GLOBAL_ADMIN"
    assert members(bosses) == before and RoleAssignment.objects.filter(group=bosses).exists()
    failures = AuditEvent.objects.filter(result="failure", details__RefusalCode="LAST_GLOBAL_ADMIN")
    assert {row.targets[0]["id"] for row in failures} == {str(bosses.pk)}
    assert not AuditEvent.objects.filter(activity="Delete group", result="success").exists()


def test_owner_of_that_group_is_no_administrator_and_can_go(cast: Cast, bosses: Group) -> None:
    give_group(cast, bosses, GLOBAL)
    join(cast, bosses, cast["adele.vance"])
    GroupOwner.objects.create(tenant=cast.tenant, group=bosses, user=cast["diego.siciliani"])
    RoleAssignment.objects.filter(user=cast["global.admin"], role=GLOBAL).delete()

    assert remove(cast, bosses, "diego.siciliani", actor="privileged.role.admin", part=Part.OWNER) == ""


def test_one_of_two_by_group_can_go(cast: Cast, bosses: Group) -> None:
    give_group(cast, bosses, GLOBAL)
    for name in ("adele.vance", "diego.siciliani"):
        join(cast, bosses, cast[name])
    RoleAssignment.objects.filter(user=cast["global.admin"], role=GLOBAL).delete()

    assert remove(cast, bosses, "adele.vance", actor="privileged.role.admin") == ""
    assert remove(cast, bosses, "diego.siciliani", actor="privileged.role.admin") == "LAST_GLOBAL_ADMIN"


def test_deleted_group_takes_its_roles_and_sessions_with_it(cast: Cast, bosses: Group) -> None:
    give_group(cast, bosses, TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR])
    join(cast, bosses, cast["adele.vance"])
    open_session(cast["adele.vance"], now=clock.now())

    delete_group(actor=cast.actor("global.admin"), group_id=bosses.pk, now=clock.now())

    assert not Group.objects.filter(pk=bosses.pk).exists() and not alive(cast, "adele.vance")
    assert not RoleAssignment.objects.filter(user=None, role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR]).exists()
    row = AuditEvent.objects.get(activity=Activity.DELETE_GROUP)
    assert (row.details["Roles"], row.details["Members"]) == ("Helpdesk Administrator", "1")


def test_foreign_group_and_foreign_person_are_not_there(cast: Cast, staff: Group) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    stranger = other.add("stranger")
    with within(other.tenant):
        foreign = make_group(other, "Theirs", is_role_assignable=False)
    actor, now = cast.actor("global.admin"), clock.now()

    with pytest.raises(Group.DoesNotExist):
        delete_group(actor=actor, group_id=foreign.pk, now=now)
    with pytest.raises(User.DoesNotExist):
        ids = [cast["adele.vance"].pk, stranger.pk]
        add_to_group(actor=actor, group_id=staff.pk, part=Part.MEMBER, user_ids=ids, now=now)

    assert not members(staff)


def test_actor_who_was_blocked_meanwhile_changes_nothing(cast: Cast, staff: Group) -> None:
    actor = cast.actor("groups.admin")
    act_on_person(actor=cast.actor("global.admin"), act=Act.BLOCK, user_id=actor.id, now=clock.now())

    with pytest.raises(Refused):
        rename_group(actor=actor, group_id=staff.pk, name="Mine", now=clock.now())
