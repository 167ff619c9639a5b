"""A number or address that is a method and contact data at once: removing it removes both, or says what stays."""

from __future__ import annotations

import pytest
from django.test import Client

from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr.models import Reach
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.security_ways import HOME, MOBILE
from tests.sspr.self_service import knows, policy_for, registers
from users.models import AuthenticationMethod, Contact, ContactKind, MethodKind, Tenant
from users.services.reach import reach_of
from users.tenancy import within

pytestmark = pytest.mark.django_db
NAME, KNOWN = "adele.vance", "adele.vance.contoso@mail.example"
OTHER = "+1 202 555 0171"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL)
    return made


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast[NAME])


def question(cast: Cast) -> str:
    """Return the address of the page that asks before the only method is removed."""
    with within(cast.tenant):
        return f"{HOME}/{AuthenticationMethod.objects.get(user=cast[NAME]).pk}/remove"


def has_method(cast: Cast) -> bool:
    with within(cast.tenant):
        return AuthenticationMethod.objects.filter(user=cast[NAME]).exists()


def told(template: str) -> set[str]:
    return set(OutboundMessage.objects.filter(template=template).values_list("to", flat=True))


def count_rows(cast: Cast, activity: str) -> int:
    return AuditEvent.objects.filter(actor_id=cast[NAME].pk, activity=activity).count()


def lists_in_contacts(cast: Cast, kind: ContactKind) -> str:
    with within(cast.tenant):
        return next(iter(Contact.objects.filter(user=cast[NAME], kind=kind).values_list("value", flat=True)), "")


@pytest.mark.parametrize("written", [MOBILE, MOBILE.replace(" ", "")])
def test_lost_phone_goes_from_contact_information_in_the_same_press(cast: Cast, client: Client, written: str) -> None:
    knows(cast, NAME, mobile=written)
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    address = question(cast)

    asked = client.get(address).text
    done = client.post(address, follow=True)

    assert "Your contact information holds it as well (Mobile phone). It is removed there too." in asked
    assert "Remove both" in asked
    assert done.redirect_chain[0][0] == f"{HOME}?both=1"
    assert "from your contact information as well" in done.text and MOBILE not in done.text
    assert not has_method(cast) and lists_in_contacts(cast, ContactKind.MOBILE_PHONE) == ""
    assert KNOWN in told("method_changed") & told("contact_changed")
    assert count_rows(cast, "User deleted security info") == count_rows(cast, "Update user") == 1
    with within(cast.tenant):
        assert reach_of([cast[NAME].pk])[cast[NAME].pk].mobile is None


def test_address_goes_with_its_twin_whatever_its_case_and_both_say_so_there(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.EMAIL, KNOWN.upper())

    client.post(question(cast))

    assert not has_method(cast) and lists_in_contacts(cast, ContactKind.ALTERNATE_EMAIL) == ""
    assert KNOWN in told("contact_changed")


def test_contact_information_of_another_value_stays_and_is_not_spoken_of(cast: Cast, client: Client) -> None:
    knows(cast, NAME, mobile=OTHER)
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    address = question(cast)

    asked = client.get(address).text
    client.post(address)

    assert "contact information" not in asked
    assert lists_in_contacts(cast, ContactKind.MOBILE_PHONE) == OTHER
    assert not told("contact_changed")


def test_number_that_others_look_after_stays_and_the_page_says_what_it_can_do(cast: Cast, client: Client) -> None:
    facts = {"managed_by": "the people office", "managed_contact": "people@contoso.example"}
    Tenant.objects.update(managed_contacts=[ContactKind.MOBILE_PHONE.value], **facts)
    knows(cast, NAME, mobile=MOBILE)
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    address = question(cast)

    asked = client.get(address).text
    done = client.post(address, follow=True)

    assert "it can still be used to reset your password" in asked and "Remove both" not in asked
    assert "You can no longer prove with it" not in asked
    assert "Looked after by the people office. Ask people@contoso.example to change it." in asked
    assert done.redirect_chain[0][0] == f"{HOME}?kept=1" and "stays in your contact information" in done.text
    assert not has_method(cast) and lists_in_contacts(cast, ContactKind.MOBILE_PHONE) == MOBILE


def test_office_number_is_the_organizations_and_stays(cast: Cast, client: Client) -> None:
    knows(cast, NAME, office=MOBILE)
    registers(cast, NAME, MethodKind.OFFICE_PHONE, MOBILE)

    done = client.post(question(cast))

    assert done["Location"] == f"{HOME}?kept=1"
    assert lists_in_contacts(cast, ContactKind.OFFICE_PHONE) == MOBILE


def test_both_go_or_neither(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("made to fail")

    registers(cast, NAME, MethodKind.EMAIL, KNOWN)
    monkeypatch.setattr("sspr.services.security_info.change_contact", broken)

    with pytest.raises(RuntimeError):
        client.post(question(cast))

    assert has_method(cast) and lists_in_contacts(cast, ContactKind.ALTERNATE_EMAIL) == KNOWN
    assert not told("method_changed")


def test_alternate_phone_stands_in_for_a_phone_that_was_removed(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    registers(cast, NAME, MethodKind.ALTERNATE_PHONE, OTHER)

    def mobile() -> str:
        way = reach_of([cast[NAME].pk])[cast[NAME].pk].mobile
        return way.value if way else ""

    first = mobile()
    with within(cast.tenant):
        lost = AuthenticationMethod.objects.get(user=cast[NAME], kind=MethodKind.MOBILE_PHONE)
    client.post(f"{HOME}/{lost.pk}/remove")

    assert (first, mobile()) == (MOBILE, OTHER)
