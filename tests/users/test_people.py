"""Create, block, allow, sign out, unlock: each once, refused, of another tenant, twice, and with its audit row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, transaction

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from tests.cast import PASSWORD, Cast, make_tenant
from tests.contracts.matrix import give, give_group, join, make_group
from users.actors import SYSTEM
from users.models import Contact, RoleAssignment, Session, SignInGuard, User
from users.roles import TEMPLATE_IDS, Role
from users.services import acts
from users.services.acts import Act, Refused, act_on_person
from users.services.people import (
    NamesTaken,
    NewPerson,
    count_other_global_admins,
    create_people,
    list_global_admins,
    sign_out_everywhere,
)
from users.services.sign_in import Outcome, SignInResult, sign_in
from users.sessions import open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db

UPN = "adele.vance@contoso.example"
GLOBAL = TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_tenant("contoso.example", "Contoso")
    made.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("privileged", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))
    made.add("user.admin", roles=(Role.USER_ADMINISTRATOR,))
    made.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    made.add("adele.vance")
    with within(made.tenant):
        yield made


def knock(password: str = PASSWORD) -> SignInResult:
    return sign_in(user_name=UPN, password=Secret(password), source="192.0.2.1", device_cookie="", now=clock.now())


def block(cast: Cast, actor: str, target: str) -> str:
    try:
        act_on_person(act=Act.BLOCK, actor=cast.actor(actor), user_id=cast[target].pk, reason="left", now=clock.now())
    except Refused as refusal:
        return refusal.decision.code
    return ""


def stored(cast: Cast, name: str) -> User:
    return User.objects.get(pk=cast[name].pk)


def test_blocked_person_is_out_at_once_and_stays_out(cast: Cast) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    assert block(cast, "user.admin", "adele.vance") == ""

    assert not Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()
    assert knock().outcome is Outcome.WRONG
    assert (stored(cast, "adele.vance").account_enabled, stored(cast, "adele.vance").block_reason) == (False, "left")
    row = AuditEvent.objects.get(activity="Disable account")
    assert (row.result, row.details["ActingRole"]) == ("success", "User Administrator")


def test_allowed_person_signs_in_with_the_password_they_had(cast: Cast) -> None:
    block(cast, "user.admin", "adele.vance")

    act_on_person(act=Act.ALLOW, actor=cast.actor("user.admin"), user_id=cast["adele.vance"].pk, now=clock.now())

    assert knock().outcome is Outcome.RIGHT
    assert stored(cast, "adele.vance").block_reason == ""


def test_block_twice_in_a_row_is_no_fault(cast: Cast) -> None:
    assert [block(cast, "user.admin", "adele.vance") for _ in range(2)] == ["", ""]


@pytest.mark.parametrize(
    ("actor", "target", "code"),
    [
        ("helpdesk", "adele.vance", "NO_RIGHT_USER_BLOCK"),
        ("user.admin", "global", "RESET_TARGET_ROLE"),
        ("user.admin", "user.admin", "BLOCK_SELF"),
        ("privileged", "global", "LAST_GLOBAL_ADMIN"),
    ],
)
def test_refused_block_changes_nothing_and_is_audited(cast: Cast, actor: str, target: str, code: str) -> None:
    open_session(cast[target], now=clock.now())

    assert block(cast, actor, target) == code

    assert stored(cast, target).account_enabled
    assert Session.objects.filter(user=cast[target], ended_at=None).exists()
    row = AuditEvent.objects.get(activity="Disable account")
    assert (row.result, row.details["RefusalCode"]) == ("failure", code)


def test_one_of_two_global_administrators_can_be_blocked_and_the_last_cannot(cast: Cast) -> None:
    cast.add("second", roles=(Role.GLOBAL_ADMINISTRATOR,))

    assert block(cast, "privileged", "second") == ""
    assert block(cast, "privileged", "global") == "LAST_GLOBAL_ADMIN"


def eligible(cast: Cast, user: User) -> None:
    give(cast, user, GLOBAL, is_active=False)


def scoped(cast: Cast, user: User) -> None:
    give(cast, user, GLOBAL, is_restricted_unit=True)


def through_ordinary_group(cast: Cast, user: User) -> None:
    group = make_group(cast, "Staff", is_role_assignable=False)
    give_group(cast, group, GLOBAL)
    join(cast, group, user)


def deleted(cast: Cast, user: User) -> None:
    give(cast, user, GLOBAL)
    User.objects.filter(pk=user.pk).update(deleted_at=clock.now())


@pytest.mark.parametrize("standing", [eligible, scoped, through_ordinary_group, deleted])
def test_who_only_looks_like_a_global_administrator_does_not_count_as_the_other_one(
    cast: Cast, standing: Callable[[Cast, User], None]
) -> None:
    standing(cast, cast["adele.vance"])

    assert count_other_global_admins(cast["global"]) == 0
    assert block(cast, "privileged", "global") == "LAST_GLOBAL_ADMIN"


def test_global_administrator_through_a_role_assignable_group_counts(cast: Cast) -> None:
    group = make_group(cast, "Bosses", is_role_assignable=True)
    give_group(cast, group, GLOBAL)
    join(cast, group, cast["adele.vance"])

    assert list_global_admins() == [stored(cast, "adele.vance"), stored(cast, "global")]
    assert block(cast, "privileged", "global") == ""
    assert block(cast, "privileged", "adele.vance") == "LAST_GLOBAL_ADMIN"


def test_person_of_another_tenant_cannot_be_named(cast: Cast) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")

    with pytest.raises(Refused) as refusal:
        act_on_person(act=Act.BLOCK, actor=cast.actor("global"), user_id=stranger.pk, reason="", now=clock.now())

    assert refusal.value.decision.code == "NOT_FOUND"
    with within(stranger.tenant):
        assert User.objects.get(pk=stranger.pk).account_enabled


def test_signing_a_person_out_ends_every_session_and_keeps_the_password(cast: Cast) -> None:
    for _ in range(3):
        open_session(cast["adele.vance"], now=clock.now())
    open_session(cast["helpdesk"], now=clock.now())

    act_on_person(act=Act.SIGN_OUT, actor=cast.actor("helpdesk"), user_id=cast["adele.vance"].pk, now=clock.now())

    assert list(Session.objects.filter(ended_at=None).values_list("user", flat=True)) == [cast["helpdesk"].pk]
    assert knock().outcome is Outcome.RIGHT


def test_signing_oneself_out_everywhere_is_audited(cast: Cast) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    sign_out_everywhere(cast["adele.vance"], by=SYSTEM, now=clock.now())

    assert not Session.objects.filter(ended_at=None).exists()
    assert AuditEvent.objects.filter(activity="Signed out of all sessions").count() == 1


def test_unlock_ends_a_lock_from_every_place(cast: Cast) -> None:
    for number in range(10):
        knock(f"Wrong-Guess-{number}")
    assert knock().outcome is Outcome.WRONG

    act_on_person(act=Act.UNLOCK, actor=cast.actor("helpdesk"), user_id=cast["adele.vance"].pk, now=clock.now())

    assert not SignInGuard.objects.exists()
    assert knock().outcome is Outcome.RIGHT


def test_unlock_needs_the_right_to_reset(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        act_on_person(act=Act.UNLOCK, actor=cast.actor("helpdesk"), user_id=cast["global"].pk, now=clock.now())

    assert refusal.value.decision.code == "RESET_TARGET_ROLE"


def test_failed_audit_row_takes_the_change_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    def broken(*_: object, **__: object) -> None:
        raise IntegrityError("no room")

    monkeypatch.setattr(acts, "record", broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        block(cast, "user.admin", "adele.vance")

    assert stored(cast, "adele.vance").account_enabled
    assert Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()


def new(name: str, **facts: str) -> NewPerson:
    return NewPerson(user_principal_name=f"{name}@contoso.example", display_name=name, **facts)


def create(cast: Cast, *wanted: NewPerson) -> list[User]:
    return create_people(tenant=cast.tenant, people=wanted, by=SYSTEM, now=clock.now())


def test_created_person_has_no_password_and_no_text_opens_the_account(cast: Cast) -> None:
    (user,) = create(cast, new("megan.bowen", alternate_email="megan@mail.example", mobile_phone="+46 70 174 06 05"))

    assert not user.has_usable_password() and user.password_issued_at is None
    for typed in ("", "!", user.password):
        assert not user.check_password(typed)
    assert set(Contact.objects.filter(user=user).values_list("value", flat=True)) == {
        "megan@mail.example",
        "+46 70 174 06 05",
    }


@pytest.mark.parametrize("name", ["adele.vance", "ADELE.Vance", "ａdele.vance"])
def test_taken_name_creates_nobody_of_the_batch(cast: Cast, name: str) -> None:
    before = User.objects.count()

    with pytest.raises(NamesTaken) as refusal:
        create(cast, new("megan.bowen"), new(name))

    assert refusal.value.names == [UPN]
    assert User.objects.count() == before


def test_name_of_a_deleted_person_and_of_another_tenant_is_taken(cast: Cast) -> None:
    User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())
    other = make_tenant("fabrikam.example", "Fabrikam")
    other.add("stranger")

    for name in (UPN, "stranger@fabrikam.example"):
        with pytest.raises(NamesTaken):
            create(cast, NewPerson(user_principal_name=name, display_name="x"))


def test_same_name_twice_in_one_batch_creates_nobody(cast: Cast) -> None:
    before = User.objects.count()

    with pytest.raises(NamesTaken):
        create(cast, new("megan.bowen"), new("MEGAN.bowen"))

    assert User.objects.count() == before


def test_roles_of_a_new_person_are_in_the_audit_log(cast: Cast) -> None:
    (user,) = create(
        cast, NewPerson(user_principal_name="boss@contoso.example", display_name="Boss", roles=(Role.GLOBAL_READER,))
    )

    assert RoleAssignment.objects.get(user=user).role == TEMPLATE_IDS[Role.GLOBAL_READER]
    assert set(AuditEvent.objects.filter(subject_id=user.pk).values_list("activity", flat=True)) == {
        "Add user",
        "Add member to role",
    }
