"""Two who start a campaign at the same moment, and two sweeps that write its messages."""

from __future__ import annotations

from functools import partial

import pytest

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from sspr.models import Reach, SsprPolicy
from sspr.services import campaign as campaigns
from sspr.services.campaign import NobodyToAsk, send_waiting, start_campaign
from tests.cast import Cast, make_tenant, part
from tests.concurrency.crowd import at_once
from users.roles import Role
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PEOPLE = 40


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("chief", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("keeper", roles=(Role.AUTHENTICATION_POLICY_ADMINISTRATOR,))
    made.add_all(*(part(f"person.{number:02d}") for number in range(PEOPLE)))
    SsprPolicy.objects.create(tenant=made.tenant, reach=Reach.ALL)
    return made


def press(cast: Cast, who: str) -> str:
    with within(cast.tenant):
        try:
            start_campaign(actor=cast.actor(who), now=clock.now())
        except NobodyToAsk:
            return "nobody"
    return "asked"


def each_once() -> int:
    messages = OutboundMessage.objects.filter(template="please_register")
    assert messages.count() == messages.values("about_user_id").distinct().count()
    return messages.count()


def test_two_who_press_at_once_ask_everybody_once(cast: Cast) -> None:
    ends = at_once([partial(press, cast, "chief"), partial(press, cast, "keeper")])

    assert sorted(ends) == ["asked", "nobody"]
    assert each_once() == PEOPLE + 2


def test_sweeps_beside_each_other_write_everybody_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "CHUNK", 8)
    press(cast, "chief")

    for _ in range(3):
        at_once([partial(send_waiting, clock.now()) for _ in range(3)])

    assert each_once() == PEOPLE + 2
