"""Limits that cannot be counted: those in the database let nothing happen, those in Valkey alone let people on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from adminportal import clock, throttle
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle import rows
from sspr.models import Gate, GateFailures, Reach, RecoveryAttempt, RecoveryLock
from sspr.questions import normal_form
from sspr.services.start import difficulty
from sspr.services.verify import view_of
from tests.cast import Cast, make_cast
from tests.services.valkey import Valkey
from tests.solving import read_aloud, solved
from tests.sspr.self_service import answers, knows, policy_for
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, OFFICE, Walk, begin
from tests.users.app_ways import registers_app
from users.models import Challenge

pytestmark = pytest.mark.django_db
ADELE = "adele.vance@contoso.example"
QUESTIONS = ("q01", "q02", "q03")
TABLES = (AuditEvent, Challenge, GateFailures, OutboundMessage, RecoveryAttempt, RecoveryLock)


class NoCounterError(Exception):
    """What a broken counter answers."""


@pytest.fixture
def cast(settings: Settings) -> Cast:
    settings.SMS_CHANNEL_URL = settings.VOICE_CHANNEL_URL = "inbox:"
    made = make_cast()
    gates = [gate.value for gate in Gate if gate is not Gate.RECOVERY_CODE]
    policy_for(made, reach=Reach.ALL, gates=gates, two_gates_with_second_factor=False, questions_alone=True)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE, office=OFFICE)
    registers_app(made, "adele.vance")
    answers(made, "adele.vance", {key: make_password(normal_form("blue")) for key in QUESTIONS})
    return made


def break_counter(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let one limit be counted and read no more."""

    def broken(genuine: Callable[..., Any]) -> Callable[..., Any]:
        def ask(limit: throttle.Limit, **more: Any) -> Any:
            if limit.name == name:
                raise NoCounterError
            return genuine(limit, **more)

        return ask

    for each in ("take", "look"):
        monkeypatch.setattr(rows, each, broken(getattr(rows, each)))


def begin_again(_walk: Walk) -> object:
    return begin(ADELE)


def send(gate: Gate, number: str = "") -> Callable[[Walk], object]:
    return lambda walk: walk.send(gate, number)


def guess(gate: Gate) -> Callable[[Walk], object]:
    def type_wrong(walk: Walk) -> object:
        return walk.type(gate, "00000000", answers=dict.fromkeys(QUESTIONS, "red"))

    return type_wrong


TEXT, CALL = send(Gate.MOBILE_SMS, MOBILE), send(Gate.MOBILE_VOICE, MOBILE)
CLOSED: list[tuple[str, Callable[[Walk], object]]] = [
    ("L01", begin_again),
    ("L02", begin_again),
    ("L04", guess(Gate.EMAIL)),
    ("L05", send(Gate.MOBILE_SMS, "+1 202 555 0100")),
    ("L06", guess(Gate.APP)),
    ("L07", guess(Gate.QUESTIONS)),
    ("L08", TEXT),
    ("L09", send(Gate.EMAIL)),
    ("L12", TEXT),
    ("L12_DAY", TEXT),
    ("L13", send(Gate.EMAIL)),
    ("L13_DAY", send(Gate.EMAIL)),
    ("L14", TEXT),
    ("L15", TEXT),
    ("L15_INSTALLATION", send(Gate.OFFICE_VOICE, OFFICE)),
    ("L16", CALL),
    ("L16_DAY", CALL),
]


SPENT: Final = ("moves", "posts")
"""What answers to questions change before they are judged: a form is spent first."""


def everything() -> list[dict[str, Any]]:
    """Return every row that a step of the wizard may make or change; counters and spent forms aside."""
    found = [row for table in TABLES for row in table._base_manager.order_by("pk").values()]
    return [{name: value for name, value in row.items() if name not in SPENT} for row in found]


def test_limit_that_cannot_be_counted_lets_nothing_happen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one walk: nothing happens in it, so that no limit is met after another."""
    walk = begin(ADELE)
    walk.send(Gate.EMAIL)
    assert len(view_of(walk.attempt, now=clock.now()).gates) == 6
    before = everything()
    for name, step in CLOSED:
        with monkeypatch.context() as broken:
            break_counter(broken, name)
            with pytest.raises(NoCounterError):
                step(walk)
        assert everything() == before, name

    TEXT(walk)
    assert everything() != before, "the steps do nothing at all"


@pytest.mark.parametrize(("name", "answer"), [("CAPTCHA_ONCE", solved), ("CAPTCHA_TRIES", read_aloud)])
def test_challenge_that_cannot_be_counted_lets_nobody_begin(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str, answer: Callable[..., dict[str, str]]
) -> None:
    browser = Visit().client
    fields = {"user_name": ADELE, **answer(browser.get("/passwordreset"))}
    with monkeypatch.context() as broken:
        break_counter(broken, name)
        with pytest.raises(NoCounterError):
            browser.post("/passwordreset", fields)

    assert not RecoveryAttempt.objects.exists()
    assert browser.post("/passwordreset", fields).status_code == 302, "the answer was not spent"


@pytest.mark.valkey
def test_page_one_stays_open_and_gets_harder_all_the_same_when_valkey_is_gone(
    cast: Cast, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.LIMITS, "L03", replace(throttle.LIMITS["L03"], number=2))
    valkey.stop()

    for number in range(2):
        answer = Visit(source=f"203.0.113.{number}").begin(f"name{number}@contoso.example")
        assert answer["Location"] == "/passwordreset/step"

    assert RecoveryAttempt.objects.count() == 2
    assert difficulty(source="198.51.100.1", tenant=cast.tenant, now=clock.now()) == 1
