"""Calls in the wizard: to the mobile or the office phone, by the whole number, at the limits of texts and of calls."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import DevMessage, OutboundMessage, State
from sspr import locks
from sspr.models import Gate, Reach, RecoveryLock
from sspr.services.verify import Outcome, view_of
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast
from tests.passwords.reset_cast import try_sign_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD, Walk, begin
from users.services.sign_in import Outcome as SignIn

pytestmark = pytest.mark.django_db
ADELE, NOBODY = "adele.vance@contoso.example", "nobody@contoso.example"
BOTH = pytest.mark.parametrize("name", [ADELE, NOBODY], ids=["real", "decoy"])
OFFICE = "+44 7700 900123 x4567"
CALLS = [
    pytest.param(Gate.MOBILE_VOICE, MOBILE, "Call my mobile phone", "42", id="mobile"),
    pytest.param(Gate.OFFICE_VOICE, OFFICE, "Call my office phone", "23", id="office"),
]


@pytest.fixture
def cast(settings: Settings) -> Cast:
    settings.SMS_CHANNEL_URL = settings.VOICE_CHANNEL_URL = "inbox:"
    made = make_cast()
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE, office=OFFICE)
    allow(made, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE)
    return made


def allow(cast: Cast, *gates: Gate, **more: object) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[gate.value for gate in gates], **more)


def deliver() -> list[DevMessage]:
    """Have every code taken up, and return what rang."""
    with Dispatcher() as dispatcher:
        for message in OutboundMessage.objects.filter(template="verification_code"):
            dispatcher.deliver(message.pk, now=clock.now())
    return list(DevMessage.objects.filter(channel="voice"))


def gates_of(walk: Walk) -> set[Gate]:
    return {line.gate for line in view_of(walk.attempt, now=clock.now()).gates}


@pytest.mark.parametrize(("gate", "number", "words", "end"), CALLS)
def test_person_resets_by_a_call(cast: Cast, gate: Gate, number: str, words: str, end: str) -> None:
    visit = Visit()
    visit.begin(ADELE)
    page = text_of(visit.page(method=gate.value))
    assert words in page and f"{end})" in page and number not in page and 'name="number"' in page

    visit.send(gate.value, number)
    assert "A code is on its way if this is the number on file." in text_of(visit.page())
    (call,) = deliver()
    code = visit.code()
    assert call.to == number and code in "".join(sign for sign in call.text if sign.isdecimal())
    visit.prove(gate.value, code)
    visit.finish()

    assert "Your password has been reset" in text_of(visit.page())
    assert try_sign_in(ADELE, NEW_PASSWORD).outcome is SignIn.RIGHT


NUMBERS = [
    pytest.param(Gate.MOBILE_VOICE, "(202) 555-0142", True, id="as it is dialled at home"),
    pytest.param(Gate.MOBILE_VOICE, "0142", False, id="its end alone"),
    pytest.param(Gate.MOBILE_VOICE, OFFICE, False, id="the other phone"),
    pytest.param(Gate.OFFICE_VOICE, "07700 900123 x4567", True, id="with its extension"),
    pytest.param(Gate.OFFICE_VOICE, "+44 7700 900123", True, id="without its extension"),
    pytest.param(Gate.OFFICE_VOICE, "+44 7700 900124 x4567", False, id="another number, the same extension"),
]


@pytest.mark.parametrize(("gate", "typed", "is_right"), NUMBERS)
def test_whole_number_is_asked_for_and_its_extension_is_not_part_of_it(
    cast: Cast, gate: Gate, typed: str, is_right: bool
) -> None:
    assert begin(ADELE).send(gate, typed) is Outcome.SENT

    assert [call.to for call in deliver()] == ([MOBILE if gate is Gate.MOBILE_VOICE else OFFICE] if is_right else [])


@BOTH
@pytest.mark.parametrize("gate", [Gate.MOBILE_VOICE, Gate.OFFICE_VOICE], ids=str)
def test_fifth_wrong_number_closes_self_service(cast: Cast, name: str, gate: Gate) -> None:
    allow(cast, gate)
    walk = begin(name)
    assert [walk.send(gate, "+1 202 555 0100") for _ in range(4)] == [Outcome.SENT] * 4

    assert walk.send(gate, "+1 202 555 0100") is Outcome.ENDED
    assert RecoveryLock.objects.get().limit == "L05"
    assert not deliver()


def test_calls_and_texts_count_together_and_the_sixth_pauses_its_method(cast: Cast) -> None:
    allow(cast, Gate.MOBILE_SMS, Gate.MOBILE_VOICE)
    walk, gates = begin(ADELE), (Gate.MOBILE_SMS, Gate.MOBILE_VOICE)
    assert [walk.send(gates[number % 2], MOBILE) for number in range(5)] == [Outcome.SENT] * 5

    assert walk.send(Gate.MOBILE_VOICE, MOBILE) is Outcome.PAUSED
    assert locks.read([subject_of(ADELE)], now=clock.now()).paused == {Gate.MOBILE_VOICE}
    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.PAUSED


def test_third_call_to_a_number_is_held_back_and_answered_alike(cast: Cast) -> None:
    allow(cast, Gate.MOBILE_SMS, Gate.MOBILE_VOICE)
    walk = begin(ADELE)

    assert [walk.send(Gate.MOBILE_VOICE, MOBILE) for _ in range(3)] == [Outcome.SENT] * 3

    held = OutboundMessage.objects.filter(template="verification_code", failure="held_back_place")
    deliver()
    assert OutboundMessage.objects.filter(state=State.HELD_BACK).count() == held.count() == 1
    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.SENT
    assert OutboundMessage.objects.filter(channel="sms", to=MOBILE).count() == 1, "texts are counted apart"


def test_call_and_text_to_one_phone_are_one_place(cast: Cast) -> None:
    gates = (Gate.EMAIL, Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE)
    allow(cast, *gates, gates_required=2)
    walk = begin(ADELE)
    walk.send(Gate.MOBILE_VOICE, MOBILE)
    assert walk.type(Gate.MOBILE_VOICE, walk.code()) is Outcome.RIGHT

    assert gates_of(walk) == {Gate.EMAIL, Gate.OFFICE_VOICE}
    assert walk.send(Gate.MOBILE_SMS, MOBILE) is Outcome.STALE


@pytest.mark.parametrize("other", ["+1 202 555 0142 x12", "202 555 0142"])
def test_office_number_is_one_place_with_the_mobile_one_unless_an_extension_tells_them_apart(
    cast: Cast, other: str
) -> None:
    knows(cast, "adele.vance", office=other)
    allow(cast, Gate.EMAIL, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE, gates_required=2)
    walk = begin(ADELE)
    walk.send(Gate.MOBILE_VOICE, MOBILE)
    walk.type(Gate.MOBILE_VOICE, walk.code())

    assert (Gate.OFFICE_VOICE in gates_of(walk)) is ("x" in other)


def test_code_of_a_call_is_wrong_for_a_text_to_the_same_phone(cast: Cast) -> None:
    allow(cast, Gate.MOBILE_SMS, Gate.MOBILE_VOICE)
    walk = begin(ADELE)
    walk.send(Gate.MOBILE_VOICE, MOBILE)
    code = walk.code()

    assert walk.type(Gate.MOBILE_SMS, code) is Outcome.STALE
    walk.send(Gate.MOBILE_SMS, MOBILE)
    assert walk.type(Gate.MOBILE_SMS, code) is Outcome.WRONG
