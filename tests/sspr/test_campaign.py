"""Campaigns: exactly those are asked who lack only what they can register, once a week, with progress."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import Lane, OutboundMessage, State
from sspr.models import Campaign, CampaignPerson, Gate, Reach
from sspr.services import campaign as campaigns
from sspr.services.campaign import (
    ASKED_AGAIN_AFTER,
    NobodyToAsk,
    ResetIsOff,
    count_audience,
    list_progress,
    send_waiting,
    start_campaign,
)
from sspr.services.readiness import look_ahead
from tests.cast import Cast, make_cast, part, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from users.models import MethodKind, User
from users.services.people import Refused
from users.tenancy import across_tenants, within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
URL = "/settings/password-reset/readiness"


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    return cast


def start(cast: Cast, *, who: str = "global.admin", later: timedelta = timedelta(0)) -> Campaign:
    with clock.travel(later), within(cast.tenant):
        return start_campaign(actor=cast.actor(who), now=clock.now())


def asked(campaign: Campaign) -> set[str]:
    with across_tenants():
        people = CampaignPerson.objects.filter(campaign=campaign)
        return {name.partition("@")[0] for name in people.values_list("user__user_principal_name", flat=True)}


def test_exactly_those_are_asked_who_lack_what_they_can_register(cast: Cast) -> None:
    knows(cast, "grady.archie", email="grady.archie@contoso.example")  # the mailbox he is locked out of

    found = asked(start(cast))

    assert {"diego.siciliani", "grady.archie", "helpdesk.admin"} <= found
    assert not found & {"adele.vance", "isaiah.langer", "guest.person", "never.issued"}


def test_message_goes_to_the_primary_mailbox_and_holds_no_link_that_signs_in(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(mail="diego@firm.example", preferred_language="nb")

    campaign = start(cast)

    message = OutboundMessage.objects.get(about_user_id=cast["diego.siciliani"].pk)
    parcel = build(message)
    assert (message.template, message.to, message.lane) == ("please_register", "diego@firm.example", Lane.BULK)
    assert (message.language, message.link_purpose, message.secret_purpose) == ("nb", "", "")
    assert message.correlation_id == campaign.pk
    assert "/account/security-info" in parcel.text and "diego.siciliani@contoso.example" in parcel.text


def test_nobody_is_asked_twice_within_seven_days(cast: Cast) -> None:
    first = start(cast)
    cast.add("late.comer")

    second = start(cast, later=timedelta(days=3))
    with pytest.raises(NobodyToAsk):
        start(cast, later=ASKED_AGAIN_AFTER - timedelta(seconds=1))
    third = start(cast, later=ASKED_AGAIN_AFTER + timedelta(seconds=1))

    assert asked(second) == {"late.comer"}
    assert asked(third) == asked(first)


def test_campaign_that_would_ask_nobody_leaves_no_row(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(deleted_at=None).exclude(pk=cast["global.admin"].pk).update(account_enabled=False)
        User.objects.filter(pk=cast["global.admin"].pk).update(password_issued_at=None)

        with pytest.raises(NobodyToAsk):
            start_campaign(actor=cast.actor("global.admin"), now=clock.now())

        assert not Campaign.objects.exists()
    assert not AuditEvent.objects.filter(activity="Asked users to register").exists()


def test_whoever_was_never_issued_a_password_is_counted_as_unreachable(cast: Cast) -> None:
    with within(cast.tenant):
        audience = count_audience(look_ahead(cast.tenant), now=clock.now())
    campaign = start(cast)
    with within(cast.tenant):
        afterwards = count_audience(look_ahead(cast.tenant), now=clock.now())

    assert (audience.unreachable, campaign.unreachable) == (1, 1)
    assert audience.asked == campaign.asked == len(asked(campaign))
    assert (afterwards.asked, afterwards.asked_lately) == (0, campaign.asked)


def test_large_campaign_goes_out_piece_by_piece_and_once_each(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "CHUNK", 20)
    cast.add_all(*(part(f"crowd.{number:02d}") for number in range(50)))

    campaign = start(cast)
    first = OutboundMessage.objects.filter(correlation_id=campaign.pk).count()
    rounds = [send_waiting(clock.now()) for _ in range(6)]

    messages = OutboundMessage.objects.filter(correlation_id=campaign.pk)
    assert first == 20
    assert sum(rounds) == campaign.asked - 20 and rounds[-1] == 0
    assert messages.count() == messages.values("about_user_id").distinct().count() == campaign.asked


def test_whoever_left_before_their_turn_is_not_written_to(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "CHUNK", 1)
    campaign = start(cast)
    with across_tenants():
        waiting = CampaignPerson.objects.filter(campaign=campaign, message_id=None).order_by("pk")[0]
        User.objects.filter(pk=waiting.user_id).update(account_enabled=False)

    send_waiting(clock.now())

    assert not OutboundMessage.objects.filter(about_user_id=waiting.user_id).exists()
    assert not across_people(campaign, waiting.user_id)


def across_people(campaign: Campaign, user_id: object) -> bool:
    with across_tenants():
        return CampaignPerson.objects.filter(campaign=campaign, user=user_id).exists()


def test_progress_tells_sent_signed_in_and_ready(cast: Cast) -> None:
    start(cast)
    OutboundMessage.objects.filter(about_user_id=cast["diego.siciliani"].pk).update(state=State.SENT)
    OutboundMessage.objects.filter(about_user_id=cast["grady.archie"].pk).update(state=State.FAILED)
    registers(cast, "diego.siciliani", MethodKind.EMAIL, "diego@home.example")
    with within(cast.tenant):
        signed_in_at = clock.now() + timedelta(minutes=1)
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(last_sign_in_at=signed_in_at)
        (progress,) = list_progress(look_ahead(cast.tenant))

    assert (progress.sent, progress.failed) == (1, 1)
    assert (progress.signed_in, progress.ready) == (1, 1)


def test_campaign_is_kept_in_the_audit_log(cast: Cast) -> None:
    campaign = start(cast, who="authentication.policy.admin")

    (row,) = AuditEvent.objects.filter(activity="Asked users to register")
    assert row.result == "success"
    assert row.details == {"CampaignId": str(campaign.pk), "Asked": str(campaign.asked)}


@pytest.mark.parametrize("who", ["reports.reader", "helpdesk.admin", "global.reader"])
def test_others_are_refused_and_nobody_is_asked(cast: Cast, who: str) -> None:
    with pytest.raises(Refused) as refusal:
        start(cast, who=who)

    assert refusal.value.decision.code == "NO_RIGHT_SSPR_SETTINGS_WRITE"
    assert not OutboundMessage.objects.filter(template="please_register").exists()
    assert AuditEvent.objects.filter(activity="Asked users to register", result="failure").count() == 1


def test_old_proof_starts_nothing(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        answer = client.post(f"{URL}/ask")

    assert answer.status_code == 302 and answer["Location"].startswith("/confirm")
    assert not OutboundMessage.objects.filter(template="please_register").exists()


def test_nobody_is_asked_while_reset_is_off(cast: Cast) -> None:
    policy_for(cast, reach=Reach.NONE)

    with pytest.raises(ResetIsOff):
        start(cast)
    answer = signed_in(cast["global.admin"]).post(f"{URL}/ask")

    assert answer.status_code == 422
    assert "Reset is enabled for nobody" in answer.content.decode()


def test_button_asks_and_the_page_shows_how_it_fares(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    before = unescape(client.get(URL).content.decode())
    answer = client.post(f"{URL}/ask")
    after = unescape(client.get(answer["Location"]).content.decode())
    again = client.post(f"{URL}/ask")

    assert "1 person cannot be reached" in before
    assert "The campaign is started." in after and "There is nobody to ask now." in after
    assert again.status_code == 422
    assert "There is nobody to ask" in again.content.decode()


def test_reader_sees_no_button(cast: Cast) -> None:
    page = signed_in(cast["reports.reader"]).get(URL).content.decode()

    assert "readiness/ask" not in page


def test_another_tenant_is_not_asked(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    policy_for(other, reach=Reach.ALL, gates=[Gate.EMAIL.value])

    start(other)

    told = OutboundMessage.objects.filter(template="please_register").values_list("tenant_id", flat=True)
    assert set(told) == {other.tenant.pk}
