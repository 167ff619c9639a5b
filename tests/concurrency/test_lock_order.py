"""Work on the same people from several sides at once: nobody waits for somebody who waits in turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from passwords.authority import AdminAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.reveal import withdraw
from passwords.services.reset import reset_passwords
from sspr.services.not_me import NotMe
from tests.cast import Cast, make_cast, signed_in
from tests.concurrency.crowd import PATIENCE_SECONDS, at_once, meet, wait_until_blocked
from users.act_rules import Act
from users.services.acts import act_on_person
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def resetting(cast: Cast, actor: str, target: str) -> Callable[[], ResetOutcome]:
    def reset() -> ResetOutcome:
        with within(cast.tenant):
            (outcome,) = reset_passwords(
                tenant=cast.tenant,
                orders=[ResetOrder(user_id=cast[target].pk)],
                authority=AdminAuthority(actor=cast.actor(actor)),
                options=ResetOptions(),
                now=clock.now(),
            )
        return outcome

    return reset


def while_a_reset_holds(cast: Cast, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> list[Any]:
    """Begin an act while a reset holds the person; return what came of it once both are through."""
    begun: list[Any] = []

    def hooked(*arguments: Any, **options: Any) -> None:
        begun.append(crowd.submit(at_once, [act]))
        wait_until_blocked(1)
        withdraw(*arguments, **options)

    monkeypatch.setattr("passwords.services.issue.withdraw", hooked)
    with ThreadPoolExecutor(1) as crowd:
        assert resetting(cast, "helpdesk.admin", "adele.vance")().end is ResetEnd.DONE
        done: list[Any] = begun[0].result(timeout=PATIENCE_SECONDS)
    return done


def test_two_administrators_who_reset_each_other_both_come_through(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds the row of the other one, and names themself as the starter in what they write."""
    meet(monkeypatch, "passwords.services.issue.withdraw", 2)

    first, second = "global.admin", "privileged.authentication.admin"
    outcomes = at_once([resetting(cast, first, second), resetting(cast, second, first)])

    assert [outcome.end for outcome in outcomes] == [ResetEnd.DONE, ResetEnd.DONE]


def test_block_that_waits_for_a_reset_does_not_hold_it_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block holds the tenant and waits for the person, whom the reset holds; both write rows of the tenant."""

    def block() -> bool:
        with within(cast.tenant):
            user_id, actor = cast["adele.vance"].pk, cast.actor("user.admin")
            return act_on_person(actor=actor, act=Act.BLOCK, user_id=user_id, now=clock.now()).changed

    assert while_a_reset_holds(cast, monkeypatch, block) == [True]


def test_not_me_that_waits_for_a_reset_does_not_hold_it_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both end the person's sessions: whoever took these first and the person afterwards would wait in a ring."""
    user = cast["adele.vance"]
    signed_in(user)
    message = OutboundMessage(tenant_id=cast.tenant.pk, about_user_id=user.pk, correlation_id=uuid4())

    def press() -> str:
        with within(cast.tenant), transaction.atomic():
            return NotMe().act(message, cast.tenant, clock.now()).title

    assert while_a_reset_holds(cast, monkeypatch, press)
