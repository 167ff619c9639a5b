"""The challenge of public pages: work for a browser, or digits for a person; each answer counts once."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from adminportal import captcha, clock
from adminportal.captcha import Answer, Purpose
from tests.solving import work_of

pytestmark = pytest.mark.django_db


def ask(purpose: Purpose = Purpose.WIZARD, level: int = 0) -> captcha.Captcha:
    return captcha.make(purpose, level=level, now=clock.now())


def judge(fields: dict[str, str], purpose: Purpose = Purpose.WIZARD, level: int = 0) -> Answer:
    return captcha.check_answer(purpose, fields, level=level, now=clock.now())


def by_work(given: captcha.Captcha) -> dict[str, str]:
    return {"proof": work_of(given.work)}


def by_eye(given: captcha.Captcha) -> dict[str, str]:
    return {"captcha": given.token, "captcha_text": captcha.text_of(given.token, now=clock.now())}


@pytest.mark.parametrize("answer", [by_work, by_eye], ids=["work", "picture"])
def test_right_answer_counts_once(answer) -> None:  # type: ignore[no-untyped-def]  # one of two functions
    fields = answer(ask())

    assert judge(fields) is Answer.RIGHT
    assert judge(fields) is Answer.EXPIRED


@pytest.mark.parametrize("answer", [by_work, by_eye], ids=["work", "picture"])
def test_answer_is_worth_nothing_on_another_page(answer) -> None:  # type: ignore[no-untyped-def]
    assert judge(answer(ask(Purpose.SIGN_IN)), Purpose.WIZARD) in (Answer.WRONG, Answer.EXPIRED)


@pytest.mark.parametrize("answer", [by_work, by_eye], ids=["work", "picture"])
def test_answer_to_an_easier_challenge_is_worth_nothing_when_it_got_harder(answer) -> None:  # type: ignore[no-untyped-def]
    assert judge(answer(ask(level=1)), level=2) is Answer.EXPIRED
    assert judge(answer(ask(level=2)), level=2) is Answer.RIGHT


@pytest.mark.parametrize("answer", [by_work, by_eye], ids=["work", "picture"])
def test_challenge_lives_half_an_hour(answer) -> None:  # type: ignore[no-untyped-def]
    start = clock.now()
    with clock.travel(freeze_at=start):
        early, late = answer(ask()), answer(ask())

    with clock.travel(freeze_at=start + timedelta(minutes=30, seconds=-2)):
        assert judge(early) is Answer.RIGHT
    with clock.travel(freeze_at=start + timedelta(minutes=30)):
        assert judge(late) is Answer.EXPIRED


def counter_of(level: int) -> int:
    return int(json.loads(base64.b64decode(work_of(ask(level=level).work)))["solution"]["counter"])


@pytest.mark.parametrize(
    ("draw", "easy", "hard"), [(lambda _below: 0, 0, 0), (lambda below: below - 1, 39, 159)], ids=["least", "most"]
)
def test_work_is_drawn_from_nothing_on_and_each_level_doubles_it(
    monkeypatch: pytest.MonkeyPatch, draw: Callable[[int], int], easy: int, hard: int
) -> None:
    monkeypatch.setattr(django_settings, "PROOF_OF_WORK_STEPS", 20)
    monkeypatch.setattr("adminportal.captcha.secrets.randbelow", draw)

    assert (counter_of(0), counter_of(2)) == (easy, hard)


def test_each_level_lengthens_the_text() -> None:
    assert len(captcha.text_of(ask(level=3).token, now=clock.now())) == 9
    assert len(captcha.text_of(ask(level=99).token, now=clock.now())) == 12


def test_wrong_digits_may_be_typed_five_times() -> None:
    given = ask()
    wrong = {"captcha": given.token, "captcha_text": "000000"}

    assert [judge(wrong) for _number in range(6)] == [Answer.WRONG] * 5 + [Answer.EXPIRED]
    assert judge(by_eye(given)) is Answer.EXPIRED


def test_picture_that_was_answered_wrongly_is_shown_again_and_a_made_up_one_is_not() -> None:
    given = ask()

    assert captcha.make(Purpose.WIZARD, now=clock.now(), keep=given.token).token == given.token
    for made_up in ("../x", given.token + "0", ask(Purpose.SIGN_IN).token):
        assert captcha.make(Purpose.WIZARD, now=clock.now(), keep=made_up).token != made_up


def test_digits_may_be_typed_with_blanks() -> None:
    given = ask()
    digits = captcha.text_of(given.token, now=clock.now())

    assert judge({"captcha": given.token, "captcha_text": f" {digits[:3]} {digits[3:]} "}) is Answer.RIGHT


def test_challenge_of_an_older_sealing_key_is_still_answered(settings) -> None:  # type: ignore[no-untyped-def]
    given, other = ask(), ask()
    fields = by_eye(other)

    settings.SEALING_KEYS = ["a-newer-sealing-key-of-more-than-32-characters", *settings.SEALING_KEYS]

    assert judge(by_work(given)) is Answer.RIGHT
    assert judge(fields) is Answer.RIGHT


def test_work_that_was_altered_is_worth_nothing() -> None:
    payload = json.loads(base64.b64decode(work_of(ask(level=1).work)))
    payload["challenge"]["parameters"]["data"]["level"] = 2
    forged = base64.b64encode(json.dumps(payload).encode()).decode()

    assert judge({"proof": forged}) is Answer.WRONG
    payload["challenge"]["parameters"]["data"]["level"] = 1
    payload["solution"]["derivedKey"] = "00" * 32
    assert judge({"proof": base64.b64encode(json.dumps(payload).encode()).decode()}) is Answer.WRONG


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("challenge", "solution", "x")), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | JSON.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()))
def test_nonsense_is_wrong_and_no_fault(text: str) -> None:
    assert judge({"proof": text} if text else {}) in (Answer.WRONG, Answer.EXPIRED)
    assert judge({"captcha": text, "captcha_text": text}) is Answer.EXPIRED


def test_picture_and_sound_are_drawn_and_not_kept() -> None:
    token = ask().token
    picture = Client().get(reverse("sspr:captcha-picture", args=[token]))
    sound = Client().get(reverse("sspr:captcha-sound", args=[token]))

    assert (picture["Content-Type"], sound["Content-Type"]) == ("image/png", "audio/wav")
    assert picture["Cache-Control"] == sound["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(picture.content)).size == (280, 90)
    with wave.open(io.BytesIO(sound.content)) as recording:
        assert recording.getnframes() / recording.getframerate() > 5


def test_picture_of_a_token_that_is_not_ours_or_is_over_does_not_exist() -> None:
    token = ask().token
    with clock.travel(timedelta(hours=1)):
        assert Client().get(reverse("sspr:captcha-picture", args=[token])).status_code == 404
    for odd in ("x" * 43, "a.b.c.d.e", token[:-1], "é" * 300):
        assert Client().get(reverse("sspr:captcha-sound", args=[odd])).status_code == 404


def test_pictures_and_recordings_of_one_source_are_limited() -> None:
    address, browser = reverse("sspr:captcha-picture", args=[ask().token]), Client(REMOTE_ADDR="203.0.113.77")
    statuses = [browser.get(address).status_code for _number in range(61)]

    assert statuses == [200] * 60 + [429]
    assert Client(REMOTE_ADDR="203.0.113.78").get(address).status_code == 200
