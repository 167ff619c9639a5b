"""Codes that a limit of their destination held back: nothing goes out, nobody learns it, and the trace says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import DevMessage, OutboundMessage, State
from sspr.models import Gate, Reach
from sspr.services.verify import Outcome, view_of
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import text_of
from tests.sspr.wizard_ways import MAIL, MOBILE, begin
from users.services.challenges import purge_challenges
from users.services.sending_limits import may_send

pytestmark = pytest.mark.django_db
COSTLY = "+44 909 879 0142"
ADELE, NOBODY = "adele.vance@contoso.example", "nobody@contoso.example"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL, two_gates_with_second_factor=False)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    made.add("megan.bowen")
    return made


def spend(cast: Cast, channel: str, value: str, *, times: int) -> None:
    """Have another organization send so many codes there."""
    for _ in range(times):
        assert may_send(tenant_id=cast.tenant.pk, channel=channel, value=value, now=clock.now())


def deliver() -> list[OutboundMessage]:
    """Have every message taken up and return those that carry codes."""
    messages = OutboundMessage.objects.filter(template="verification_code").order_by("created_at")
    with Dispatcher() as dispatcher:
        for message in messages:
            dispatcher.deliver(message.pk, now=clock.now())
    return list(messages.all())


def trace(cast: Cast) -> str:
    return text_of(signed_in(cast["helpdesk.admin"]).get(reverse("centre:messages")))


HELD = [
    (Gate.MOBILE_SMS, "Too many codes went there before.", "+12 ••• 42"),
    (Gate.EMAIL, "Too many codes went there before.", "a•••@mail.example"),
]


@pytest.mark.parametrize(("gate", "reason", "masked"), HELD, ids=["text", "mail"])
def test_code_that_a_limit_holds_back_is_told_by_the_trace_alone(
    cast: Cast, gate: Gate, reason: str, masked: str
) -> None:
    is_text = gate is Gate.MOBILE_SMS
    spend(cast, "sms" if is_text else "email", MOBILE if is_text else MAIL, times=3 if is_text else 10)

    walk = begin(ADELE)
    outcome = walk.send(gate, MOBILE if is_text else "")
    (message,) = deliver()

    assert outcome is Outcome.SENT
    assert (message.state, message.to, message.context) == (State.HELD_BACK, "", {})
    assert not DevMessage.objects.exists()
    assert all(text in trace(cast) for text in (reason, masked, "Not sent"))
    assert MOBILE not in trace(cast) and MAIL not in trace(cast)
    assert walk.type(gate, "00000000"[: 6 if is_text else 8]) is Outcome.WRONG


@pytest.mark.parametrize(
    ("number", "countries"),
    [(COSTLY, []), (COSTLY, ["GB"]), (MOBILE, ["NO"])],
    ids=["costly", "costly in a named country", "country not named"],
)
def test_number_that_nothing_is_sent_to_is_no_way_at_all(cast: Cast, number: str, countries: list[str]) -> None:
    policy_for(cast, reach=Reach.ALL, two_gates_with_second_factor=False, sms_countries=countries)
    knows(cast, "adele.vance", mobile=number)

    walk = begin(ADELE)

    assert [line.gate for line in view_of(walk.attempt, now=clock.now()).gates] == [Gate.EMAIL]
    assert walk.send(Gate.MOBILE_SMS, number) is Outcome.STALE
    assert not deliver()


def test_whoever_has_such_a_number_alone_goes_the_way_of_whoever_registered_nothing(cast: Cast) -> None:
    rules = {"gates": [Gate.MOBILE_SMS.value], "two_gates_with_second_factor": False}
    policy_for(cast, reach=Reach.ALL, **rules)  # the only method there is: each decoy has it
    knows(cast, "diego.siciliani", mobile=COSTLY)

    walks = [begin("diego.siciliani@contoso.example"), begin("megan.bowen@contoso.example")]
    shown = [[line.gate for line in view_of(walk.attempt, now=clock.now()).gates] for walk in walks]
    sent = [walk.send(Gate.MOBILE_SMS, COSTLY) for walk in walks]

    assert [walk.attempt.sspr_code for walk in walks] == ["SSPR_0014"] * 2
    assert shown == [[Gate.MOBILE_SMS]] * 2
    assert sent == [Outcome.SENT] * 2
    assert [(message.to, message.state, message.failure) for message in deliver()] == [("", State.CANCELLED, "")] * 2


def test_line_stays_when_the_code_is_forgotten_and_that_of_a_decoy_goes(cast: Cast) -> None:
    rules = {"gates": [Gate.MOBILE_SMS.value], "two_gates_with_second_factor": False}
    policy_for(cast, reach=Reach.ALL, **rules)  # the only method there is: each decoy has it
    spend(cast, "sms", MOBILE, times=3)
    begin(ADELE).send(Gate.MOBILE_SMS, MOBILE)
    begin(NOBODY).send(Gate.MOBILE_SMS, MOBILE)
    held, decoy = deliver()

    purge_challenges(clock.now() + timedelta(days=2))

    assert (held.state, decoy.state) == (State.HELD_BACK, State.CANCELLED)
    assert list(OutboundMessage.objects.filter(template="verification_code")) == [held]


def test_number_that_is_not_the_one_on_file_leaves_no_line(cast: Cast) -> None:
    begin(ADELE).send(Gate.MOBILE_SMS, "+1 202 555 0199")
    (message,) = deliver()

    assert (message.state, message.about_user_id, message.failure) == (State.CANCELLED, None, "")
