"""Page 1: every name begins an attempt alike, and the audit log alone knows why some lead nowhere."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from adminportal import clock, throttle
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr import attempts, locks
from sspr.flow import State
from sspr.models import Reach, RecoveryAttempt, RecoveryLock
from sspr.services.start import Later, NameFault, choose_reason, difficulty, start
from sspr.services.verify import offered
from sspr.subjects import subject_of
from tests.cast import Cast, signed_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, MOBILE, begin, make_open_cast
from users.models import Domain, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE = "adele.vance@contoso.example"
SUPPORT_CODE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("adele.vance", ""),
        ("nobody", "SSPR_X101"),
        ("isaiah.langer", "SSPR_X102"),
        ("guest.person", "SSPR_X104"),
        ("lee.gu", "SSPR_0014"),
        ("diego.siciliani", "SSPR_0014"),
        ("global.admin", "SSPR_0014"),
    ],
)
def test_reason_is_on_the_attempt_and_in_the_audit_log(cast: Cast, name: str, code: str) -> None:
    attempt = begin(f"{name}@contoso.example").attempt

    rows = list(AuditEvent.objects.filter(correlation_id=attempt.pk).order_by("id"))
    assert attempt.sspr_code == code
    assert rows[0].reason == "User submitted their user ID"
    assert (rows[1].reason == "User was presented with verification options") is (code == "")
    assert (rows[1].result == "failure") is bool(code)
    assert rows[1].details.get("SsprCode", "") == code
    assert (rows[2].activity, rows[2].result) == ("user started password reset", "success")
    assert rows[2].service == "Authentication Methods" and len(rows) == 3


def test_number_of_proofs_is_that_of_the_settings_for_everybody_before_the_first_is_right(cast: Cast) -> None:
    knows(cast, "helpdesk.admin", email="help@mail.example", mobile=MOBILE)
    walk = begin("helpdesk.admin@contoso.example")

    assert walk.attempt.gates_required == begin(ADELE).attempt.gates_required == 1
    assert walk.attempt.gates_required == begin("nobody@contoso.example").attempt.gates_required
    walk.prove_email()
    assert walk.attempt.gates_required == 2


def test_deleted_and_federated_people_go_the_neutral_way(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())
        Domain.objects.create(tenant=cast.tenant, name="far.example", is_federated=True)
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(upn_folded="diego@far.example")
    knows(cast, "diego.siciliani", email=MAIL)

    assert begin(ADELE).attempt.sspr_code == "SSPR_X103"
    assert begin("diego@far.example").attempt.sspr_code == "SSPR_X105"


def test_name_of_nobody_is_kept_as_a_digest_alone(cast: Cast) -> None:
    attempt = begin("correct-horse-77@battery.example").attempt

    assert attempt.user is None
    texts = str(list(AuditEvent.objects.filter(correlation_id=attempt.pk).values())) + str(
        RecoveryAttempt.objects.filter(pk=attempt.pk).values()
    )
    assert "correct-horse" not in texts
    assert "battery.example" not in texts


@pytest.mark.parametrize(
    "typed", ["", "anna", "a@b", "two words@contoso.example", "a" * 114, "ß" * 500, "a@b@c.example"]
)
def test_what_cannot_be_a_user_name_costs_no_query(
    typed: str, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(0), pytest.raises(NameFault):  # type: ignore[operator]
        begin(typed)


def test_any_spelling_of_a_name_is_the_same_account(cast: Cast) -> None:
    first, second = begin(ADELE).attempt, begin("  ＡDELE.VANCE@Contoso.Example ").attempt

    assert first.subject == second.subject
    assert first.user_id == second.user_id == cast["adele.vance"].pk


def test_sixth_attempt_within_an_hour_is_told_later_known_or_not(cast: Cast) -> None:
    moment = clock.now()
    for name in (ADELE, "nobody@contoso.example", "nobody@nowhere.example"):
        with clock.travel(freeze_at=moment):
            for _ in range(5):
                begin(name)
            with pytest.raises(Later) as refusal:
                begin(name)
        assert refusal.value.retry_after == 3600
        with clock.travel(freeze_at=moment + timedelta(minutes=59, seconds=59)), pytest.raises(Later):
            begin(name)
        with clock.travel(freeze_at=moment + timedelta(hours=1)):
            begin(name)


def test_locked_name_is_told_later_under_any_sealing_key(cast: Cast, settings: pytest.FixtureRequest) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        locks.close(subject_of(ADELE), until=moment + timedelta(hours=24), limit="L04", user_id=None)
        settings.SEALING_KEYS = ["a-newer-sealing-key-of-many-characters-0123456789", *settings.SEALING_KEYS]  # type: ignore[attr-defined]
        with pytest.raises(Later) as refusal:
            begin(ADELE)
    assert refusal.value.retry_after == 24 * 3600
    with clock.travel(freeze_at=moment + timedelta(hours=23, minutes=59, seconds=59)), pytest.raises(Later):
        begin(ADELE)
    with clock.travel(freeze_at=moment + timedelta(hours=24)):
        begin(ADELE)


def test_refused_start_is_a_row_found_by_the_support_code_of_its_page(cast: Cast) -> None:
    visit = Visit()
    for name, people in ((ADELE, [cast["adele.vance"].pk]), ("nobody@contoso.example", [])):
        for _ in range(5):
            begin(name)
        too_often = UUID(SUPPORT_CODE.findall(text_of(visit.begin(name)))[0])
        locks.close(subject_of(name), until=clock.now() + timedelta(hours=24), limit="L04", user_id=None)
        closed = UUID(SUPPORT_CODE.findall(text_of(visit.begin(name)))[0])

        for code, limit, reason in (
            (too_often, "L01", "User began too many attempts and has to come back later"),
            (closed, "L04", "Self-service is closed for the account"),
        ):
            row = AuditEvent.objects.get(correlation_id=code)
            assert (row.result, row.reason, row.details["Limit"]) == ("failure", reason, limit)
            assert row.tenant_id == cast.tenant.pk
            assert [row.subject_id] == (people or [None])
            assert people or (name not in str(row.__dict__) and subject_of(name)[:16] in row.actor_user_principal_name)


def test_many_starts_from_one_source_make_the_work_harder_and_refuse_nobody(cast: Cast) -> None:
    now = clock.now()
    for number in range(20):
        assert difficulty(source="203.0.113.9", tenant=cast.tenant, now=now) == 0
        begin(f"name{number}@contoso.example", source="203.0.113.9")

    assert difficulty(source="203.0.113.9", tenant=cast.tenant, now=now) == 1
    assert difficulty(source="203.0.113.10", tenant=cast.tenant, now=now) == 0
    begin("one.more@contoso.example", source="203.0.113.9")


def test_many_starts_of_one_tenant_make_the_work_harder_for_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setitem(throttle.LIMITS, "L03", replace(throttle.LIMITS["L03"], number=3))
    for number in range(3):
        begin(f"name{number}@contoso.example")

    assert difficulty(source="198.51.100.1", tenant=cast.tenant, now=clock.now()) == 1
    assert difficulty(source="198.51.100.1", tenant=None, now=clock.now()) == 0


def test_many_starts_of_one_tenant_are_told_on_home_and_once_an_hour_in_the_audit_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setitem(throttle.LIMITS, "L03", replace(throttle.LIMITS["L03"], number=3))
    slowed, told = AuditEvent.objects.filter(activity="Self-service password reset slowed down"), "Unusually many began"
    for number in range(3):
        begin(f"name{number}@contoso.example")
    assert not slowed.exists()
    assert told not in signed_in(cast["helpdesk.admin"]).get("/").text

    for number in range(3, 6):
        assert begin(f"name{number}@contoso.example").state is State.PROVE_ONE
    (row,) = slowed
    assert (row.tenant_id, row.reason, row.details["Number"]) == (cast.tenant.pk, "limit L03 reached", "3")
    assert told in signed_in(cast["helpdesk.admin"]).get("/").text
    assert told not in signed_in(cast["reports.reader"]).get("/").text

    with clock.travel(timedelta(hours=1, seconds=1)):
        for number in range(6, 10):
            begin(f"name{number}@contoso.example")
        assert slowed.all().count() == 2
    with clock.travel(timedelta(hours=26)):
        assert told not in signed_in(cast["helpdesk.admin"]).get("/").text


def test_new_attempt_of_a_browser_ends_the_one_it_had(cast: Cast) -> None:
    first = begin(ADELE)

    second = start(
        user_name="nobody@contoso.example",
        source="x",
        language="en",
        now=clock.now(),
        instead_of=first.cookie,
    )

    old = first.attempt
    assert old.state == State.CANCELLED
    assert old.end_reason == "User cancelled before passing the required authentication methods"
    assert second.attempt.state == State.PROVE_ONE


def test_attempt_lives_fifteen_minutes_whatever_is_done(cast: Cast) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(ADELE)
    with clock.travel(freeze_at=moment + timedelta(minutes=15)):
        assert attempts.is_open(walk.attempt, now=clock.now())
    with clock.travel(freeze_at=moment + timedelta(minutes=15, seconds=1)):
        assert attempts.find(walk.cookie, now=clock.now()) is None


def test_reason_is_asked_for_every_name_of_a_tenant_that_allows_unlock(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, allow_unlock=True)
    for name in (ADELE, "nobody@contoso.example", "isaiah.langer@contoso.example"):
        walk = begin(name)
        attempt = walk.attempt
        assert attempt.state == State.REASON
        assert choose_reason(attempt, is_unlock=True, moves=attempt.moves, now=clock.now())
        assert walk.attempt.state == State.PROVE_ONE
        assert walk.attempt.is_unlock
        assert not choose_reason(attempt, is_unlock=False, moves=0, now=clock.now())
        assert offered(walk.attempt, now=clock.now())


def test_setting_locks_a_name_that_is_given_too_often_for_as_long_as_it_says(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, start_lock_hours=24)
    moment = clock.now()
    for name in (ADELE, "nobody@contoso.example"):
        with clock.travel(freeze_at=moment):
            for _ in range(5):
                begin(name)
            with pytest.raises(Later) as refusal:
                begin(name)
        assert refusal.value.retry_after == 24 * 3600
        with clock.travel(freeze_at=moment + timedelta(hours=23)), pytest.raises(Later) as refusal:
            begin(name)
        assert refusal.value.retry_after == 3600


def test_lock_after_too_many_starts_is_told_to_its_owner_and_in_the_audit_log(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, start_lock_hours=12)
    for name, owner in ((ADELE, cast["adele.vance"].pk), ("nobody@contoso.example", None)):
        before = OutboundMessage.objects.count()
        for _ in range(7):
            with suppress(Later):
                begin(name)

        lock = RecoveryLock.objects.get(subject=subject_of(name))
        assert (lock.limit, lock.user_id) == ("L01", owner)
        row = AuditEvent.objects.get(activity="Blocked from self-service password reset", subject_id=owner)
        assert (row.result, row.details["Limit"]) == ("success", "L01")
        assert row.reason == "User began too many attempts and is blocked for 12 hours"
        told = OutboundMessage.objects.filter(template="self_service_locked", about_user_id=owner)
        assert told.count() == OutboundMessage.objects.count() - before == 2


def test_lock_is_not_shortened_by_a_weaker_one(cast: Cast) -> None:
    now = clock.now()
    locks.close("subject", until=now + timedelta(hours=24), limit="L04", user_id=None)
    locks.close("subject", until=now + timedelta(hours=1), limit="L09", user_id=None)

    assert RecoveryLock.objects.get(subject="subject").until == now + timedelta(hours=24)
