"""The last step: a new password or an unlock, everything with it or nothing, and never a sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle.models import Counter
from passwords.models import PasswordReset
from passwords.services.reset import reset_passwords
from sspr import locks
from sspr.flow import State
from sspr.models import Gate, GateFailures, Reach, SsprPolicy
from sspr.services.complete import Ended
from sspr.services.start import choose_reason
from sspr.services.verify import Outcome
from sspr.subjects import subject_of
from tests.cast import PASSWORD, Cast
from tests.contracts.matrix import give
from tests.passwords.reset_cast import reset, try_sign_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD, Walk, begin, make_open_cast
from tests.users.app_ways import registers_app
from users.models import Session, SignInGuard, TrustedDevice, User
from users.roles import TEMPLATE_IDS, Role
from users.services.sign_in import Outcome as SignIn
from users.sessions import open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE = "adele.vance@contoso.example"


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def proven(name: str = ADELE) -> Walk:
    """Walk up to the new password by one method."""
    walk = begin(name)
    assert walk.prove_email() is Outcome.RIGHT
    return walk


def change(cast: Cast, **columns: Any) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(**columns)


def is_unchanged(cast: Cast) -> bool:
    before = cast["adele.vance"].password
    cast["adele.vance"].refresh_from_db()
    return cast["adele.vance"].password == before


def test_new_password_works_the_old_one_does_not_and_nobody_is_signed_in(cast: Cast) -> None:
    walk = proven()

    assert walk.finish().ended is Ended.DONE

    assert walk.state is State.DONE
    assert not Session.objects.exists()
    assert try_sign_in(ADELE, PASSWORD).outcome is SignIn.WRONG
    result = try_sign_in(ADELE, NEW_PASSWORD)
    assert result.outcome is SignIn.RIGHT
    assert not result.must_change


def test_sessions_trusted_browsers_and_lockouts_end_with_it(cast: Cast) -> None:
    adele, now = cast["adele.vance"], clock.now()
    with within(cast.tenant):
        open_session(adele, now=now)
        TrustedDevice.objects.create(
            key_digest="0" * 64, tenant=cast.tenant, user=adele, created_at=now, expires_at=now + timedelta(days=30)
        )
    for number in range(10):
        try_sign_in(ADELE, f"Wrong-Guess-{number}")
    walk = proven()

    walk.finish()

    assert not Session.objects.filter(ended_at=None).exists()
    with within(cast.tenant):
        assert not TrustedDevice.objects.filter(revoked_at=None).exists()
    assert not SignInGuard.objects.filter(user_id=adele.pk).exists()
    assert try_sign_in(ADELE, NEW_PASSWORD).outcome is SignIn.RIGHT


def test_second_factor_stays_what_it_was(cast: Cast) -> None:
    registers_app(cast, "adele.vance")
    walk = begin(ADELE)
    walk.prove_email()
    walk.prove_sms()

    assert walk.finish().ended is Ended.DONE

    with within(cast.tenant):
        assert cast["adele.vance"].authentication_methods.count() == 1


def test_nothing_of_the_password_is_kept_for_anybody_to_show(cast: Cast) -> None:
    proven().finish()

    with within(cast.tenant):
        row = PasswordReset.objects.get(target=cast["adele.vance"])
    assert (row.sealed_password, row.sealed_until, row.entrance, row.must_change) == ("", None, "sspr", False)


def test_audit_log_tells_the_way_and_the_methods(cast: Cast) -> None:
    walk = proven()
    walk.finish()

    rows = AuditEvent.objects.filter(correlation_id=walk.attempt.pk).order_by("id")
    named = {row.activity: row for row in rows}
    assert named["Reset password (self-service)"].details["MethodsUsed"] == "email"
    assert named["Reset user password"].actor_id == cast["adele.vance"].pk
    assert [row.reason for row in rows][-2:] == ["User successfully reset password", "Successfully completed reset."]
    assert NEW_PASSWORD not in str(list(rows.values()))


def test_owner_is_told_at_every_address_with_a_way_to_object(cast: Cast) -> None:
    proven().finish()

    told = OutboundMessage.objects.filter(template="password_was_reset_by_owner")
    assert {message.to for message in told} == {ADELE, MAIL}
    assert {message.link_purpose for message in told} == {"not-me"}
    assert not OutboundMessage.objects.filter(template="password_was_reset").exists()


def test_owner_is_not_told_where_the_tenant_chose_so(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, notify_users=False)
    proven().finish()

    assert not OutboundMessage.objects.filter(template="password_was_reset_by_owner").exists()


def test_global_administrators_are_told_of_an_administrator_who_reset_themself(cast: Cast) -> None:
    knows(cast, "helpdesk.admin", email="help@mail.example", mobile=MOBILE)
    walk = begin("helpdesk.admin@contoso.example")
    walk.prove_email()
    assert walk.state is State.PROVE_TWO, "administrators always pass two gates"
    walk.prove_sms()
    walk.finish()

    told = OutboundMessage.objects.filter(template="role_holder_reset_own")
    assert [message.to for message in told] == ["global.admin@contoso.example"]
    proven().finish()
    assert told.count() == 1


def test_they_are_told_of_whoever_holds_a_role_that_only_reads_as_well(cast: Cast) -> None:
    knows(cast, "global.reader", email="reader@mail.example", mobile=MOBILE)
    walk = begin("global.reader@contoso.example")
    walk.prove_email()
    walk.finish()

    told = OutboundMessage.objects.get(template="role_holder_reset_own")
    assert told.to == "global.admin@contoso.example"


def test_global_administrators_are_not_told_where_the_tenant_chose_so(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, notify_admins=False)
    knows(cast, "helpdesk.admin", email="help@mail.example", mobile=MOBILE)
    walk = begin("helpdesk.admin@contoso.example")
    walk.prove_email()
    walk.prove_sms()
    walk.finish()

    assert not OutboundMessage.objects.filter(template="role_holder_reset_own").exists()


def test_every_broken_rule_is_named_at_once_and_the_attempt_goes_on(cast: Cast) -> None:
    walk = proven()

    refused = walk.finish("adele1")

    assert refused.ended is Ended.UNFIT
    assert {violation.rule.value for violation in refused.violations} >= {"PasswordMinLength", "PasswordNoName"}
    assert walk.state is State.NEW_PASSWORD
    assert is_unchanged(cast)
    assert walk.finish().ended is Ended.DONE


def test_password_of_now_is_refused_and_too_many_such_tries_are_too(cast: Cast) -> None:
    walk = proven()
    for _ in range(10):
        refused = walk.finish(PASSWORD)
        assert [violation.rule.value for violation in refused.violations] == ["PasswordHistory"]

    assert walk.finish(PASSWORD).code == "RESET_HISTORY_LIMIT"


def test_counters_of_the_account_are_cleared_and_others_stay(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    walk.type(Gate.EMAIL, "00000000")
    walk.send(Gate.MOBILE_SMS, "+1 202 555 0100")
    walk.prove_email()
    names = set(Counter.objects.values_list("limit", flat=True))
    assert {"L01", "L02", "L04", "L05", "L08", "L09", "L13"} <= names

    walk.finish()

    left = set(Counter.objects.values_list("limit", flat=True))
    assert left >= {"L02", "L13"}
    assert not GateFailures.objects.exists()
    subject = subject_of(ADELE)
    assert not locks.read([subject], now=clock.now()).paused
    assert not [each for each in left if each in locks.OWN_LIMITS and each != "L05"]


def test_finished_attempt_does_nothing_more(cast: Cast) -> None:
    walk = proven()
    walk.finish()
    cast["adele.vance"].refresh_from_db()

    assert walk.finish("Another-Harbour-5937").ended is Ended.STALE
    assert walk.unlock() is Ended.STALE
    assert walk.send(Gate.EMAIL) is Outcome.STALE
    assert is_unchanged(cast)


def test_every_other_attempt_ends_with_a_success(cast: Cast) -> None:
    first = proven()
    second = begin(ADELE)
    first.finish()

    assert second.state is State.REPLACED


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"account_enabled": False}, "SSPR_X102"),
        ({"user_type": "guest"}, "SSPR_X104"),
        ({"on_premises_sync_enabled": True}, "SSPR_0010"),
        ({"deleted_at": clock.now()}, "SSPR_X103"),
    ],
    ids=["blocked", "guest", "synced", "deleted"],
)
def test_change_between_proof_and_password_ends_the_attempt(cast: Cast, columns: dict[str, Any], code: str) -> None:
    walk = proven()
    change(cast, **columns)

    assert walk.finish().ended is Ended.OVER
    assert walk.state is State.REFUSED
    assert is_unchanged(cast)
    row = AuditEvent.objects.filter(correlation_id=walk.attempt.pk).latest("id")
    assert (row.result, row.details["SsprCode"]) == ("failure", code)


def test_role_that_was_given_meanwhile_asks_for_a_second_gate(cast: Cast) -> None:
    walk = proven()
    with within(cast.tenant):
        give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.USER_ADMINISTRATOR])

    assert walk.finish().ended is Ended.BACK
    assert walk.state is State.PROVE_TWO
    assert walk.prove_sms() is Outcome.RIGHT
    assert walk.finish().ended is Ended.DONE


def test_policy_that_was_changed_meanwhile_holds(cast: Cast) -> None:
    asks_for_two, not_this_one, off = proven(), None, None
    SsprPolicy.objects.filter(tenant=cast.tenant).update(gates_required=2, version=2)
    assert asks_for_two.finish().ended is Ended.BACK
    assert asks_for_two.state is State.PROVE_TWO
    SsprPolicy.objects.filter(tenant=cast.tenant).update(gates_required=1, version=3)

    not_this_one = proven()
    SsprPolicy.objects.filter(tenant=cast.tenant).update(gates=["mobile_sms"], version=4)
    assert not_this_one.finish().ended is Ended.BACK
    assert not_this_one.state is State.PROVE_ONE
    SsprPolicy.objects.filter(tenant=cast.tenant).update(gates=["email"], version=5)

    off = proven()
    SsprPolicy.objects.filter(tenant=cast.tenant).update(reach=Reach.NONE, version=6)
    assert off.finish().ended is Ended.OVER
    assert is_unchanged(cast)


def test_address_that_was_changed_meanwhile_proves_nothing(cast: Cast) -> None:
    walk = proven()
    knows(cast, "adele.vance", email="new@mail.example")

    assert walk.finish().ended is Ended.BACK
    assert walk.state is State.PROVE_ONE
    row = AuditEvent.objects.filter(correlation_id=walk.attempt.pk).latest("id")
    assert (row.result, row.reason) == ("failure", "What the user proved is not enough any more")


def test_password_that_was_changed_meanwhile_ends_the_attempt(cast: Cast) -> None:
    walk = proven()
    reset(cast, "adele.vance")

    assert walk.finish().ended is Ended.OVER
    assert is_unchanged(cast)
    assert AuditEvent.objects.filter(reason="The user's password was changed during the attempt").exists()


def test_account_that_was_closed_meanwhile_stays_as_it_is(cast: Cast) -> None:
    walk = proven()
    locks.close(subject_of(ADELE), until=clock.now() + timedelta(hours=24), limit="NOT_ME", user_id=None)

    assert walk.finish().ended is Ended.OVER
    assert walk.state is State.LOCKED
    assert is_unchanged(cast)


@pytest.mark.parametrize(
    "between",
    [{"account_enabled": False}, {"user_type": "guest"}, {"deleted_at": clock.now()}],
    ids=["blocked", "guest", "deleted"],
)
def test_change_between_hash_and_commit_is_seen_under_the_lock(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, between: dict[str, Any]
) -> None:
    from passwords.services import issue

    make_password = issue.make_password

    def hashed(password: str) -> str:
        change(cast, **between)
        return make_password(password)

    walk = proven()
    monkeypatch.setattr(issue, "make_password", hashed)

    assert walk.finish().ended is Ended.OVER
    assert is_unchanged(cast)
    assert AuditEvent.objects.filter(activity="Reset password (self-service)", result="failure").count() == 1


def test_fault_inside_the_transaction_leaves_everything_as_it_was(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox is full")

    walk = proven()
    monkeypatch.setattr("sspr.services.complete.tell_reset", broken)

    with pytest.raises(RuntimeError):
        walk.finish()

    assert is_unchanged(cast)
    assert walk.state is State.NEW_PASSWORD
    assert not AuditEvent.objects.filter(activity="Reset password (self-service)").exists()
    monkeypatch.undo()
    assert walk.finish().ended is Ended.DONE


def test_authority_of_a_person_reaches_nobody_else(cast: Cast) -> None:
    from passwords.authority import SelfServiceAuthority
    from passwords.orders import ResetEnd, ResetOptions, ResetOrder
    from users.access import Decision

    authority = SelfServiceAuthority(
        user=cast["adele.vance"], methods_used="email", still_holds=lambda _: Decision(allowed=True)
    )
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["diego.siciliani"].pk)],
            authority=authority,
            options=ResetOptions(),
            now=clock.now(),
        )
    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, "NOT_FOUND")


def unlocking(cast: Cast) -> Walk:
    policy_for(cast, reach=Reach.ALL, allow_unlock=True)
    walk = begin(ADELE)
    choose_reason(walk.attempt, is_unlock=True, moves=walk.attempt.moves, now=clock.now())
    walk.prove_email()
    return walk


def test_unlock_clears_the_lock_and_changes_nothing_else(cast: Cast) -> None:
    with within(cast.tenant):
        open_session(cast["adele.vance"], now=clock.now())
    for number in range(10):
        try_sign_in(ADELE, f"Wrong-Guess-{number}")
    assert try_sign_in(ADELE, PASSWORD).outcome is SignIn.WRONG
    walk = unlocking(cast)
    assert walk.state is State.UNLOCK
    assert walk.finish().ended is Ended.STALE

    assert walk.unlock() is Ended.DONE

    assert walk.state is State.UNLOCKED
    assert is_unchanged(cast)
    assert Session.objects.filter(ended_at=None).exists()
    assert try_sign_in(ADELE, PASSWORD).outcome is SignIn.RIGHT
    row = AuditEvent.objects.get(activity="Unlock user account (self-service)")
    assert row.details["MethodsUsed"] == "email"
    assert OutboundMessage.objects.filter(template="account_was_unlocked").count() == 2


def test_unlock_reads_the_person_and_the_setting_again(cast: Cast) -> None:
    blocked = unlocking(cast)
    change(cast, account_enabled=False)
    assert blocked.unlock() is Ended.OVER

    change(cast, account_enabled=True)
    not_allowed = unlocking(cast)
    SsprPolicy.objects.filter(tenant=cast.tenant).update(allow_unlock=False)
    assert not_allowed.unlock() is Ended.OVER
    row = AuditEvent.objects.get(activity="Unlock user account (self-service)")
    assert (row.result, row.reason) == ("failure", "Password reset is not enabled for this user.")
