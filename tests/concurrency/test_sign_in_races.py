"""Sign-ins beside resets, blocks and each other: nothing survives that must not, and every guess counts."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from adminportal import clock, hashing
from adminportal.audit.models import AuditEvent
from adminportal.hashing import HashingBusy
from adminportal.sealing import Secret
from passwords.authority import OperatorAuthority
from passwords.orders import ResetOptions, ResetOrder
from passwords.services.change import WrongCurrentPassword, change_password
from passwords.services.reset import reset_passwords
from tests.cast import PASSWORD, Cast, make_tenant, signed_in
from tests.concurrency.crowd import at_once, meanwhile, meet, wait_until_blocked
from users.models import Session, SignInGuard, Tenant, User
from users.roles import Role
from users.services import lockout
from users.services.acts import Act, act_on_person
from users.services.sign_in import Outcome, SignInResult, sign_in
from users.sessions import digest_of
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CHECK = "users.services.sign_in.check_password"
UPN = "adele.vance@contoso.example"
ISSUED, CHOSEN = "Quiet-Harbour-5937", "Amber-Lantern-8264"


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("adele.vance")
    return made


def knock(password: str = PASSWORD, *, source: str = "192.0.2.1") -> SignInResult:
    return sign_in(user_name=UPN, password=Secret(password), source=source, device_cookie="", now=clock.now())


def reset_by_operator(cast: Cast) -> None:
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["adele.vance"].pk, password=Secret(ISSUED))],
            authority=OperatorAuthority(),
            options=ResetOptions(),
            now=clock.now(),
        )


def block(cast: Cast) -> None:
    with within(cast.tenant):
        act_on_person(
            act=Act.BLOCK, actor=cast.actor("global"), user_id=cast["adele.vance"].pk, reason="", now=clock.now()
        )


def live_sessions(cast: Cast) -> int:
    return Session.objects.filter(user=cast["adele.vance"], ended_at=None).count()


def test_block_during_the_hash_of_a_sign_in_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, CHECK, partial(block, cast))

    assert knock().outcome is Outcome.WRONG
    assert live_sessions(cast) == 0


def test_reset_during_the_hash_of_a_sign_in_leaves_no_session(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, CHECK, partial(reset_by_operator, cast))

    assert knock().outcome is Outcome.WRONG
    assert live_sessions(cast) == 0
    assert knock(ISSUED).outcome is Outcome.RIGHT


def test_reset_that_waits_for_a_sign_in_ends_its_session(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-in holds the row and has its session; the reset comes after it and must see that session."""
    opened, go_on = threading.Event(), threading.Event()
    from users import sessions

    def slow_open(user: User, *, now: datetime, **facts: Any) -> Secret:
        key = sessions.open_session(user, now=now, **facts)
        opened.set()
        go_on.wait(60)
        return key

    monkeypatch.setattr("users.services.sign_in.open_session", slow_open)

    def reset_meanwhile() -> None:
        opened.wait(60)
        reset_by_operator(cast)

    def conduct() -> None:
        opened.wait(60)
        wait_until_blocked(1)
        go_on.set()

    result, *_ = at_once([knock, reset_meanwhile, conduct])

    assert result is not None and result.outcome is Outcome.RIGHT
    assert live_sessions(cast) == 0


def test_change_that_a_reset_overtakes_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    key = knock().session_key
    assert key
    session = Session.objects.select_related("user", "tenant").get(key_digest=digest_of(key))
    meanwhile(monkeypatch, "passwords.services.change.make_password", partial(reset_by_operator, cast))

    with within(cast.tenant), pytest.raises(WrongCurrentPassword):
        change_password(session=session, current=Secret(PASSWORD), new=Secret(CHOSEN), now=clock.now())

    assert knock(CHOSEN).outcome is Outcome.WRONG
    assert knock(ISSUED).outcome is Outcome.RIGHT


def test_two_right_sign_ins_at_once_both_succeed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(monkeypatch, CHECK, 2)

    results = at_once([knock, knock])

    assert [result.outcome for result in results] == [Outcome.RIGHT, Outcome.RIGHT]
    assert live_sessions(cast) == 2
    assert set(SignInGuard.objects.values_list("failures", "failures_in_a_row", "locks")) == {(0, 0, 0)}


def guesses(number: int) -> list[str]:
    """Return wrong passwords of which no two leave the same short trace: a repeated one is not counted."""
    digests = lockout.digests_of_name(UPN)
    seen: set[str] = set()
    found: list[str] = []
    candidate = 0
    while len(found) < number:
        typed = f"Guess-{candidate}"
        traces = set(lockout._traces(digests, Secret(typed)))
        if not traces & seen:
            seen |= traces
            found.append(typed)
        candidate += 1
    return found


def test_two_hundred_guesses_at_once_are_counted_exactly_and_lock(cast: Cast) -> None:
    typed = guesses(200)

    def try_some(start: int) -> list[Outcome]:
        return [knock(password, source=f"192.0.2.{start}").outcome for password in typed[start::40]]

    answers = at_once([partial(try_some, start) for start in range(40)])

    assert Counter(outcome for part in answers for outcome in part) == {Outcome.WRONG: 200}
    guard = SignInGuard.objects.get(is_familiar=False)
    assert (guard.failures, guard.failures_in_a_row, guard.locks) == (10, 10, 1)
    assert guard.locked_until and guard.locked_until > clock.now()
    reasons = Counter(AuditEvent.objects.filter(activity="Sign-in failed").values_list("reason", flat=True))
    assert reasons == {"wrong password": 10, "locked": 190}
    assert AuditEvent.objects.filter(activity="Account locked").count() == 1
    assert knock().outcome is Outcome.WRONG


def test_busy_portal_counts_no_failure(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> bool:
        raise HashingBusy(5)

    with monkeypatch.context() as patch:
        patch.setattr(CHECK, busy)
        for _ in range(15):
            with pytest.raises(HashingBusy):
                knock()

    assert set(SignInGuard.objects.values_list("failures", "failures_in_a_row", "locks", "locked_until")) == {
        (0, 0, 0, None)
    }
    assert knock().outcome is Outcome.RIGHT


@pytest.fixture
def real_hashes(settings: Settings) -> Settings:
    settings.PASSWORD_HASHERS = ["adminportal.hashing.PortalArgon2Hasher"]
    settings.HASH_SLOTS, settings.HASH_QUEUE, settings.HASH_WAIT_SECONDS = 1, 4, 60.0
    return settings


def test_burst_of_sign_ins_waits_or_is_sent_away_and_known_sessions_go_on(real_hashes: Settings, cast: Cast) -> None:
    """Real Argon2id; one slot is held until everybody stands in the queue or was sent away."""
    known, address = signed_in(cast["adele.vance"]), reverse("users:signin")
    hashing.guard.reset_high_water()
    held, sent_away = threading.Event(), threading.Semaphore(0)

    def sign_in_once(number: int) -> tuple[int, str]:
        form = {"user_name": f"nobody{number}@contoso.example", "password": "Wrong-Guess-1"}
        response = Client().post(address, form, REMOTE_ADDR=f"192.0.2.{number}")
        sent_away.release()
        return response.status_code, response.headers.get("Retry-After", "")

    def hold_the_slot() -> tuple[int, str]:
        with hashing.guard.taken():
            held.set()
            for _ in range(30 - 4):
                assert sent_away.acquire(timeout=60)
            return known.get(reverse("users:account")).status_code, ""

    def follow(number: int) -> tuple[int, str]:
        held.wait(60)
        return sign_in_once(number)

    (known_status, _), *burst = at_once([hold_the_slot, *(partial(follow, number) for number in range(30))])

    assert known_status == 200
    assert Counter(status for status, _ in burst) == {503: 26, 422: 4}
    assert all(int(wait) >= 1 for status, wait in burst if status == 503)
    assert hashing.guard.load().high_water == 1


def test_hashes_of_sign_ins_never_exceed_the_slots(real_hashes: Settings, cast: Cast) -> None:
    real_hashes.HASH_SLOTS, real_hashes.HASH_QUEUE = 2, 100
    Tenant.objects.filter(pk=cast.tenant.pk).update(lockout_threshold=50)
    with within(cast.tenant):
        user = cast["adele.vance"]
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    hashing.guard.reset_high_water()
    before = hashing.hashes_made()

    results = at_once([knock] * 20)

    assert {result.outcome for result in results} == {Outcome.RIGHT}
    assert hashing.hashes_made() - before == 20
    assert hashing.guard.load().high_water <= 2
