"""The wizard from many sides at once: one success, every guess counted, and what was decided meanwhile wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from sspr import attempts
from sspr.flow import State
from sspr.models import Gate, Reach, RecoveryAttempt, RecoveryLock
from sspr.services.complete import Ended, finish, unlock
from sspr.services.start import choose_reason
from sspr.services.verify import Answer, Outcome, check
from tests.cast import Cast
from tests.concurrency.crowd import at_once, behind_a_lock, meanwhile
from tests.passwords.reset_cast import try_sign_in
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_ways import NEW_PASSWORD, Walk, begin, code_of, make_adele_alone
from users.act_rules import Act
from users.models import Challenge, User
from users.services.acts import act_on_person
from users.services.sign_in import Outcome as SignIn
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ADELE = "adele.vance@contoso.example"
SECOND_PASSWORD = "Amber-Lantern-8264"


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda *_: None)
    made = make_adele_alone()
    from users.roles import Role

    made.add("user.admin", roles=(Role.USER_ADMINISTRATOR,))
    yield made


def typed(walk: Walk, code: str) -> Callable[[], Answer]:
    """Return a post of the page that the walk shows now, by a tab of the same browser."""
    moves, cookie = walk.attempt.moves, walk.cookie

    def post() -> Answer:
        attempt = attempts.find(cookie, now=clock.now())
        if attempt is None:
            return Answer(outcome=Outcome.STALE)
        return check(attempt, gate=Gate.EMAIL, typed=code, moves=moves, now=clock.now())

    return post


def finished(walk: Walk, password: str) -> Callable[[], Ended]:
    moves, cookie = walk.attempt.moves, walk.cookie

    def post() -> Ended:
        attempt = attempts.find(cookie, now=clock.now())
        assert attempt is not None
        return finish(attempt, password=Secret(password), moves=moves, now=clock.now()).ended

    return post


def proven(name: str = ADELE) -> Walk:
    walk = begin(name)
    assert walk.prove_email() is Outcome.RIGHT
    return walk


def test_fifty_right_codes_of_one_page_are_one_success(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    post = typed(walk, code_of(walk.attempt))

    answers = at_once([post] * 50)

    assert Counter(answer.outcome for answer in answers) == {Outcome.RIGHT: 1, Outcome.STALE: 49}
    assert sum(answer.cookie is not None for answer in answers) == 1
    assert Challenge.objects.exclude(used_at=None).count() == 1


def test_guesses_of_many_attempts_at_once_are_five(cast: Cast) -> None:
    """Each attempt has a code and a page of its own: only the account's own count stops them."""
    walks = [begin(ADELE) for _ in range(5)]
    for walk in walks:
        walk.send(Gate.EMAIL)
    posts = [typed(walk, "00000000") for walk in walks]

    first = Counter(answer.outcome for answer in at_once(posts))
    again = Counter(answer.outcome for answer in at_once([typed(walk, "00000001") for walk in walks]))

    assert first == {Outcome.WRONG: 4, Outcome.ENDED: 1}
    assert set(again) <= {Outcome.ENDED, Outcome.STALE}
    assert RecoveryLock.objects.get().limit == "L04"
    assert AuditEvent.objects.filter(activity="Blocked from self-service password reset").count() == 1


def test_many_guesses_with_one_form_are_one(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    posts = [typed(walk, f"{number:08}") for number in range(40)]

    outcomes = Counter(answer.outcome for answer in at_once(posts))

    assert outcomes[Outcome.STALE] == 39
    assert Challenge.objects.get().tries == 1


def test_one_of_two_tabs_that_finish_at_once_sets_its_password(cast: Cast) -> None:
    walk = proven()

    ends = at_once([finished(walk, NEW_PASSWORD), finished(walk, SECOND_PASSWORD)])

    assert sorted(ends) == [Ended.DONE, Ended.STALE]
    works = [try_sign_in(ADELE, password).outcome is SignIn.RIGHT for password in (NEW_PASSWORD, SECOND_PASSWORD)]
    assert works == [ends[0] is Ended.DONE, ends[1] is Ended.DONE]
    assert AuditEvent.objects.filter(activity="Reset password (self-service)", result="success").count() == 1


def test_one_of_two_attempts_that_finish_at_once_sets_its_password(cast: Cast) -> None:
    """Both were proven before the rule that one ends the other could be applied to them."""
    older, newer = proven(), proven()
    RecoveryAttempt.objects.filter(pk=older.attempt.pk).update(state=State.NEW_PASSWORD, ended_at=None, end_reason="")

    ends = at_once([finished(older, NEW_PASSWORD), finished(newer, SECOND_PASSWORD)])

    assert sorted(ends).count(Ended.DONE) == 1
    assert AuditEvent.objects.filter(activity="Reset password (self-service)", result="success").count() == 1


def block(cast: Cast) -> None:
    with within(cast.tenant):
        act_on_person(actor=cast.actor("user.admin"), act=Act.BLOCK, user_id=cast["adele.vance"].pk, now=clock.now())


def test_block_between_hash_and_commit_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    walk, before = proven(), cast["adele.vance"].password
    meanwhile(monkeypatch, "passwords.services.issue.make_password", partial(block, cast), after=True)

    assert finished(walk, NEW_PASSWORD)() is Ended.OVER

    cast["adele.vance"].refresh_from_db()
    assert cast["adele.vance"].password == before
    assert walk.state is State.REFUSED


def test_finish_that_waits_for_a_block_sees_it(cast: Cast) -> None:
    walk = proven()

    def take() -> None:
        with within(cast.tenant):
            list(User.objects.select_for_update().filter(pk=cast["adele.vance"].pk))

    def then() -> None:
        with within(cast.tenant):
            User.objects.filter(pk=cast["adele.vance"].pk).update(account_enabled=False)

    (ended,) = behind_a_lock(take, [finished(walk, NEW_PASSWORD)], then=then)

    assert ended is Ended.OVER


def test_lock_between_hash_and_commit_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody says that it was not them while the password is being hashed."""
    from datetime import timedelta

    from sspr import locks
    from sspr.subjects import subject_of

    walk = proven()
    until = clock.now() + timedelta(hours=24)
    close = partial(locks.close, subject_of(ADELE), until=until, limit="NOT_ME", user_id=None)
    meanwhile(monkeypatch, "passwords.services.issue.make_password", close, after=True)

    assert finished(walk, NEW_PASSWORD)() is Ended.OVER
    assert try_sign_in(ADELE, NEW_PASSWORD).outcome is SignIn.WRONG


def test_cancel_between_hash_and_commit_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from sspr.services.cancel import cancel

    walk = proven()
    attempt = walk.attempt
    meanwhile(
        monkeypatch, "passwords.services.issue.make_password", lambda: cancel(attempt, now=clock.now()), after=True
    )

    assert finished(walk, NEW_PASSWORD)() is Ended.STALE
    assert try_sign_in(ADELE, NEW_PASSWORD).outcome is SignIn.WRONG


def test_unlock_pressed_many_times_is_one(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, allow_unlock=True)
    walk = begin(ADELE)
    assert choose_reason(walk.attempt, is_unlock=True, moves=walk.attempt.moves, now=clock.now())
    walk.prove_email()
    moves, cookie = walk.attempt.moves, walk.cookie

    def post() -> Ended:
        attempt = attempts.find(cookie, now=clock.now())
        assert attempt is not None
        return unlock(attempt, moves=moves, now=clock.now())

    assert Counter(at_once([post] * 10)) == {Ended.DONE: 1, Ended.STALE: 9}
    assert AuditEvent.objects.filter(activity="Unlock user account (self-service)").count() == 1


def test_steps_of_several_attempts_for_one_account_never_wait_in_a_ring(cast: Cast) -> None:
    """A success ends all others while each of them proves something: all take the same rows in the same order."""
    finisher = proven()
    walks = [begin(ADELE) for _ in range(4)]
    for walk in walks:
        walk.send(Gate.EMAIL)
    posts: list[Callable[[], object]] = [typed(walk, code_of(walk.attempt)) for walk in walks]

    ended = at_once([*posts, finished(finisher, NEW_PASSWORD)])[-1]

    resets = AuditEvent.objects.filter(activity="Reset password (self-service)", result="success").count()
    assert resets == (ended is Ended.DONE)
    assert ended in (Ended.DONE, Ended.STALE)
