"""Smart lockout: thresholds, growth, places, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import PASSWORD, Cast, make_cast
from tests.passwords.reset_cast import reset, shown, try_sign_in
from users.models import SignInGuard, Tenant
from users.services.acts import Act, act_on_person
from users.services.lockout import locked_until
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db

UPN = "adele.vance@contoso.example"
START = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _fail(times: int, *, at: float = 0, name: str = UPN, device_cookie: str = "", word: str = "guess") -> None:
    """Type that many different wrong passwords ``at`` seconds after the start."""
    with clock.travel(freeze_at=START + timedelta(seconds=at)):
        for number in range(times):
            result = try_sign_in(name, f"{word}-{at}-{number}", device_cookie=device_cookie)
            assert result.outcome is Outcome.WRONG


def _right(*, at: float = 0, name: str = UPN, password: str = PASSWORD, device_cookie: str = "") -> Outcome:
    with clock.travel(freeze_at=START + timedelta(seconds=at)):
        return try_sign_in(name, password, device_cookie=device_cookie).outcome


def _device(cast: Cast) -> str:
    """Return the cookie of a browser from which Adele signed in."""
    with clock.travel(freeze_at=START - timedelta(days=1)):
        return try_sign_in(UPN, PASSWORD).device_cookie


def _lock_seconds(*, at: float) -> float:
    now = START + timedelta(seconds=at)
    until = locked_until(UPN, now=now)
    return (until - now).total_seconds() if until else 0


def test_nine_failures_do_not_lock(cast: Cast) -> None:
    _fail(9)

    assert _right() is Outcome.RIGHT


def test_tenth_failure_locks_for_sixty_seconds_even_the_right_password(cast: Cast) -> None:
    _fail(10)

    assert _lock_seconds(at=0) == 60
    assert _right() is Outcome.WRONG
    assert _right(at=59) is Outcome.WRONG
    assert _right(at=60) is Outcome.RIGHT
    assert AuditEvent.objects.filter(activity="Account locked").count() == 1


def test_first_failure_after_a_lock_locks_again_for_twice_as_long_up_to_an_hour(cast: Cast) -> None:
    _fail(10)
    at, lengths = 0.0, [_lock_seconds(at=0)]

    for _ in range(7):
        at += lengths[-1]
        _fail(1, at=at)
        lengths.append(_lock_seconds(at=at))

    assert lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_tries_while_locked_do_not_lengthen_the_lock(cast: Cast) -> None:
    _fail(10)

    _fail(20, at=30)

    assert _right(at=60) is Outcome.RIGHT


def test_right_sign_in_starts_the_locks_anew(cast: Cast) -> None:
    _fail(10)
    _fail(1, at=60)
    assert _right(at=180) is Outcome.RIGHT

    _fail(9, at=200)
    assert _lock_seconds(at=200) == 0
    _fail(1, at=201)

    assert _lock_seconds(at=201) == 60


def test_day_without_a_failure_forgets_count_and_growth(cast: Cast) -> None:
    _fail(10)
    day = 24 * 3600

    _fail(9, at=day)
    assert _lock_seconds(at=day) == 0
    _fail(1, at=day + 1)

    assert _lock_seconds(at=day + 1) == 60


def test_just_under_a_day_forgets_nothing(cast: Cast) -> None:
    _fail(10)

    _fail(1, at=24 * 3600 - 1)

    assert _lock_seconds(at=24 * 3600 - 1) == 120


def test_same_wrong_password_is_counted_once(cast: Cast) -> None:
    with clock.travel(freeze_at=START):
        for _ in range(40):
            assert try_sign_in(UPN, "My-Old-Password-1").outcome is Outcome.WRONG

    assert _right() is Outcome.RIGHT


def test_last_three_wrong_passwords_are_remembered_and_not_a_fourth(cast: Cast) -> None:
    words = ["one", "two", "three", "four"]
    with clock.travel(freeze_at=START):
        for word in words:
            try_sign_in(UPN, word)
        for word in words[1:]:
            try_sign_in(UPN, word)
        assert _guard(is_familiar=False).failures == 4
        try_sign_in(UPN, words[0])

    assert _guard(is_familiar=False).failures == 5


def test_wrong_password_is_remembered_for_a_day(cast: Cast) -> None:
    with clock.travel(freeze_at=START):
        try_sign_in(UPN, "one")
    with clock.travel(freeze_at=START + timedelta(hours=23)):
        try_sign_in(UPN, "two")
        try_sign_in(UPN, "one")
        assert _guard(is_familiar=False).failures == 2
    with clock.travel(freeze_at=START + timedelta(hours=24, seconds=1)):
        try_sign_in(UPN, "one")

    assert _guard(is_familiar=False).failures == 3


def test_remembered_passwords_rest_as_short_digests_and_go_with_a_success(cast: Cast) -> None:
    _fail(2)
    kept = _guard(is_familiar=False).recent_wrong
    assert [len(entry[0]) for entry in kept] == [4, 4]  # sixteen bits as hex
    assert "guess" not in str(kept)

    _right()

    assert _guard(is_familiar=False).recent_wrong == []


def test_lock_from_unfamiliar_places_leaves_a_known_browser_free(cast: Cast) -> None:
    device = _device(cast)
    _fail(10)

    assert _right() is Outcome.WRONG
    assert _right(device_cookie=device) is Outcome.RIGHT


def test_lock_of_a_known_browser_leaves_other_places_free(cast: Cast) -> None:
    device = _device(cast)
    _fail(10, device_cookie=device)

    assert _right(device_cookie=device) is Outcome.WRONG
    assert _right() is Outcome.RIGHT


def test_device_cookie_of_somebody_else_or_of_long_ago_makes_nobody_familiar(cast: Cast) -> None:
    with clock.travel(freeze_at=START - timedelta(days=91)):
        old = try_sign_in(UPN, PASSWORD).device_cookie
        others = try_sign_in("diego.siciliani@contoso.example", PASSWORD).device_cookie
    _fail(10)

    assert _right(device_cookie=old) is Outcome.WRONG
    assert _right(device_cookie=others) is Outcome.WRONG
    assert _right(device_cookie=f"{_device_of_nobody(cast)}|{others}") is Outcome.WRONG


def _device_of_nobody(cast: Cast) -> str:
    """Return a cookie that names Adele with a made-up proof."""
    return f"{cast['adele.vance'].pk}:{int(START.timestamp())}:{'0' * 32}"


def test_hundred_failures_in_a_row_stop_unfamiliar_places_until_a_reset(cast: Cast) -> None:
    device = _device(cast)
    _fail(10)
    at = 0
    for _ in range(90):
        at += 3600
        _fail(1, at=at)

    later = at + 30 * 24 * 3600
    assert _right(at=later) is Outcome.WRONG
    assert _right(at=later, device_cookie=device) is Outcome.RIGHT
    assert _right(at=later) is Outcome.WRONG
    with clock.travel(freeze_at=START + timedelta(seconds=later)):
        password = shown(cast, reset(cast, "adele.vance"))
    assert _right(at=later, password=password) is Outcome.RIGHT


def test_hundred_failures_in_a_known_browser_never_stop_it(cast: Cast) -> None:
    device = _device(cast)
    at = 0
    for _ in range(101):
        at += 3600
        _fail(1, at=at, device_cookie=device)

    assert _guard(is_familiar=True).failures_in_a_row == 101
    assert _right(at=at + 3600, device_cookie=device) is Outcome.RIGHT


def test_organization_may_switch_the_stop_off_and_choose_its_numbers(cast: Cast) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(lockout_threshold=3, lockout_seconds=30, lockout_hard_stop=0)
    _fail(2)
    assert _right(at=1) is Outcome.RIGHT
    _fail(3, at=2)
    assert _lock_seconds(at=2) == 30
    at = 2
    for _ in range(110):
        at += 3600
        _fail(1, at=at)

    assert _right(at=at + 3600) is Outcome.RIGHT


def test_reset_by_an_administrator_ends_the_lock(cast: Cast) -> None:
    with clock.travel(freeze_at=START):
        _fail(10)
        password = shown(cast, reset(cast, "adele.vance"))

    assert _right(password=password) is Outcome.RIGHT


def test_unlock_ends_the_lock_and_keeps_the_password(cast: Cast) -> None:
    with clock.travel(freeze_at=START), within(cast.tenant):
        _fail(10)
        act_on_person(
            act=Act.UNLOCK, actor=cast.actor("helpdesk.admin"), user_id=cast["adele.vance"].pk, now=clock.now()
        )

    assert _right() is Outcome.RIGHT


def test_name_that_nobody_has_is_counted_and_locked_alike(cast: Cast) -> None:
    _fail(10, name="Nobody@contoso.example")

    now = START + timedelta(seconds=1)
    assert locked_until("nobody@contoso.example", now=now) == START + timedelta(seconds=60)
    assert "nobody" not in str(list(SignInGuard.objects.values()))


def test_spelling_of_the_name_opens_no_second_counter(cast: Cast) -> None:
    _fail(5)
    _fail(5, name="ADELE.Vance@Contoso.Example", word="other")

    assert _right() is Outcome.WRONG


def _guard(*, is_familiar: bool) -> SignInGuard:
    (guard,) = SignInGuard.objects.filter(is_familiar=is_familiar)
    return guard
