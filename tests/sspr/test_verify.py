"""Verification steps: each form counts once, for its attempt, method and place, and nothing leads past a proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from sspr import attempts
from sspr.flow import State
from sspr.models import Gate, Reach
from sspr.questions import normal_form
from sspr.services.cancel import cancel, close_abandoned, purge
from sspr.services.complete import Ended, finish, unlock
from sspr.services.verify import Outcome, check, choose_and_send, view_of
from tests.cast import Cast, make_cast
from tests.sspr.self_service import answers, knows, policy_for
from tests.sspr.wizard_ways import MAIL, MOBILE, Walk, begin, wrong_code
from tests.users.app_ways import registers_app
from users.models import Contact, RecoveryCode, User
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE, DIEGO = "adele.vance@contoso.example", "diego.siciliani@contoso.example"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL, gates_required=2)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    knows(made, "diego.siciliani", email="diego@mail.example", mobile="+1 202 555 0199")
    return made


def reasons(walk: Walk) -> list[str]:
    rows = AuditEvent.objects.filter(correlation_id=walk.attempt.pk, activity__endswith="activity progress")
    return list(rows.order_by("id").values_list("reason", flat=True))


def test_two_methods_lead_to_a_new_password_and_each_step_is_in_the_audit_log(cast: Cast) -> None:
    walk = begin(ADELE)

    assert walk.prove_email() is Outcome.RIGHT
    assert walk.state is State.PROVE_TWO
    assert Gate.EMAIL not in {line.gate for line in view_of(walk.attempt, now=clock.now()).gates}
    assert walk.prove_sms() is Outcome.RIGHT
    assert walk.state is State.NEW_PASSWORD
    assert reasons(walk) == [
        "User submitted their user ID",
        "User was presented with verification options",
        "User started the email verification option",
        "User completed the email verification option",
        "User started the mobile SMS verification option",
        "User completed the mobile SMS verification option",
        "User completed all verification steps required",
    ]


def test_method_that_was_proven_is_not_taken_a_second_time(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.prove_email()

    assert walk.send(Gate.EMAIL) is Outcome.STALE
    assert walk.type(Gate.EMAIL, "12345678") is Outcome.STALE
    assert walk.state is State.PROVE_TWO


def test_code_of_one_method_is_wrong_for_another(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    code = walk.code()

    assert walk.type(Gate.MOBILE_SMS, code) is Outcome.STALE
    walk.send(Gate.MOBILE_SMS, MOBILE)
    assert walk.type(Gate.MOBILE_SMS, code) is Outcome.WRONG
    assert walk.state is State.PROVE_ONE


def test_code_of_one_person_or_attempt_is_wrong_for_another(cast: Cast) -> None:
    mine, theirs, again = begin(ADELE), begin(DIEGO), begin(ADELE)
    for walk in (mine, theirs, again):
        walk.send(Gate.EMAIL)

    assert theirs.type(Gate.EMAIL, mine.code()) is Outcome.WRONG
    assert again.type(Gate.EMAIL, mine.code()) is Outcome.WRONG
    assert mine.type(Gate.EMAIL, mine.code()) is Outcome.RIGHT


def test_older_code_is_wrong_once_another_was_sent(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    older = walk.code()
    walk.send(Gate.EMAIL)

    assert older != walk.code()
    assert walk.type(Gate.EMAIL, older) is Outcome.WRONG
    assert walk.type(Gate.EMAIL, walk.code()) is Outcome.RIGHT


@pytest.mark.parametrize("other", [Gate.APP, Gate.RECOVERY_CODE])
def test_code_on_its_way_can_be_typed_after_a_wrong_try_of_another_method(cast: Cast, other: Gate) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    registers_app(cast, "adele.vance")
    with within(cast.tenant):
        make_recovery_codes(
            tenant=cast.tenant, user=cast["adele.vance"], by=cast.actor("adele.vance").for_audit(), now=clock.now()
        )
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)

    assert walk.type(other, "000000") is Outcome.WRONG
    assert view_of(walk.attempt, now=clock.now()).sent_at is not None
    assert walk.type(Gate.EMAIL, walk.code()) is Outcome.RIGHT


def test_code_lives_as_long_as_the_setting_says(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, code_minutes=2)
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(ADELE)
        walk.send(Gate.EMAIL)
        code = walk.code()
    with clock.travel(freeze_at=moment + timedelta(minutes=2, seconds=1)):
        assert walk.type(Gate.EMAIL, code) is Outcome.EXPIRED
        assert reasons(walk)[-1] == "User typed a code that is over"
        assert walk.send(Gate.EMAIL) is Outcome.SENT
        code = walk.code()
    with clock.travel(freeze_at=moment + timedelta(minutes=4, seconds=1)):
        assert walk.type(Gate.EMAIL, code) is Outcome.RIGHT


def test_key_changes_with_a_right_proof_and_the_old_one_finds_nothing(cast: Cast) -> None:
    walk = begin(ADELE)
    before, old = walk.cookie, walk.attempt
    walk.prove_email()

    assert walk.cookie != before
    assert walk.attempt.pk == old.pk
    assert attempts.find(before, now=clock.now()) is None
    stolen = choose_and_send(old, gate=Gate.MOBILE_SMS, typed_number=MOBILE, moves=walk.attempt.moves, now=clock.now())
    assert stolen.outcome is Outcome.STALE


def test_form_of_an_older_page_does_nothing(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    attempt, code = walk.attempt, walk.code()
    walk.type(Gate.EMAIL, wrong_code(attempt))

    stale = check(walk.attempt, gate=Gate.EMAIL, typed=code, moves=attempt.moves, now=clock.now())

    assert stale.outcome is Outcome.STALE
    assert stale.cookie is None
    assert walk.state is State.PROVE_ONE


@pytest.mark.parametrize("offset", [-1, 1, 5])
def test_form_of_another_number_does_nothing(cast: Cast, offset: int) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    attempt = walk.attempt

    answer = check(attempt, gate=Gate.EMAIL, typed=walk.code(), moves=attempt.moves + offset, now=clock.now())

    assert answer.outcome is Outcome.STALE


LATER_POSTS: list[Callable[[Walk], object]] = [
    lambda walk: walk.finish(),
    lambda walk: walk.unlock(),
]


@pytest.mark.parametrize("post", LATER_POSTS, ids=["finish", "unlock"])
@pytest.mark.parametrize("proofs", [0, 1], ids=["nothing proven", "one of two proven"])
def test_later_steps_are_closed_to_whoever_has_not_proven_enough(
    cast: Cast, post: Callable[[Walk], object], proofs: int
) -> None:
    walk, password = begin(ADELE), cast["adele.vance"].password
    if proofs:
        walk.prove_email()
    state = walk.state

    answer = post(walk)

    assert answer in (Ended.STALE,) or getattr(answer, "ended", None) is Ended.STALE
    assert walk.state is state
    cast["adele.vance"].refresh_from_db()
    assert cast["adele.vance"].password == password


def test_cookie_of_nothing_finds_nothing(cast: Cast) -> None:
    begin(ADELE)

    assert attempts.find(Secret(""), now=clock.now()) is None
    assert attempts.find(Secret("x" * 43), now=clock.now()) is None


def test_wrong_number_is_answered_like_the_right_one_and_nothing_is_sent(cast: Cast) -> None:
    walk = begin(ADELE)

    assert walk.send(Gate.MOBILE_SMS, "+1 202 555 0100") is Outcome.SENT

    assert not OutboundMessage.objects.filter(channel="sms").exclude(to="").exists()
    assert walk.type(Gate.MOBILE_SMS, "123456") is Outcome.WRONG
    assert walk.send(Gate.MOBILE_SMS, "(202) 555-0142") is Outcome.SENT
    assert OutboundMessage.objects.filter(channel="sms", to=MOBILE).count() == 1


def test_mail_goes_to_the_stored_address_alone(cast: Cast) -> None:
    knows(cast, "adele.vance", email="ádele@mail.example")
    walk = begin(ADELE)
    choose_and_send(
        walk.attempt, gate=Gate.EMAIL, typed_number="adele@mail.example", moves=walk.attempt.moves, now=clock.now()
    )

    assert [message.to for message in OutboundMessage.objects.filter(template="verification_code")] == [
        "ádele@mail.example"
    ]


def test_changed_address_makes_a_code_on_its_way_wrong(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    code = walk.code()
    knows(cast, "adele.vance", email="new@mail.example")

    assert walk.type(Gate.EMAIL, code) is Outcome.WRONG


def test_first_proof_is_gone_when_its_place_is_not_the_persons_any_more(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.prove_email()
    knows(cast, "adele.vance", email="new@mail.example")

    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.STALE
    assert walk.state is State.PROVE_ONE
    assert walk.attempt.proven_gates == []


def test_number_on_file_twice_is_one_place(cast: Cast, settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = "inbox:"
    policy_for(cast, reach=Reach.ALL, gates_required=2, gates=["email", "mobile_sms", "office_voice"])
    knows(cast, "adele.vance", office="+12025550142")
    walk = begin(ADELE)
    walk.prove_sms()

    assert {line.gate for line in view_of(walk.attempt, now=clock.now()).gates} == {Gate.EMAIL}


def test_app_code_counts_once(cast: Cast) -> None:
    app = registers_app(cast, "adele.vance")
    policy_for(cast, reach=Reach.ALL, two_gates_with_second_factor=False)
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        code = app.at(moment)
        assert begin(ADELE).type(Gate.APP, code) is Outcome.RIGHT
        assert begin(ADELE).type(Gate.APP, code) is Outcome.WRONG


def test_recovery_code_is_one_of_two_and_spent(cast: Cast) -> None:
    with within(cast.tenant):
        code, *_ = make_recovery_codes(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            by=cast.actor("adele.vance").for_audit(),
            now=clock.now(),
        )
    walk = begin(ADELE)
    assert walk.type(Gate.RECOVERY_CODE, code.expose()) is Outcome.RIGHT
    assert walk.prove_email() is Outcome.RIGHT
    assert walk.state is State.NEW_PASSWORD
    with within(cast.tenant):
        assert RecoveryCode.objects.filter(user=cast["adele.vance"], used_at=None).count() == 9
    assert begin(ADELE).type(Gate.RECOVERY_CODE, code.expose()) is Outcome.WRONG


def hashed(*questions: str) -> dict[str, str]:
    return {key: make_password(normal_form(f"answer {key}")) for key in questions}


def test_questions_are_the_same_until_all_are_right(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2, gates=["email", "questions"])
    answers(cast, "adele.vance", hashed("q01", "q02", "q03", "q04", "q05"))
    walk = begin(ADELE)
    asked = view_of(walk.attempt, now=clock.now()).questions
    right = {key: f"  ANSWER  {key} " for key in asked}
    assert len(asked) == 3

    before = hashes_made()
    assert walk.type(Gate.QUESTIONS, "", answers={**right, asked[0]: "wrong"}) is Outcome.WRONG
    assert hashes_made() - before == 3
    assert view_of(walk.attempt, now=clock.now()).questions == asked
    assert walk.type(Gate.QUESTIONS, "", answers={}) is Outcome.WRONG
    assert walk.type(Gate.QUESTIONS, "", answers=right) is Outcome.RIGHT
    assert walk.state is State.PROVE_TWO


def test_answer_to_a_question_that_was_not_asked_is_no_answer(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2, gates=["email", "questions"])
    answers(cast, "adele.vance", hashed("q01", "q02", "q03", "q04", "q05"))
    walk = begin(ADELE)
    asked = view_of(walk.attempt, now=clock.now()).questions
    others = {f"q0{number}": f"answer q0{number}" for number in range(1, 6) if f"q0{number}" not in asked}

    assert walk.type(Gate.QUESTIONS, "", answers=others) is Outcome.WRONG


def test_nothing_is_right_for_a_name_of_nobody(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=["email"])
    walk = begin("nobody@contoso.example")

    assert walk.send(Gate.EMAIL) is Outcome.SENT
    assert not OutboundMessage.objects.exclude(to="").exists()
    assert walk.type(Gate.EMAIL, "00000000") is Outcome.WRONG
    assert walk.type(Gate.EMAIL, "") is Outcome.WRONG


def test_blocked_person_is_stopped_at_the_next_step(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.prove_email()
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(account_enabled=False)

    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.ENDED
    assert walk.state is State.REFUSED


def test_newer_attempt_that_proves_something_ends_the_older_one(cast: Cast) -> None:
    older, newer = begin(ADELE), begin(ADELE)
    older.prove_email()
    assert newer.state is State.PROVE_ONE, "an older attempt ends no newer one"

    newer.prove_sms()

    assert older.state is State.REPLACED
    assert newer.state is State.PROVE_TWO
    assert older.send(Gate.MOBILE_SMS, MOBILE) is Outcome.STALE


def test_starting_alone_ends_nobody_elses_attempt(cast: Cast) -> None:
    mine = begin(ADELE)
    mine.prove_email()
    stranger = begin(ADELE)
    stranger.send(Gate.EMAIL)
    stranger.type(Gate.EMAIL, "00000000")

    assert mine.prove_sms() is Outcome.RIGHT


def test_sixty_first_post_ends_the_attempt(cast: Cast) -> None:
    walk = begin(ADELE)
    for _ in range(60):
        check(walk.attempt, gate=Gate.EMAIL, typed="1", moves=10_000, now=clock.now())
    assert walk.state is State.PROVE_ONE

    walk.send(Gate.APP)

    assert walk.state is State.EXHAUSTED


def test_cancel_says_how_far_it_was(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    early, late = begin(ADELE), begin(ADELE)
    late.prove_email()
    early_again = begin(ADELE)

    assert cancel(late.attempt, now=clock.now())
    assert cancel(early_again.attempt, now=clock.now())
    assert not cancel(late.attempt, now=clock.now())
    assert reasons(late)[-1] == "User cancelled before submitting a new password"
    assert reasons(early_again)[-1] == "User cancelled before passing the required authentication methods"
    assert early.state is State.REPLACED
    assert late.finish().ended is Ended.STALE


@pytest.mark.parametrize(
    ("go", "reason"),
    [
        (lambda walk: None, "User abandoned after entering their user ID"),
        (lambda walk: walk.send(Gate.EMAIL), "User abandoned after starting the email verification option"),
        (lambda walk: walk.prove_email(), "User abandoned after completing the email verification option"),
        (lambda walk: (walk.prove_email(), walk.prove_sms()), "User abandoned before selecting a new password"),
        (
            lambda walk: (walk.prove_email(), walk.prove_sms(), walk.finish("short")),
            "User abandoned while selecting a new password",
        ),
    ],
    ids=["identified", "started", "completed", "proven", "typed"],
)
def test_attempt_that_stops_is_closed_when_its_time_is_over(
    cast: Cast, go: Callable[[Walk], object], reason: str
) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(ADELE)
        go(walk)
        attempt = walk.attempt
        assert close_abandoned(moment + timedelta(minutes=15)) == 0
        assert close_abandoned(moment + timedelta(minutes=15, seconds=1)) == 1
        assert close_abandoned(moment + timedelta(minutes=15, seconds=1)) == 0
        assert reasons(walk)[-1] == reason
    attempt.refresh_from_db()
    assert attempt.state == State.ABANDONED


def test_nothing_can_be_done_after_fifteen_minutes(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        walk = begin(ADELE)
        walk.prove_email()
        attempt = walk.attempt
    late = moment + timedelta(minutes=15, seconds=1)

    assert finish(attempt, password=Secret("Violet-Meadow-4127"), moves=attempt.moves, now=late).ended is Ended.STALE
    assert unlock(attempt, moves=attempt.moves, now=late) is Ended.STALE


def test_old_rows_are_purged_and_those_of_nobody_sooner(cast: Cast) -> None:
    moment = clock.now()
    with clock.travel(freeze_at=moment):
        known, unknown = begin(ADELE).attempt, begin("nobody@contoso.example").attempt
    close_abandoned(moment + timedelta(hours=1))

    purge(moment + timedelta(days=31))
    assert [type(known)._base_manager.filter(pk=row.pk).exists() for row in (known, unknown)] == [True, False]
    purge(moment + timedelta(days=401))
    assert not type(known)._base_manager.filter(pk=known.pk).exists()


def test_contact_of_another_tenant_is_no_way(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    policy_for(other, reach=Reach.ALL)
    with within(other.tenant):
        Contact.objects.filter(user=other["adele.vance"]).delete()

    assert begin("adele.vance@fabrikam.example").attempt.sspr_code == "SSPR_0014"
