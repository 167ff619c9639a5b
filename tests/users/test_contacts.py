"""Contact data: at once with proof and a code, else after a day in which every old address can stop it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle import Throttled
from tests.cast import Cast, make_tenant, signed_in
from tests.users.contact_ways import changes_address
from users.actors import Actor
from users.method_values import ValueRefused
from users.models import AuthenticationMethod, Contact, ContactChange, ContactKind, MethodKind, Session, Tenant, User
from users.services.challenges import CodeAnswer
from users.services.contacts import (
    Changed,
    ContactManaged,
    Waiting,
    carry_out_due,
    list_waiting,
    stop_all,
)
from users.services.own_methods import (
    CodeSent,
    ask_for_contact,
    channels_for,
    confirm_contact,
    confirm_method,
    send_method_code,
)
from users.services.people import Refused
from users.sessions import digest_of, end_all_sessions, open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db

OLD, NEW, PHONE = "adele.vance.old@mail.example", "adele.new@mail.example", "+46 70 174 06 05"
MAIL = ContactKind.ALTERNATE_EMAIL
DAY = timedelta(hours=24)
HOUR_LATER = datetime(2031, 3, 4, 13, 0, tzinfo=UTC)


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("adele.vance", has_password=False, alternate_email=OLD, mobile_phone=PHONE)
    made.add("diego.siciliani", has_password=False)
    return made


def adele(cast: Cast, *, has_proof: bool) -> Actor:
    """Return Adele, with a proof of this moment or without."""
    actor = cast.actor("adele.vance")
    return (
        actor
        if has_proof
        else Actor(user=actor.user, tenant=actor.tenant, roles=actor.roles, permissions=actor.permissions)
    )


def ask(
    cast: Cast,
    typed: str,
    *,
    has_proof: bool,
    kind: ContactKind = MAIL,
    now: datetime | None = None,
    session: Session | None = None,
) -> CodeSent | Changed | Waiting:
    with within(cast.tenant):
        return ask_for_contact(
            actor=adele(cast, has_proof=has_proof),
            session=session or session_of(cast),
            kind=kind,
            typed=typed,
            now=now or clock.now(),
        )


def confirm(cast: Cast, value: str, typed: str, *, session: Session | None = None) -> CodeAnswer:
    with within(cast.tenant):
        return confirm_contact(
            actor=adele(cast, has_proof=True),
            session=session or session_of(cast),
            kind=MAIL,
            value=value,
            typed=typed,
            now=clock.now(),
        )


def session_of(cast: Cast) -> Session:
    return Session.objects.get(pk=digest_of(open_session(cast["adele.vance"], now=clock.now())))


def value_of(cast: Cast, kind: ContactKind = MAIL) -> str | None:
    with within(cast.tenant):
        contact = Contact.objects.filter(user=cast["adele.vance"], kind=kind).first()
        return contact.value if contact else None


def code_to(address: str) -> str:
    message = OutboundMessage.objects.filter(to=address, template="verification_code").latest("created_at")
    found = re.search(r"^\d{8}$", build(message).text, re.MULTILINE)
    assert found
    return found[0]


def notices(template: str) -> dict[str, OutboundMessage]:
    return {message.to: message for message in OutboundMessage.objects.filter(template=template)}


def press(message: OutboundMessage) -> str:
    """Press the button of a notice and return the page."""
    answer = Client().post(f"/notice/{links.token_of(message).expose()}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_with_proof_a_code_to_the_new_address_changes_it_at_once(cast: Cast) -> None:
    sent = ask(cast, f" {NEW} ", has_proof=True)

    assert isinstance(sent, CodeSent) and sent.value == NEW
    assert value_of(cast) == OLD
    assert confirm(cast, NEW, "00000000") is CodeAnswer.WRONG
    assert value_of(cast) == OLD
    assert confirm(cast, NEW, code_to(NEW)) is CodeAnswer.RIGHT
    assert value_of(cast) == NEW
    with within(cast.tenant):
        assert Contact.objects.get(kind=MAIL).proven_at is not None
        assert User.objects.get(pk=cast["adele.vance"].pk).search_text.endswith(NEW)
    assert set(notices("contact_changed")) == {"adele.vance@contoso.example", OLD, NEW}
    row = AuditEvent.objects.get(activity="Update user")
    assert row.targets[0]["modified"][0]["old"].startswith("a...@mail.example (hmac ")


def test_code_proves_no_other_value_than_it_was_sent_to(cast: Cast) -> None:
    ask(cast, NEW, has_proof=True)

    assert confirm(cast, "stranger@mail.example", code_to(NEW)) is CodeAnswer.WRONG
    assert value_of(cast) == OLD


def test_session_that_has_ended_changes_nothing_by_a_right_code(cast: Cast) -> None:
    """A thief's form waits for the person's row while an administrator resets: what it read before counts no more."""
    session = session_of(cast)
    ask(cast, NEW, has_proof=True)
    end_all_sessions([cast["adele.vance"].pk], now=clock.now())

    with pytest.raises(Refused):
        confirm(cast, NEW, code_to(NEW), session=session)

    assert value_of(cast) == OLD


def test_without_proof_the_change_waits_and_every_old_address_is_told(cast: Cast) -> None:
    now = clock.now()
    outcome = ask(cast, NEW, has_proof=False, now=now)

    assert isinstance(outcome, Waiting) and outcome.change.due_at == now + DAY
    assert value_of(cast) == OLD
    told = notices("contact_change_waiting")
    assert set(told) == {"adele.vance@contoso.example", OLD, PHONE}
    for message in told.values():
        parcel = build(message)
        assert "/notice/" in parcel.text and "adele.vance@contoso.example" in parcel.text
        assert "a•••@mail.example" in parcel.text and NEW not in parcel.text + parcel.html
    assert AuditEvent.objects.filter(activity="Contact change waiting").count() == 1
    with within(cast.tenant):
        assert [change.new_value for change in list_waiting(cast["adele.vance"])] == [NEW]


@pytest.mark.parametrize(("step", "carried_out"), [(-1, 0), (0, 1), (1, 1)])
def test_waiting_change_is_carried_out_after_a_day(cast: Cast, step: int, carried_out: int) -> None:
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now)
    later = now + DAY + timedelta(seconds=step)

    assert carry_out_due(later) == carried_out
    assert value_of(cast) == (NEW if carried_out else OLD)
    assert carry_out_due(later) == 0
    if carried_out:
        with within(cast.tenant):
            assert Contact.objects.get(kind=MAIL).proven_at is None
        assert {OLD, NEW} <= set(notices("contact_changed"))
        assert "Entrance" in AuditEvent.objects.get(activity="Update user").details


@pytest.mark.parametrize(
    ("typed", "means"),
    [("", "You can no longer be reached there when"), (NEW, "The new one is where you can be reached when")],
)
def test_mail_says_what_the_change_means_and_not_of_which_address_it_reads(cast: Cast, typed: str, means: str) -> None:
    now = clock.now()
    ask(cast, typed, has_proof=False, now=now)
    carry_out_due(now + DAY)

    parcels = [build(message) for message in notices("contact_changed").values()]
    assert parcels and all(means in parcel.text and means in parcel.html for parcel in parcels)


def test_any_old_address_stops_the_change(cast: Cast) -> None:
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now)
    told = notices("contact_change_waiting")

    assert "The change was stopped" in press(told[PHONE])
    assert carry_out_due(now + DAY) == 0 and value_of(cast) == OLD
    assert "The change was stopped" in press(told[OLD])
    assert AuditEvent.objects.filter(activity="Contact change stopped").count() == 1


def test_looking_at_the_link_stops_nothing(cast: Cast) -> None:
    """Mail scanners open every link, some of them many times."""
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now)
    message = notices("contact_change_waiting")[OLD]
    path = f"/notice/{links.token_of(message).expose()}"

    for _ in range(20):
        page = Client().get(path)
        assert Client().head(path).status_code == page.status_code == 200
    assert "Stop the change" in page.content.decode() and "a•••@mail.example" in page.content.decode()
    assert NEW not in page.content.decode()
    assert carry_out_due(now + DAY) == 1


def test_stop_comes_too_late_after_the_change(cast: Cast) -> None:
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now - DAY)
    message = notices("contact_change_waiting")[OLD]
    assert carry_out_due(now) == 1

    assert "It cannot be stopped any more" in press(message)
    assert value_of(cast) == NEW


@pytest.mark.parametrize("token", ["x" * 43, "short", "%00" * 15])
def test_unknown_link_does_not_work(token: str) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/notice/{token}").status_code == 404


def test_link_of_another_kind_does_not_work_here(cast: Cast) -> None:
    ask(cast, NEW, has_proof=False)
    message = notices("contact_change_waiting")[OLD]
    OutboundMessage.objects.filter(pk=message.pk).update(link_purpose="reveal")

    assert Client().post(f"/notice/{links.token_of(message).expose()}").status_code == 404


def test_wrong_links_of_one_source_are_limited() -> None:
    answers = [Client().get(f"/notice/{'y' * 43}").status_code for _ in range(21)]

    assert answers == [404] * 20 + [429]


def test_newer_change_takes_the_place_of_a_waiting_one(cast: Cast) -> None:
    now = clock.now()
    ask(cast, "first@mail.example", has_proof=False, now=now - timedelta(hours=1))
    ask(cast, NEW, has_proof=False, now=now)

    assert carry_out_due(now + DAY - timedelta(hours=1)) == 0
    assert carry_out_due(now + DAY) == 1
    assert value_of(cast) == NEW


def test_proven_change_ends_a_waiting_one(cast: Cast) -> None:
    """A stolen session asked for a change; its owner, with the password, settles the matter."""
    now = clock.now()
    ask(cast, "thief@mail.example", has_proof=False, now=now)
    ask(cast, NEW, has_proof=True)
    confirm(cast, NEW, code_to(NEW))

    assert carry_out_due(now + DAY) == 0
    assert value_of(cast) == NEW


def test_all_waiting_changes_are_stopped_at_once(cast: Cast) -> None:
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now)
    ask(cast, "", has_proof=False, kind=ContactKind.MOBILE_PHONE, now=now)

    with within(cast.tenant):
        user = cast["adele.vance"]
        assert stop_all(user, by=cast.actor("adele.vance").for_audit(), now=now) == 2
    assert carry_out_due(now + DAY) == 0


def test_removal_waits_without_proof_and_not_with_it(cast: Cast) -> None:
    now = clock.now()
    assert isinstance(ask(cast, "", has_proof=False, now=now), Waiting)
    assert value_of(cast) == OLD

    assert ask(cast, "", has_proof=True) == Changed(is_new=True)
    assert value_of(cast) is None
    assert carry_out_due(now + DAY) == 0


@pytest.mark.parametrize("has_proof", [True, False])
def test_what_is_still_right_changes_nothing(cast: Cast, has_proof: bool) -> None:
    assert ask(cast, OLD, has_proof=has_proof) == Changed(is_new=False)
    assert not OutboundMessage.objects.exists() and not ContactChange.objects.exists()


@pytest.mark.parametrize("has_proof", [True, False])
def test_what_the_organization_manages_is_locked(cast: Cast, has_proof: bool) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(managed_contacts=[MAIL.value])
    cast.tenant.refresh_from_db()

    with pytest.raises(ContactManaged):
        ask(cast, NEW, has_proof=has_proof)
    assert value_of(cast) == OLD


def test_change_that_waited_stops_where_the_organization_took_over(cast: Cast) -> None:
    now = clock.now()
    ask(cast, NEW, has_proof=False, now=now)
    Tenant.objects.filter(pk=cast.tenant.pk).update(managed_contacts=[MAIL.value])

    assert carry_out_due(now + DAY) == 0 and value_of(cast) == OLD


@pytest.mark.parametrize(
    "facts",
    [{"deleted_at": HOUR_LATER}, {"account_enabled": False}, {"sessions_valid_from": HOUR_LATER}],
    ids=["deleted", "blocked", "all sessions ended"],
)
def test_what_a_session_asked_for_ends_with_the_account_or_with_all_sessions(
    cast: Cast, facts: dict[str, object]
) -> None:
    """A thief's session asks for a change; a reset, a new password or a block in between is the end of it."""
    with clock.travel(freeze_at=HOUR_LATER - timedelta(hours=1)):
        now = clock.now()
        ask(cast, NEW, has_proof=False, now=now)
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(**facts)

    assert carry_out_due(now + DAY) == 0 and value_of(cast) == OLD
    change = ContactChange.objects.get()
    assert change.done_at is None and change.stopped_at == now + DAY
    assert AuditEvent.objects.get(activity="Contact change stopped").actor_kind == "system"
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(account_enabled=True)
    assert carry_out_due(now + DAY) == 0


def test_change_of_somebody_who_is_gone_for_good_waits_no_longer(cast: Cast) -> None:
    now = clock.now()
    ContactChange.objects.create(
        tenant_id=cast.tenant.pk,
        user_id=UUID(int=7),
        kind=MAIL,
        new_value=NEW,
        created_at=now - DAY,
        due_at=now,
    )

    assert carry_out_due(now) == 0
    assert ContactChange.objects.get().stopped_at == now


def test_sessions_that_ended_before_do_not_matter(cast: Cast) -> None:
    now = clock.now()
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(sessions_valid_from=now - timedelta(hours=1))
    ask(cast, NEW, has_proof=False, now=now)

    assert carry_out_due(now + DAY) == 1


def test_own_mailbox_is_no_way_back(cast: Cast) -> None:
    with pytest.raises(ValueRefused) as refusal:
        ask(cast, "ADELE.VANCE@CONTOSO.example", has_proof=True)

    assert refusal.value.code == "own_mailbox"


def test_codes_of_one_person_are_limited(cast: Cast) -> None:
    """L22: nobody floods a stranger's mailbox by changing contact data."""
    for number in range(5):
        ask(cast, f"stranger{number}@mail.example", has_proof=True)

    with pytest.raises(Throttled):
        ask(cast, NEW, has_proof=True)
    with pytest.raises(Throttled):
        ask(cast, NEW, has_proof=False)
    assert OutboundMessage.objects.count() == 5


@pytest.mark.parametrize("has_proof", [True, False])
def test_costly_number_gets_no_code_and_does_not_wait(cast: Cast, has_proof: bool) -> None:
    with pytest.raises(ValueRefused) as refused:
        ask(cast, "+47 829 40 000", has_proof=has_proof, kind=ContactKind.MOBILE_PHONE)
    assert refused.value.code == "out_of_reach"
    assert not OutboundMessage.objects.exists() and not ContactChange.objects.exists()


def test_office_number_waits_where_no_call_can_be_made(cast: Cast, settings: object) -> None:
    settings.VOICE_CHANNEL_URL = ""  # type: ignore[attr-defined]

    assert channels_for(ContactKind.OFFICE_PHONE) == []
    assert isinstance(ask(cast, "+47 22 12 34 56", has_proof=True, kind=ContactKind.OFFICE_PHONE), Waiting)


def test_administrator_changes_at_once_and_unproven(cast: Cast) -> None:
    cast.add("helpdesk", has_password=False)
    outcome = changes_address(cast, NEW, by="helpdesk", proof=True)

    assert outcome == Changed(is_new=True)
    with within(cast.tenant):
        assert Contact.objects.get(kind=MAIL).proven_at is None
    assert "by Helpdesk" in build(notices("contact_changed")[OLD]).text


def method_code(cast: Cast, value: str, *, has_proof: bool = True) -> CodeSent:
    with within(cast.tenant):
        return send_method_code(
            actor=adele(cast, has_proof=has_proof),
            kind=MethodKind.EMAIL,
            typed=value,
            channel="email",
            now=clock.now(),
        )


def test_method_needs_fresh_proof(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        method_code(cast, NEW, has_proof=False)

    assert refusal.value.decision.code == "RESET_STEP_UP"
    assert not OutboundMessage.objects.exists()


def test_method_is_registered_with_the_code_that_came_back(cast: Cast) -> None:
    signed_in(cast["adele.vance"])
    method_code(cast, NEW)
    code = code_to(NEW)

    def register(typed: str) -> CodeAnswer:
        with within(cast.tenant):
            return confirm_method(
                actor=adele(cast, has_proof=True),
                session=Session.objects.get(ended_at=None),
                kind=MethodKind.EMAIL,
                value=NEW,
                typed=typed,
                now=clock.now(),
            )

    assert [register("1"), register(code), register(code)] == [CodeAnswer.WRONG, CodeAnswer.RIGHT, CodeAnswer.NONE]
    with within(cast.tenant):
        assert AuthenticationMethod.objects.get().value == NEW


def test_code_for_a_contact_registers_no_method(cast: Cast) -> None:
    ask(cast, NEW, has_proof=True)
    with within(cast.tenant):
        answer = confirm_method(
            actor=adele(cast, has_proof=True),
            session=Session(pk="s" * 64),
            kind=MethodKind.EMAIL,
            value=NEW,
            typed=code_to(NEW),
            now=clock.now(),
        )

    assert answer is CodeAnswer.NONE


@pytest.mark.parametrize("has_proof", [True, False])
@pytest.mark.parametrize("kind", [MAIL, ContactKind.MOBILE_PHONE])
def test_session_that_is_over_neither_removes_a_contact_nor_asks_for_it(
    cast: Cast, kind: ContactKind, has_proof: bool
) -> None:
    session = session_of(cast)
    end_all_sessions([cast["adele.vance"].pk], now=clock.now())

    with pytest.raises(Refused, match="RESET_STEP_UP"):
        ask(cast, "", has_proof=has_proof, kind=kind, session=session)

    assert value_of(cast, kind) == {MAIL: OLD, ContactKind.MOBILE_PHONE: PHONE}[kind]
    assert not ContactChange.objects.exists() and not OutboundMessage.objects.exists()


def test_new_value_writes_no_other_column(cast: Cast) -> None:
    changes_address(cast, proof=True)

    with CaptureQueriesContext(connection) as queries:
        changes_address(cast, "newer@mail.example", proof=True)

    (written,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "users_contact"')]
    assert "changed_at" in written and '"kind" = ' not in written.split(" WHERE ")[0]
