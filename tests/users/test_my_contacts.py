"""My account: own contact data, at once with proof and a code, else after a day; locked where others own it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.security_ways import waiting_code, wrong
from users.models import Contact, ContactChange, ContactKind, MethodKind, RoleAssignment, Session, Tenant
from users.models.challenge import Purpose
from users.roles import TEMPLATE_IDS, Role
from users.services.contacts import carry_out_due
from users.services.methods import save_method
from users.tenancy import within

pytestmark = pytest.mark.django_db
NAME, NEW, OLD = "adele.vance", "adele.new@mail.example", "adele.vance.contoso@mail.example"
MAIL, MOBILE = "/account/contact/alternate-email", "/account/contact/mobile-phone"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def value(cast: Cast, kind: ContactKind = ContactKind.ALTERNATE_EMAIL, name: str = NAME) -> str:
    with within(cast.tenant):
        return next(iter(Contact.objects.filter(user=cast[name], kind=kind).values_list("value", flat=True)), "")


def code(cast: Cast) -> str:
    return waiting_code(cast[NAME], Purpose.CONTACT)


def without_proof(cast: Cast, name: str = NAME) -> Client:
    client = signed_in(cast[name])
    Session.objects.filter(user=cast[name]).update(proven_at=clock.now() - timedelta(minutes=11))
    return client


def told(template: str) -> set[str]:
    return set(OutboundMessage.objects.filter(template=template, channel="email").values_list("to", flat=True))


def test_with_proof_and_a_code_it_is_changed_at_once_and_both_addresses_are_told(cast: Cast) -> None:
    client = signed_in(cast[NAME])

    asked = client.post(MAIL, {"value": NEW})
    before = value(cast)
    done = client.post(MAIL, {"value": NEW, "code": code(cast)})

    assert (asked.status_code, before) == (200, OLD)
    assert done["Location"] == "/account?contact=changed"
    assert value(cast) == NEW
    assert told("contact_changed") >= {OLD, NEW}
    page = client.get(done["Location"]).text
    assert NEW in page and "Confirmed by you" in page


def test_wrong_code_and_a_code_for_another_address_change_nothing(cast: Cast) -> None:
    client = signed_in(cast[NAME])
    client.post(MAIL, {"value": NEW})
    right = code(cast)

    answers = [
        client.post(MAIL, {"value": NEW, "code": wrong(right)}),
        client.post(MAIL, {"value": "thief@mail.example", "code": right}),
        client.post(MOBILE, {"value": "+1 202 555 0142", "code": right}),
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert value(cast) == OLD


def test_without_proof_it_waits_a_day_and_is_shown_with_its_time(cast: Cast) -> None:
    client = without_proof(cast)

    page = client.get(MAIL).text
    answer = client.post(MAIL, {"value": NEW})
    account = client.get(answer["Location"]).text

    assert "Change after 24 hours" in page and "/confirm?next=%2Faccount%2Fcontact%2Falternate-email" in page
    assert answer["Location"] == "/account?contact=waits"
    assert value(cast) == OLD
    assert f"Waiting: {NEW} from" in account and "Cancel the change" in account
    assert OLD in told("contact_change_waiting") and NEW not in told("contact_change_waiting")
    with clock.travel(timedelta(hours=24)):
        carry_out_due(clock.now())
    assert value(cast) == NEW


def test_waiting_change_is_cancelled_on_the_page(cast: Cast) -> None:
    client = without_proof(cast)
    client.post(MAIL, {"value": NEW})
    waiting = ContactChange.objects.get()

    stopped = client.post(f"/account/contact/{waiting.pk}/cancel")
    again = client.post(f"/account/contact/{waiting.pk}/cancel")

    assert stopped["Location"] == "/account?contact=stopped"
    assert again.status_code == 404
    with clock.travel(timedelta(hours=25)):
        assert carry_out_due(clock.now()) == 0
    assert value(cast) == OLD
    assert AuditEvent.objects.filter(activity="Contact change stopped", actor_id=cast[NAME].pk).exists()


def test_waiting_change_of_somebody_else_does_not_exist(cast: Cast) -> None:
    without_proof(cast).post(MAIL, {"value": NEW})
    change = ContactChange.objects.get()

    answers = [signed_in(cast[name]).post(f"/account/contact/{change.pk}/cancel") for name in ("grady.archie",)]
    foreign = make_cast("fabrikam.example", "Fabrikam")
    answers.append(signed_in(foreign["global.admin"]).post(f"/account/contact/{change.pk}/cancel"))

    assert {answer.status_code for answer in answers} == {404}
    assert ContactChange.objects.get().stopped_at is None


def test_removing_with_proof_acts_at_once_and_without_it_waits(cast: Cast) -> None:
    late = without_proof(cast).post(MAIL, {"remove": "1"})
    kept = value(cast)
    soon = signed_in(cast[NAME]).post(MOBILE, {"remove": "1"})

    assert (late["Location"], kept) == ("/account?contact=waits", OLD)
    assert soon["Location"] == "/account?contact=removed"
    assert value(cast, ContactKind.MOBILE_PHONE) == ""


def test_removing_asks_first_and_says_when_it_counts(cast: Cast) -> None:
    form = signed_in(cast[NAME]).get(MAIL).text
    soon = signed_in(cast[NAME]).get(f"{MAIL}?remove=1").text
    late = without_proof(cast).get(f"{MAIL}?remove=1").text

    assert 'href="?remove=1"' in form and 'name="remove"' not in form
    assert "Remove Alternate email?" in soon and OLD in soon and "It counts at once" in soon
    assert (
        "removed after 24 hours" in late and "/confirm?next=%2Faccount%2Fcontact%2Falternate-email%3Fremove%3D1" in late
    )
    assert "Your security info holds it as well" not in soon
    assert value(cast) == OLD


def test_removing_nothing_asks_nothing(cast: Cast) -> None:
    client = signed_in(cast[NAME])
    client.post(MAIL, {"remove": "1"})

    page = client.get("/account?contact=removed").text
    asked = client.get(f"{MAIL}?remove=1").text
    again = client.post(MAIL, {"remove": "1"})

    assert "It is removed." in page
    assert "Remove Alternate email?" not in asked
    assert again["Location"] == "/account?contact=same"


def test_removing_says_that_security_info_keeps_the_same_address(cast: Cast) -> None:
    with within(cast.tenant):
        facts = {"tenant": cast.tenant, "user": cast[NAME], "by": cast.actor(NAME).for_audit(), "now": clock.now()}
        save_method(kind=MethodKind.EMAIL, value=OLD.upper(), **facts)  # type: ignore[arg-type]

    mail, mobile = (signed_in(cast[NAME]).get(f"{address}?remove=1").text for address in (MAIL, MOBILE))

    assert "Your security info holds it as well" in mail
    assert "Your security info holds it as well" not in mobile


@pytest.mark.parametrize(
    ("address", "typed"),
    [(MAIL, "no address"), (MAIL, ""), (MAIL, "adele.vance@contoso.example"), (MOBILE, "12"), (MOBILE, "")],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(cast: Cast, address: str, typed: str) -> None:
    for client in (signed_in(cast[NAME]), without_proof(cast)):
        answer = client.post(address, {"value": typed})
        assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert not ContactChange.objects.exists()


@pytest.mark.parametrize("kind", [ContactKind.ALTERNATE_EMAIL, ContactKind.MOBILE_PHONE])
def test_what_others_look_after_is_locked_also_for_direct_posts(cast: Cast, kind: ContactKind) -> None:
    facts = {"managed_by": "the people office", "managed_contact": "people@contoso.example"}
    Tenant.objects.filter(pk=cast.tenant.pk).update(managed_contacts=[kind.value], **facts)
    client, address = signed_in(cast[NAME]), MAIL if kind == ContactKind.ALTERNATE_EMAIL else MOBILE
    typed: dict[str, Any] = {"value": NEW if address == MAIL else "+1 202 555 0142"}

    before = value(cast, kind)
    answers = [client.post(address, typed | more) for more in ({}, {"remove": "1"}, {"code": "12345678"})]
    account, form = client.get("/account").text, client.get(address).text

    assert {answer.status_code for answer in answers} == {403}
    assert value(cast, kind) == before
    assert not OutboundMessage.objects.filter(template="verification_code").exists()
    for page in (account, form):
        assert "Looked after by the people office." in page and "Ask people@contoso.example to change it." in page
    assert f'href="{address}"' not in account and "<form" not in form.partition("<footer")[0]


@pytest.mark.parametrize("address", [MAIL, MOBILE])
def test_contact_data_of_a_directory_are_locked_for_the_person_it_holds(cast: Cast, address: str) -> None:
    cast.add(
        "synced",
        alternate_email="synced@mail.example",
        details={"on_premises_sync_enabled": True, "directory_name": "corp.example"},
    )
    client = signed_in(cast["synced"])
    typed = {"value": NEW if address == MAIL else "+1 202 555 0142"}

    answers = [client.post(address, typed | more) for more in ({}, {"remove": "1"}, {"code": "12345678"})]

    assert {answer.status_code for answer in answers} == {403}
    assert value(cast, name="synced") == "synced@mail.example"
    for page in (client.get("/account").text, client.get(address).text):
        assert "Looked after by corp.example." in page
    assert f'href="{address}"' not in client.get("/account").text


def test_change_that_waits_is_not_carried_out_once_a_directory_holds_the_person(cast: Cast) -> None:
    without_proof(cast).post(MAIL, {"value": NEW})
    with within(cast.tenant):
        type(cast[NAME]).objects.filter(pk=cast[NAME].pk).update(on_premises_sync_enabled=True)

    with clock.travel(timedelta(hours=25)):
        carry_out_due(clock.now())

    assert value(cast) == OLD


def test_unconfirmed_change_of_ones_own_is_not_called_the_organizations(cast: Cast) -> None:
    without_proof(cast).post(MAIL, {"value": NEW})
    with clock.travel(timedelta(hours=25)):
        carry_out_due(clock.now())
        page = signed_in(cast[NAME]).get("/account").text

    assert value(cast) == NEW
    assert "Not confirmed yet" in page and "by your organization" not in page


def test_too_many_codes_wait(cast: Cast) -> None:
    client = signed_in(cast[NAME])

    statuses = [client.post(MAIL, {"value": f"adele.{number}@mail.example"}).status_code for number in range(6)]

    assert statuses == [200] * 5 + [429]


def test_administrator_who_forgot_the_password_reads_what_to_do(cast: Cast) -> None:
    admin, plain = (signed_in(cast[name]).get("/account").text for name in ("helpdesk.admin", NAME))

    assert "Forgot your password while you are signed in?" in admin
    assert "Forgot your password while you are signed in?" not in plain
    assert "Create a second admin account" not in admin


def test_only_the_lone_global_administrator_without_a_way_back_is_offered_a_second_account(cast: Cast) -> None:
    offer = "Create a second admin account"
    alone = signed_in(cast["global.admin"]).get("/account").text
    with within(cast.tenant):
        role = {"role": TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR], "created_at": clock.now()}
        second = RoleAssignment.objects.create(tenant=cast.tenant, user=cast["diego.siciliani"], **role)
    together = signed_in(cast["global.admin"]).get("/account").text
    with within(cast.tenant):
        second.delete()
        for kind, what in ((MethodKind.EMAIL, NEW), (MethodKind.MOBILE_PHONE, "+1 202 555 0142")):
            facts = {"tenant": cast.tenant, "user": cast["global.admin"], "by": cast.actor("global.admin").for_audit()}
            save_method(kind=kind, value=what, now=clock.now(), **facts)  # type: ignore[arg-type]
    able = signed_in(cast["global.admin"]).get("/account").text

    assert offer in alone
    assert offer not in together
    assert offer not in able


def test_activity_shows_own_rows_and_nobody_elses(cast: Cast) -> None:
    client = signed_in(cast[NAME])
    client.post(MAIL, {"value": NEW})
    client.post(MAIL, {"value": NEW, "code": code(cast)})
    signed_in(cast["grady.archie"]).post("/account/signout-everywhere")

    own, other = (signed_in(cast[name]).get("/account/activity").text for name in (NAME, "grady.archie"))

    assert "Update user" in own and "Signed out of all sessions" not in own
    assert "Signed out of all sessions" in other and "by you" in own
    assert NEW not in own
