"""Limits of the wizard: each at its number and at the ends of its time, for real names and decoys alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from adminportal import clock, throttle
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr import locks
from sspr.flow import State
from sspr.models import Gate, GateFailures, Reach, RecoveryLock
from sspr.services.complete import Ended
from sspr.services.start import Later
from sspr.services.verify import Outcome, view_of
from sspr.subjects import subject_of
from tests.cast import PASSWORD, Cast, make_cast
from tests.passwords.reset_cast import try_sign_in
from tests.sspr.self_service import answers, knows, policy_for
from tests.sspr.wizard_ways import MAIL, MOBILE, Walk, begin
from tests.users.app_ways import registers_app
from tests.users.contact_ways import changes_address
from users.models import Challenge
from users.services.sign_in import Outcome as SignIn

pytestmark = pytest.mark.django_db
ADELE, NOBODY = "adele.vance@contoso.example", "nobody@contoso.example"
BOTH = pytest.mark.parametrize("name", [ADELE, NOBODY], ids=["real", "decoy"])


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    only(made, Gate.EMAIL)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    return made


def only(cast: Cast, gate: Gate, **more: object) -> None:
    """Let everybody, decoys too, have this one method."""
    rules = {"gates": [gate.value], "two_gates_with_second_factor": False, "questions_alone": True, **more}
    policy_for(cast, reach=Reach.ALL, **rules)


def guess(walk: Walk, gate: Gate) -> Outcome:
    if gate is Gate.EMAIL:
        walk.send(gate)
    questions = view_of(walk.attempt, now=clock.now()).questions
    return walk.type(gate, "000000", answers=dict.fromkeys(questions, "no"))


def is_closed(name: str) -> bool:
    return locks.read([subject_of(name)], now=clock.now()).until is not None


@BOTH
@pytest.mark.parametrize(
    ("gate", "limit"),
    [(Gate.EMAIL, "L04"), (Gate.APP, "L06"), (Gate.QUESTIONS, "L07")],
    ids=["L04", "L06", "L07"],
)
def test_fifth_wrong_proof_closes_self_service_for_a_day(cast: Cast, name: str, gate: Gate, limit: str) -> None:
    registers_app(cast, "adele.vance")
    if name == ADELE and gate is Gate.QUESTIONS:
        answers(cast, "adele.vance", dict.fromkeys(("q01", "q02", "q03"), "!"))
    only(cast, gate)
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(name)
        assert [guess(walk, gate) for _ in range(4)] == [Outcome.WRONG] * 4
        assert not is_closed(name)
        assert guess(walk, gate) is Outcome.ENDED
        assert walk.state is State.LOCKED
        assert RecoveryLock.objects.get().limit == limit
        with pytest.raises(Later):
            begin(name)
    with clock.travel(freeze_at=moment + timedelta(hours=23, minutes=59, seconds=59)):
        assert is_closed(name)
    with clock.travel(freeze_at=moment + timedelta(hours=24)):
        assert guess(begin(name), gate) is Outcome.WRONG


@BOTH
def test_wrong_proofs_add_up_over_attempts_and_sources(cast: Cast, name: str) -> None:
    for _ in range(4):
        assert guess(begin(name), Gate.EMAIL) is Outcome.WRONG

    assert guess(begin(name), Gate.EMAIL) is Outcome.ENDED


@BOTH
def test_wrong_proofs_of_yesterday_do_not_count(cast: Cast, name: str) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(name)
        for _ in range(4):
            guess(walk, Gate.EMAIL)
    with clock.travel(freeze_at=moment + timedelta(hours=24)):
        assert guess(begin(name), Gate.EMAIL) is Outcome.WRONG
        assert not is_closed(name)


def test_lock_never_touches_signing_in_and_its_owner_is_told(cast: Cast) -> None:
    walk = begin(ADELE)
    for _ in range(5):
        guess(walk, Gate.EMAIL)

    assert is_closed(ADELE)
    assert try_sign_in(ADELE, PASSWORD).outcome is SignIn.RIGHT
    told = OutboundMessage.objects.filter(template="self_service_locked")
    assert {message.to for message in told} == {ADELE, MAIL}
    row = AuditEvent.objects.get(activity="Blocked from self-service password reset")
    assert row.details["Limit"] == "L04"
    assert row.reason == "User tried email too many times and is blocked for 24 hours"


def test_lock_of_a_decoy_writes_to_nobody(cast: Cast) -> None:
    walk = begin(NOBODY)
    for _ in range(5):
        guess(walk, Gate.EMAIL)

    assert is_closed(NOBODY)
    assert not OutboundMessage.objects.exclude(to="").exists()


def test_lock_stops_an_attempt_that_is_under_way_elsewhere(cast: Cast) -> None:
    mine = begin(ADELE)
    mine.prove_email()
    stranger = begin(ADELE)
    for _ in range(5):
        guess(stranger, Gate.EMAIL)

    assert mine.finish().ended is Ended.OVER
    assert mine.state is State.LOCKED


@BOTH
def test_fifth_wrong_number_closes_self_service(cast: Cast, name: str) -> None:
    only(cast, Gate.MOBILE_SMS)
    walk = begin(name)
    for _ in range(4):
        assert walk.send(Gate.MOBILE_SMS, "+1 202 555 0100") is Outcome.SENT

    assert walk.send(Gate.MOBILE_SMS, "+1 202 555 0100") is Outcome.ENDED
    assert RecoveryLock.objects.get().limit == "L05"
    assert is_closed(name)


def test_right_numbers_close_nothing(cast: Cast) -> None:
    only(cast, Gate.MOBILE_SMS)
    walk = begin(ADELE)
    for _ in range(5):
        assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.SENT

    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.PAUSED
    assert not is_closed(ADELE)


@BOTH
def test_eleventh_mail_pauses_the_method_for_an_hour(cast: Cast, name: str) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(name)
        assert [walk.send(Gate.EMAIL) for _ in range(10)] == [Outcome.SENT] * 10
        before = OutboundMessage.objects.count()
        assert walk.send(Gate.EMAIL) is Outcome.PAUSED
        assert OutboundMessage.objects.count() == before
        assert [line.is_paused for line in view_of(walk.attempt, now=clock.now()).gates] == [True]
        reason = AuditEvent.objects.latest("id").reason
    assert reason == "User was sent email too many times and the method pauses for 1 hour"
    with clock.travel(freeze_at=moment + timedelta(minutes=59, seconds=59)):
        assert begin(name).send(Gate.EMAIL) is Outcome.PAUSED
    with clock.travel(freeze_at=moment + timedelta(hours=1)):
        assert begin(name).send(Gate.EMAIL) is Outcome.SENT


@BOTH
def test_pause_becomes_a_lock_where_the_setting_says_so(cast: Cast, name: str) -> None:
    only(cast, Gate.EMAIL, sends_lock_hours=6)
    walk = begin(name)
    for _ in range(10):
        walk.send(Gate.EMAIL)

    assert walk.send(Gate.EMAIL) is Outcome.ENDED
    assert walk.state is State.LOCKED
    assert is_closed(name)
    told = "User was sent email too many times and is blocked for 6 hours"
    rows = AuditEvent.objects.filter(correlation_id=walk.attempt.pk, reason=told, details__Limit="L09")
    assert {(row.activity, row.result) for row in rows} == {
        ("Blocked from self-service password reset", "success"),
        ("Self-service password reset flow activity progress", "failure"),
    }
    assert not AuditEvent.objects.filter(correlation_id=walk.attempt.pk, reason__contains="1 hour").exists()


@BOTH
def test_pause_leaves_other_methods_open(cast: Cast, name: str) -> None:
    locks.close(subject_of(name), gate=Gate.EMAIL, until=clock.now() + timedelta(hours=1), limit="L09", user_id=None)

    walk = begin(name)

    assert walk.send(Gate.EMAIL) is Outcome.PAUSED
    assert walk.state is State.PROVE_ONE


@BOTH
def test_code_is_dead_after_five_tries_and_further_ones_count_for_nothing_else(cast: Cast, name: str) -> None:
    walk = begin(name)
    walk.send(Gate.EMAIL)
    Challenge.objects.update(tries=5)

    assert walk.type(Gate.EMAIL, "00000000") is Outcome.SPENT
    assert not GateFailures.objects.exists()


@BOTH
def test_hundred_failures_in_a_row_disable_a_method_until_it_is_registered_anew(cast: Cast, name: str) -> None:
    policy_for(cast, reach=Reach.ALL, gates=["email", "mobile_sms"])
    subject, now = subject_of(name), clock.now()
    shown = {line.gate for line in view_of(begin(name).attempt, now=now).gates}
    for gate in (Gate.EMAIL, Gate.MOBILE_SMS):
        GateFailures.objects.create(subject=subject, gate=gate, in_a_row=99)
    assert {line.gate for line in view_of(begin(name).attempt, now=now).gates} == shown

    locks.count_wrong(subject, Gate.EMAIL, user_id=None, now=now)

    throttle.forget("L01", "L04", key=subject)
    assert Gate.EMAIL not in {line.gate for line in view_of(begin(name).attempt, now=now).gates}


def test_new_code_does_not_reset_the_failures_in_a_row_and_a_right_one_does(cast: Cast) -> None:
    walk = begin(ADELE)
    for expected in (1, 2):
        guess(walk, Gate.EMAIL)
        assert GateFailures.objects.get().in_a_row == expected

    walk.prove_email()

    assert not GateFailures.objects.exists()


def test_changed_address_gives_the_method_another_chance(cast: Cast) -> None:
    GateFailures.objects.create(subject=subject_of(ADELE), gate=Gate.EMAIL, in_a_row=100)
    GateFailures.objects.create(subject=subject_of(ADELE), gate=Gate.APP, in_a_row=100)
    changes_address(cast, by="user.admin", proof=True)

    assert [row.gate for row in GateFailures.objects.all()] == [Gate.APP]


@BOTH
def test_spent_budget_of_text_messages_pauses_them_for_everybody_and_spoils_no_code(cast: Cast, name: str) -> None:
    only(cast, Gate.MOBILE_SMS, sms_a_day=1)
    walk = begin(name)
    walk.send(Gate.MOBILE_SMS, MOBILE)
    code = walk.code() if name == ADELE else ""
    if name == NOBODY:
        throttle.check("L15", key=str(cast.tenant.pk), now=clock.now())  # a decoy spends nobody's budget

    assert [line.is_paused for line in view_of(walk.attempt, now=clock.now()).gates] == [True]
    assert begin(name).send(Gate.MOBILE_SMS, MOBILE) is Outcome.PAUSED
    assert walk.type(Gate.MOBILE_SMS, code) is (Outcome.RIGHT if name == ADELE else Outcome.WRONG)


def test_no_texts_at_all_are_no_method_of_anybody(cast: Cast, settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = "inbox:"
    gates = [gate.value for gate in (Gate.EMAIL, Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE)]
    policy_for(cast, reach=Reach.ALL, gates=gates, sms_a_day=0)
    for name in (ADELE, "nobody@contoso.example"):
        walk = begin(name)

        assert {line.gate for line in view_of(walk.attempt, now=clock.now()).gates} == {Gate.EMAIL}
        assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.STALE
    knows(cast, "diego.siciliani", mobile=MOBILE)
    assert begin("diego.siciliani@contoso.example").attempt.sspr_code == "SSPR_0014"


def test_spent_budget_pauses_calls_too(cast: Cast, settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = "inbox:"
    only(cast, Gate.MOBILE_VOICE, sms_a_day=1)
    walk = begin(ADELE)
    throttle.check("L15", key=str(cast.tenant.pk), now=clock.now())

    assert [line.is_paused for line in view_of(walk.attempt, now=clock.now()).gates] == [True]
    assert walk.send(Gate.MOBILE_VOICE, MOBILE) is Outcome.PAUSED
