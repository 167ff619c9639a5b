"""Emergency access: from nothing, on a full tenant, twice in a row, with everything else down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from adminportal.tryout.processes import free_port
from passwords.models import PasswordReset
from passwords.services.break_glass import BreakGlassRefused, BreakGlassResult, open_with_break_glass
from tests.cast import PASSWORD, Cast, make_tenant
from tests.contracts.matrix import give
from users.actors import load_actor
from users.models import Session, User
from users.roles import TEMPLATE_IDS, Role
from users.services.sign_in import Outcome, SignInResult, sign_in
from users.sessions import open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db

UPN = "rescue@contoso.example"
TYPED = "Quiet-Harbour-5937"


def rescue(user_name: str = UPN, *, role: Role = Role.GLOBAL_ADMINISTRATOR, password: str = "") -> BreakGlassResult:
    return open_with_break_glass(
        user_name=user_name,
        role=role,
        reason="locked out",
        password=Secret(password) if password else None,
        now=clock.now(),
    )


def knock(user_name: str, password: str) -> SignInResult:
    return sign_in(
        user_name=user_name, password=Secret(password), source="192.0.2.1", device_cookie="", now=clock.now()
    )


def roles_of(cast: Cast, user: User) -> frozenset[Role]:
    with within(cast.tenant):
        return load_actor(User.objects.get(pk=user.pk), tenant=cast.tenant).roles


@pytest.fixture
def empty() -> Cast:
    return make_tenant("contoso.example", "Contoso")


@pytest.fixture
def full() -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("global.admin", roles=(Role.GLOBAL_ADMINISTRATOR,))
    cast.add("adele.vance")
    cast.add("isaiah.langer", details={"account_enabled": False, "block_reason": "left"})
    cast.add("lee.gu", details={"on_premises_sync_enabled": True, "directory_name": "corp.example"})
    cast.add("guest.person", details={"user_type": "guest"})
    return cast


@pytest.fixture(params=["empty", "full"])
def any_tenant(request: pytest.FixtureRequest) -> Cast:
    cast: Cast = request.getfixturevalue(request.param)
    return cast


def test_twice_in_a_row_the_later_password_is_the_one(any_tenant: Cast) -> None:
    first, second = rescue(), rescue()

    assert (first.is_new, second.is_new) == (True, False)
    assert first.password and second.password and first.password != second.password
    assert knock(UPN, first.password.expose()).outcome is Outcome.WRONG
    result = knock(UPN, second.password.expose())
    assert (result.outcome, result.must_change) == (Outcome.RIGHT, True)
    assert roles_of(any_tenant, second.user) == {Role.GLOBAL_ADMINISTRATOR}
    assert AuditEvent.objects.filter(activity="Break-glass used", result="success").count() == 2


def test_works_with_broker_and_mail_down(any_tenant: Cast, settings: Settings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    settings.EMAIL_CHANNEL_URL = f"smtp://127.0.0.1:{free_port()}"

    result = rescue()

    assert result.password and knock(UPN, result.password.expose()).outcome is Outcome.RIGHT


def test_password_lives_one_hour(empty: Cast) -> None:
    result = rescue()
    assert result.password

    with clock.travel(timedelta(minutes=59, seconds=59)):
        assert knock(UPN, result.password.expose()).outcome is Outcome.RIGHT
    with clock.travel(timedelta(hours=1)):
        assert knock(UPN, result.password.expose()).outcome is Outcome.EXPIRED


def test_existing_account_is_unblocked_unlocked_and_signed_out(full: Cast) -> None:
    person = full["isaiah.langer"]
    open_session(person, now=clock.now())
    for number in range(12):
        knock(person.upn_folded, f"Wrong-Guess-{number}")

    result = rescue(person.user_principal_name)

    assert result.password and not result.is_new
    assert not Session.objects.filter(user=person, ended_at=None).exists()
    assert knock(person.upn_folded, PASSWORD).outcome is Outcome.WRONG
    assert knock(person.upn_folded, result.password.expose()).outcome is Outcome.RIGHT


@pytest.mark.parametrize("facts", [{"is_active": False}, {"is_restricted_unit": True}])
def test_role_that_was_not_in_force_comes_into_force(full: Cast, facts: dict[str, bool]) -> None:
    person = full["adele.vance"]
    with within(full.tenant):
        give(full, person, TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR], **facts)

    rescue(person.user_principal_name)

    assert roles_of(full, person) == {Role.GLOBAL_ADMINISTRATOR}
    assert AuditEvent.objects.filter(activity="Add member to role", actor_kind="operator").count() == 1


def test_whoever_gets_the_role_needs_a_strong_password_again(full: Cast) -> None:
    with within(full.tenant):
        User.objects.filter(pk=full["adele.vance"].pk).update(strong_password_required=False)

    user = rescue("adele.vance@contoso.example").user

    with within(full.tenant):
        assert User.objects.get(pk=user.pk).strong_password_required


def test_every_global_administrator_is_told_and_no_mail_holds_the_password(full: Cast) -> None:
    result = rescue()
    assert result.password

    told = OutboundMessage.objects.filter(template="break_glass_used")
    assert {message.to for message in told} == {"global.admin@contoso.example", UPN}
    assert all(result.password.expose() not in str(message.context) for message in told)
    assert all(message.context["reason"] == "locked out" for message in told)


def test_typed_password_is_not_given_back(empty: Cast) -> None:
    result = rescue(password=TYPED)

    assert result.password is None
    assert knock(UPN, TYPED).must_change


@pytest.mark.parametrize(
    ("user_name", "password", "words"),
    [
        ("no user name", "", "is not a user name"),
        ("anna@nowhere.example", "", "No tenant owns the domain"),
        (UPN, "short", "The password was refused"),
        ("lee.gu@contoso.example", "", "comes from the directory"),
        ("guest.person@contoso.example", "", "another organization"),
    ],
)
def test_refusal_says_why_and_changes_nothing(full: Cast, user_name: str, password: str, words: str) -> None:
    with within(full.tenant):
        before = sorted(User.objects.values_list("pk", "password", "account_enabled"))

    with pytest.raises(BreakGlassRefused, match=words):
        rescue(user_name, password=password)

    with within(full.tenant):
        assert sorted(User.objects.values_list("pk", "password", "account_enabled")) == before
        assert not PasswordReset.objects.exists()
    assert not OutboundMessage.objects.exists()


def test_refusal_inside_a_tenant_is_in_its_audit_log(full: Cast) -> None:
    with pytest.raises(BreakGlassRefused):
        rescue(password="short")

    row = AuditEvent.objects.get(activity="Break-glass used")
    assert (row.result, row.tenant_id, row.details["Reason"]) == ("failure", full.tenant.pk, "locked out")


def test_deleted_account_is_named_as_such(full: Cast) -> None:
    with within(full.tenant):
        User.objects.filter(pk=full["adele.vance"].pk).update(deleted_at=clock.now())

    with pytest.raises(BreakGlassRefused, match="belongs to a deleted account"):
        rescue("adele.vance@contoso.example")


def test_reason_is_needed(empty: Cast) -> None:
    with pytest.raises(BreakGlassRefused, match="reason"):
        open_with_break_glass(
            user_name=UPN, role=Role.GLOBAL_ADMINISTRATOR, reason=" \n", password=None, now=clock.now()
        )


def test_long_reason_is_kept_whole_in_the_audit_log(empty: Cast) -> None:
    reason = "fire " * 100

    open_with_break_glass(user_name=UPN, role=Role.GLOBAL_ADMINISTRATOR, reason=reason, password=None, now=clock.now())

    assert AuditEvent.objects.get(activity="Break-glass used").details["Reason"].strip() == reason.strip()
