"""The one-time link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import OperatorAuthority
from passwords.models import PasswordReset, RevealLink
from passwords.orders import ResetOptions, ResetOrder, ResetOutcome
from passwords.reveal import open_for_mail
from passwords.services.change import change_password
from passwords.services.deliver_again import NotSentAgain, send_link_again
from passwords.services.reset import reset_passwords
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.reset_cast import TYPED, link_of, message_to, reset, secret_in, shown, try_sign_in
from users.models import Contact, User
from users.services.acts import Act, act_on_person
from users.services.sign_in import Outcome
from users.sessions import find_session
from users.tenancy import within

pytestmark = pytest.mark.django_db

ALTERNATE = "adele.vance.contoso@mail.example"
MINE = "megan.bowen@mail.example"
UPN = "adele.vance@contoso.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def outcome(cast: Cast) -> ResetOutcome:
    return reset(cast, "adele.vance", deliver_to_alternate=True, deliver_to=(MINE,))


def test_scanners_use_nothing_up_and_one_press_reveals(cast: Cast, outcome: ResetOutcome, client: Client) -> None:
    link = link_of(message_to(ALTERNATE))

    for _ in range(20):
        looked = client.get(link)
        assert (looked.status_code, secret_in(looked)) == (200, "")
        assert client.head(link).status_code == 200
    pressed = client.post(link)

    assert pressed.status_code == 200
    assert try_sign_in(UPN, secret_in(pressed)).outcome is Outcome.RIGHT
    assert pressed["Cache-Control"].find("no-store") >= 0
    assert 'hx-history="false"' in pressed.content.decode()
    assert UPN in pressed.content.decode()


def test_second_press_says_that_the_link_was_used(outcome: ResetOutcome, client: Client) -> None:
    link = link_of(message_to(ALTERNATE))
    client.post(link)

    again, looked = client.post(link), client.get(link)

    assert (again.status_code, secret_in(again)) == (410, "")
    assert "This link was used" in again.content.decode()
    assert looked.status_code == 410
    assert AuditEvent.objects.filter(activity="Temporary password opened by link").count() == 1


def test_page_says_whose_password_it_is_before_the_press(outcome: ResetOutcome, client: Client) -> None:
    page = client.get(link_of(message_to(ALTERNATE))).content.decode()

    assert UPN in page
    assert "Show password" in page
    assert "Contoso" in page


def test_links_of_two_recipients_burn_alone(outcome: ResetOutcome, client: Client) -> None:
    assert secret_in(client.post(link_of(message_to(ALTERNATE))))

    assert secret_in(client.post(link_of(message_to(MINE))))


def test_link_sent_again_kills_the_older_one_of_that_recipient_only(
    cast: Cast, outcome: ResetOutcome, client: Client
) -> None:
    old, others = link_of(message_to(ALTERNATE)), link_of(message_to(MINE))

    _send_again(cast, outcome, message_to(ALTERNATE))

    assert client.post(old).status_code == 404
    assert link_of(message_to(ALTERNATE)) != old
    assert secret_in(client.post(others))
    assert secret_in(client.post(link_of(message_to(ALTERNATE))))


def test_opened_link_is_not_sent_again(cast: Cast, outcome: ResetOutcome, client: Client) -> None:
    client.post(link_of(message_to(ALTERNATE)))

    with pytest.raises(NotSentAgain, match="opened"):
        _send_again(cast, outcome, message_to(ALTERNATE))


def _send_again(cast: Cast, outcome: ResetOutcome, message: OutboundMessage) -> None:
    with within(cast.tenant):
        row = PasswordReset.objects.select_related("target").get(pk=outcome.reset_id)
        send_link_again(row, message_id=message.pk, actor=cast.actor("helpdesk.admin"), now=clock.now())


def _newer_reset(cast: Cast, outcome: ResetOutcome) -> None:
    reset(cast, "adele.vance", actor="user.admin")


def _sign_in(cast: Cast, outcome: ResetOutcome) -> None:
    assert try_sign_in(UPN, shown(cast, outcome)).outcome is Outcome.RIGHT


def _change(cast: Cast, outcome: ResetOutcome) -> None:
    password = shown(cast, outcome)
    key = try_sign_in(UPN, password).session_key
    assert key is not None
    session = find_session(key, now=clock.now())
    assert session is not None
    with within(cast.tenant):
        change_password(session=session, current=Secret(password), new=Secret(TYPED), now=clock.now())


def _block(cast: Cast, outcome: ResetOutcome) -> None:
    with within(cast.tenant):
        act_on_person(
            act=Act.BLOCK,
            actor=cast.actor("global.admin"),
            user_id=cast["adele.vance"].pk,
            reason="left",
            now=clock.now(),
        )


def _delete(cast: Cast, outcome: ResetOutcome) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())


def _other_address(cast: Cast, outcome: ResetOutcome) -> None:
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).update(value="new.address@mail.example")


def _no_address(cast: Cast, outcome: ResetOutcome) -> None:
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).delete()


@pytest.mark.parametrize(
    ("happen", "said"),
    [
        (_newer_reset, "This link was replaced"),
        (_sign_in, "This password was used"),
        (_change, "This password was used"),
        (_block, "This link was withdrawn"),
        (_delete, "This link was withdrawn"),
        (_other_address, "This link was withdrawn"),
        (_no_address, "This link was withdrawn"),
    ],
)
def test_pending_link_dies(
    cast: Cast, outcome: ResetOutcome, client: Client, happen: Callable[[Cast, ResetOutcome], None], said: str
) -> None:
    link = link_of(message_to(ALTERNATE))
    assert client.get(link).status_code == 200

    happen(cast, outcome)

    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, secret_in(answer)) == (410, "")
        assert said in answer.content.decode()
    with within(cast.tenant):
        assert OutboundMessage.objects.get(to=ALTERNATE, template="temporary_password").opened_at is None


def test_link_dies_by_sign_in_with_a_password_that_need_not_be_changed(cast: Cast, client: Client) -> None:
    outcome = reset(cast, "adele.vance", deliver_to_alternate=True, must_change=False)
    link = link_of(message_to(ALTERNATE))

    _sign_in(cast, outcome)

    assert client.post(link).status_code == 410


def test_link_lives_to_its_last_second_and_no_longer(cast: Cast, outcome: ResetOutcome, client: Client) -> None:
    link = link_of(message_to(ALTERNATE))
    with within(cast.tenant):
        end = PasswordReset.objects.get(pk=outcome.reset_id).sealed_until
    assert end is not None

    with clock.travel(freeze_at=end - timedelta(seconds=1)):
        assert client.get(link).status_code == 200
    with clock.travel(freeze_at=end):
        dead = client.post(link)

    assert dead.status_code == 410
    assert "This link has expired" in dead.content.decode()


def test_wrong_token_is_not_found_and_counted_by_source() -> None:
    client = Client(REMOTE_ADDR="203.0.113.7")
    for _ in range(20):
        assert client.get("/reveal/" + "A" * 43).status_code == 404

    limited = client.get("/reveal/" + "A" * 43)

    assert limited.status_code == 429
    assert int(limited["Retry-After"]) > 0


def test_link_of_a_signed_in_stranger_of_another_tenant_still_opens(outcome: ResetOutcome) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    client = signed_in(other["adele.vance"])

    assert secret_in(client.post(link_of(message_to(ALTERNATE))))


def test_nothing_of_a_link_rests_in_plain_text(cast: Cast, outcome: ResetOutcome) -> None:
    password = shown(cast, outcome)
    message = message_to(ALTERNATE)
    token = link_of(message).rpartition("/")[2]

    with within(cast.tenant):
        rows = [*PasswordReset.objects.values(), *OutboundMessage.objects.values(), *RevealLink.objects.values()]

    assert password not in str(rows)
    assert token not in str(rows)


def test_link_that_died_of_a_block_stays_dead_when_sign_in_is_allowed_again(
    cast: Cast, outcome: ResetOutcome, client: Client
) -> None:
    link = link_of(message_to(ALTERNATE))

    _block(cast, outcome)
    with within(cast.tenant):
        act_on_person(act=Act.ALLOW, actor=cast.actor("global.admin"), user_id=cast["adele.vance"].pk, now=clock.now())
    pressed = client.post(link)

    assert (pressed.status_code, secret_in(pressed)) == (410, "")
    assert "This link was withdrawn" in pressed.content.decode()
    assert {message.state for message in OutboundMessage.objects.filter(link_purpose="reveal")} == {"cancelled"}


def _block_starter(cast: Cast) -> None:
    User.objects.filter(pk=cast["helpdesk.admin"].pk).update(account_enabled=False)


def _delete_starter(cast: Cast) -> None:
    User.objects.filter(pk=cast["helpdesk.admin"].pk).update(deleted_at=clock.now())


def _purge_starter(cast: Cast) -> None:
    PasswordReset.objects.update(starter=None)


def _take_right(cast: Cast) -> None:
    cast["helpdesk.admin"].role_assignments.all().delete()


def _promote_target(cast: Cast) -> None:
    cast["global.admin"].role_assignments.update(user=cast["adele.vance"])


@pytest.mark.parametrize(
    "happen",
    [_block_starter, _delete_starter, _purge_starter, _take_right, _promote_target],
    ids=lambda each: each.__name__,
)
def test_link_to_a_typed_address_dies_with_the_right_of_whoever_typed_it(
    cast: Cast, outcome: ResetOutcome, client: Client, happen: Callable[[Cast], None]
) -> None:
    typed, own = link_of(message_to(MINE)), link_of(message_to(ALTERNATE))
    assert client.get(typed).status_code == 200

    with within(cast.tenant):
        happen(cast)
    pressed, looked = client.post(typed), client.get(own)

    assert (pressed.status_code, secret_in(pressed)) == (410, "")
    assert "This link was withdrawn" in pressed.content.decode()
    assert looked.status_code == 200


@pytest.mark.parametrize("is_blocked", [True, False], ids=["starter blocked", "starter there"])
def test_mail_with_a_password_goes_to_a_typed_address_only_while_the_starter_may_reset(
    cast: Cast, is_blocked: bool
) -> None:
    cast.tenant.password_in_mail = True
    cast.tenant.save()
    reset(cast, "adele.vance", deliver_to=(MINE,))
    if is_blocked:
        with within(cast.tenant):
            _block_starter(cast)

    content = open_for_mail(OutboundMessage.objects.get(to=MINE), clock.now())

    assert (content is None) is is_blocked


def test_link_of_an_operators_reset_is_nobodys_to_lose(cast: Cast, client: Client) -> None:
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["adele.vance"].pk)],
            authority=OperatorAuthority(),
            options=ResetOptions(deliver_to=(MINE,), idempotency_key="a" * 32),
            now=clock.now(),
        )

    assert secret_in(client.post(link_of(message_to(MINE))))
