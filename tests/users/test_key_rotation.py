"""A new sealing key in front makes nobody forget: familiar browsers stay familiar, counted guesses stay counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from adminportal import clock
from tests.cast import PASSWORD, Cast, make_cast
from tests.passwords.reset_cast import try_sign_in
from users import devices
from users.models import SignInGuard
from users.services import lockout
from users.services.sign_in import Outcome

pytestmark = pytest.mark.django_db

UPN = "adele.vance@contoso.example"
START = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
OLD, NEW, FOREIGN = ("key-number-one-" * 3, "key-number-two-" * 3, "key-of-somebody-else-" * 2)


@pytest.fixture
def cast(settings: Settings) -> Cast:
    settings.SEALING_KEYS = [OLD]
    return make_cast()


def _guess(word: str, *, seconds: float = 0, device_cookie: str = "") -> Outcome:
    with clock.travel(freeze_at=START + timedelta(seconds=seconds)):
        return try_sign_in(UPN, word, device_cookie=device_cookie).outcome


def _is_locked() -> bool:
    return lockout.locked_until(UPN, now=START) is not None


def test_device_stays_familiar_and_its_cookie_is_renewed_with_the_new_key(cast: Cast, settings: Settings) -> None:
    person = cast["adele.vance"].pk
    cookie = devices.remember("", person, now=START)

    settings.SEALING_KEYS = [NEW, OLD]
    assert devices.is_familiar(cookie, person, now=START)
    renewed = devices.remember(cookie, cast["grady.archie"].pk, now=START)

    settings.SEALING_KEYS = [NEW]
    assert devices.is_familiar(renewed, cast["grady.archie"].pk, now=START)
    assert not devices.is_familiar(cookie, person, now=START)
    assert not devices.is_familiar(devices.remember("", person, now=START).replace("0", "1"), person, now=START)


def test_remembered_person_of_an_old_cookie_is_kept_under_the_new_key(cast: Cast, settings: Settings) -> None:
    cookie = devices.remember("", cast["adele.vance"].pk, now=START)
    settings.SEALING_KEYS = [NEW, OLD]
    renewed = devices.remember(cookie, cast["grady.archie"].pk, now=START)

    settings.SEALING_KEYS = [NEW]

    assert devices.is_familiar(renewed, cast["adele.vance"].pk, now=START)


def test_cookie_of_a_foreign_key_is_worth_nothing(cast: Cast, settings: Settings) -> None:
    settings.SEALING_KEYS = [FOREIGN]
    cookie = devices.remember("", cast["adele.vance"].pk, now=START)

    settings.SEALING_KEYS = [NEW, OLD]

    assert not devices.is_familiar(cookie, cast["adele.vance"].pk, now=START)


def test_guesses_before_and_after_the_rotation_are_counted_together(cast: Cast, settings: Settings) -> None:
    for number in range(7):
        _guess(f"before-{number}")
    settings.SEALING_KEYS = [NEW, OLD]
    for number in range(2):
        _guess(f"after-{number}")
    assert not _is_locked()

    _guess("the-tenth")

    assert _is_locked()
    assert _guess(PASSWORD, seconds=30) is Outcome.WRONG


def test_lock_from_before_the_rotation_holds(cast: Cast, settings: Settings) -> None:
    for number in range(10):
        _guess(f"before-{number}")

    settings.SEALING_KEYS = [NEW, OLD]

    assert _is_locked()
    assert _guess(PASSWORD, seconds=30) is Outcome.WRONG
    assert _guess(PASSWORD, seconds=61) is Outcome.RIGHT
    assert not lockout.locked_until(UPN, now=START)


def test_right_sign_in_forgets_what_was_counted_under_every_key(cast: Cast, settings: Settings) -> None:
    for number in range(9):
        _guess(f"before-{number}")
    settings.SEALING_KEYS = [NEW, OLD]

    assert _guess(PASSWORD) is Outcome.RIGHT
    assert set(SignInGuard.objects.values_list("failures", "failures_in_a_row")) == {(0, 0)}


def test_unlocking_removes_the_rows_of_every_key(cast: Cast, settings: Settings) -> None:
    for number in range(10):
        _guess(f"before-{number}")
    settings.SEALING_KEYS = [NEW, OLD]
    _guess("after")

    lockout.clear([UPN])

    assert not SignInGuard.objects.exists()


def test_wrong_password_of_before_is_still_known_and_not_counted_again(cast: Cast, settings: Settings) -> None:
    for number in range(9):
        _guess(f"before-{number}")
    settings.SEALING_KEYS = [NEW, OLD]

    _guess("before-8")
    _guess("before-8")
    assert not _is_locked()

    _guess("another")
    assert _is_locked()


def test_places_stay_apart_over_the_rotation(cast: Cast, settings: Settings) -> None:
    cookie = devices.remember("", cast["adele.vance"].pk, now=START)
    for number in range(10):
        _guess(f"before-{number}")

    settings.SEALING_KEYS = [NEW, OLD]

    assert _guess(PASSWORD) is Outcome.WRONG
    assert _guess(PASSWORD, device_cookie=cookie) is Outcome.RIGHT
