"""What administrators change of how somebody proves who they are: rights, fresh proof, audit rows, and mail."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from tests.cast import Cast, make_cast, make_tenant, signed_in
from tests.users.contact_ways import changes_address
from users.models import AuthenticationMethod, Contact, MethodKind, RecoveryCode, Session, User
from users.services import method_admin
from users.services.method_admin import on_registration_required
from users.services.methods import save_method
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import within

pytestmark = pytest.mark.django_db

HOME, MOBILE, APP = "adele.home@mail.example", "+46 70 174 06 05", "Work phone"
KNOWN = "adele.vance.contoso@mail.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def register(cast: Cast, name: str = "adele.vance") -> dict[str, AuthenticationMethod]:
    """Give a person an address, a number, an app and recovery codes; then forget what that said."""
    user, now = cast[name], clock.now()
    by = cast.actor(name).for_audit()
    with within(cast.tenant):
        save_method(tenant=cast.tenant, user=user, kind=MethodKind.EMAIL, value=HOME, by=by, now=now)
        save_method(tenant=cast.tenant, user=user, kind=MethodKind.MOBILE_PHONE, value=MOBILE, by=by, now=now)
        AuthenticationMethod.objects.create(
            tenant=cast.tenant,
            user=user,
            kind=MethodKind.AUTHENTICATOR,
            label=APP,
            sealed_key="sealed",
            created_at=now,
            proven_at=now,
        )
        make_recovery_codes(tenant=cast.tenant, user=user, by=by, now=now)
        OutboundMessage.objects.all().delete()
        return {method.kind: method for method in AuthenticationMethod.objects.filter(user=user)}


def url(cast: Cast, page: str, name: str = "adele.vance", *more: object) -> str:
    return reverse(f"users:{page}", args=[cast[name].pk, *more])


def remove(cast: Cast, actor: str, method: AuthenticationMethod, name: str = "adele.vance") -> int:
    return signed_in(cast[actor]).post(url(cast, "remove-method", name, method.pk)).status_code


def kinds(cast: Cast, name: str = "adele.vance") -> set[str]:
    with within(cast.tenant):
        return set(AuthenticationMethod.objects.filter(user=cast[name]).values_list("kind", flat=True))


def body(response: Any) -> str:
    return unescape(response.content.decode())


def refusals() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(result="failure")
    return [(row.activity, row.details["RefusalCode"]) for row in rows]


@pytest.mark.parametrize(
    ("actor", "may_remove_address", "may_remove_app"),
    [
        ("global.admin", True, True),
        ("privileged.authentication.admin", True, True),
        ("authentication.admin", True, True),
        ("user.admin", True, False),
        ("helpdesk.admin", True, False),
        ("password.admin", True, False),
        ("global.reader", False, False),
        ("license.admin", False, False),
    ],
)
def test_removing_an_app_takes_more_than_the_right_to_reset(
    cast: Cast, actor: str, may_remove_address: bool, may_remove_app: bool
) -> None:
    methods = register(cast)

    assert (remove(cast, actor, methods[MethodKind.EMAIL]) == 302) is may_remove_address
    assert (remove(cast, actor, methods[MethodKind.AUTHENTICATOR]) == 302) is may_remove_app
    assert (MethodKind.EMAIL in kinds(cast)) is not may_remove_address
    assert (MethodKind.AUTHENTICATOR in kinds(cast)) is not may_remove_app
    expected = "NO_RIGHT_AUTHENTICATOR" if may_remove_address else "NO_RIGHT_METHODS"
    assert all(code == expected for _, code in refusals())
    assert len(refusals()) == (not may_remove_address) + (not may_remove_app)


def test_page_says_that_contact_data_of_the_same_value_stay(cast: Cast) -> None:
    methods, admin = register(cast), signed_in(cast["global.admin"])

    phone, app = (
        body(admin.get(url(cast, "remove-method", "adele.vance", methods[kind].pk)))
        for kind in (MethodKind.MOBILE_PHONE, MethodKind.AUTHENTICATOR)
    )
    remove(cast, "global.admin", methods[MethodKind.MOBILE_PHONE])

    assert "Contact data stay: where they hold the same, they still reset the password" in phone
    assert "Contact data stay" not in app
    with within(cast.tenant):
        assert Contact.objects.filter(user=cast["adele.vance"], value=MOBILE).exists()


@pytest.mark.parametrize("page", ["remove", "register-again", "contacts"])
def test_whoever_may_not_reset_a_target_changes_nothing_of_it(cast: Cast, page: str) -> None:
    methods = register(cast, "global.admin")
    addresses = {
        "remove": url(cast, "remove-method", "global.admin", methods[MethodKind.EMAIL].pk),
        "register-again": url(cast, "register-again", "global.admin"),
        "contacts": url(cast, "person-contacts", "global.admin"),
    }
    for actor in ("user.admin", "authentication.admin"):
        answer = signed_in(cast[actor]).post(addresses[page], {"alternate_email": "thief@mail.example"})
        assert answer.status_code == 403
    assert len(kinds(cast, "global.admin")) == 3
    assert {code for _, code in refusals()} == {"RESET_TARGET_ROLE"}
    assert not OutboundMessage.objects.exists()


def test_nobody_changes_their_own_here(cast: Cast) -> None:
    methods = register(cast, "global.admin")

    assert remove(cast, "global.admin", methods[MethodKind.EMAIL], "global.admin") == 400
    assert refusals() == [("Admin deleted security info", "METHODS_SELF")]


def test_removed_method_is_told_and_recorded_and_sessions_end(cast: Cast) -> None:
    methods = register(cast)
    theirs = signed_in(cast["adele.vance"])

    assert remove(cast, "helpdesk.admin", methods[MethodKind.EMAIL]) == 302
    assert Session.objects.get(pk=theirs.session_digest).ended_at is not None  # type: ignore[attr-defined]
    row = AuditEvent.objects.get(activity="Admin deleted security info")
    assert (row.details["Method"], row.details["ActingRole"]) == ("email", "Helpdesk Administrator")
    message = OutboundMessage.objects.get(to=HOME)
    text = build(message).text
    assert "Email a•••@mail.example was removed" in text and "by Helpdesk Admin" in text
    assert OutboundMessage.objects.filter(to="adele.vance@contoso.example").exists()


def test_method_of_another_person_or_tenant_is_not_there(cast: Cast) -> None:
    register(cast)
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("adele.vance", has_password=False)
    theirs = register(fabrikam)
    boss = signed_in(cast["global.admin"])

    assert boss.post(url(cast, "remove-method", "diego.siciliani", theirs[MethodKind.EMAIL].pk)).status_code == 404
    assert boss.post(url(cast, "remove-method", "adele.vance", theirs[MethodKind.EMAIL].pk)).status_code == 404
    assert boss.get(url(cast, "remove-method", "adele.vance", uuid4())).status_code == 404
    assert len(kinds(cast)) == len(kinds(fabrikam)) == 3


def test_asking_removes_nothing(cast: Cast) -> None:
    methods = register(cast)
    page = body(signed_in(cast["global.admin"]).get(url(cast, "remove-method", "adele.vance", methods["email"].pk)))

    assert "Email a•••@mail.example can no longer be used" in page
    assert len(kinds(cast)) == 3


@pytest.mark.parametrize("page", ["person-contacts", "register-again"])
def test_without_fresh_proof_the_way_leads_to_it(cast: Cast, page: str) -> None:
    boss = signed_in(cast["global.admin"])
    Session.objects.filter(pk=boss.session_digest).update(  # type: ignore[attr-defined]
        proven_at=clock.now() - timedelta(minutes=11)
    )

    for answer in (boss.get(url(cast, page)), boss.post(url(cast, page), {"alternate_email": HOME})):
        assert answer.status_code == 302 and answer["Location"].startswith("/confirm?next=")
    with within(cast.tenant):
        assert Contact.objects.get(user=cast["adele.vance"], kind="alternate_email").value == KNOWN


def test_register_again_removes_all_but_addresses_and_tells_the_layers_above(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[User] = []
    monkeypatch.setattr(method_admin, "_listeners", [])
    on_registration_required(lambda user, now: heard.append(user))
    register(cast)
    theirs = signed_in(cast["adele.vance"])

    assert signed_in(cast["authentication.admin"]).post(url(cast, "register-again")).status_code == 302
    assert kinds(cast) == {MethodKind.EMAIL}
    assert heard == [cast["adele.vance"]]
    with within(cast.tenant):
        assert not RecoveryCode.objects.exists()
    assert Session.objects.get(pk=theirs.session_digest).ended_at is not None  # type: ignore[attr-defined]
    assert AuditEvent.objects.get(activity="Admin deleted security info").details["Method"] == "everything"
    assert "You are asked to register them again" in build(OutboundMessage.objects.get(to=HOME)).text


@pytest.mark.parametrize("actor", ["user.admin", "helpdesk.admin", "password.admin"])
def test_register_again_takes_an_authentication_administrator(cast: Cast, actor: str) -> None:
    register(cast)
    answer = signed_in(cast[actor]).post(url(cast, "register-again"))

    assert answer.status_code == 403
    assert "Authentication Administrator, Privileged Authentication Administrator, Global Administrator" in body(answer)
    assert len(kinds(cast)) == 3


def contacts_of(cast: Cast, name: str = "adele.vance") -> dict[str, str]:
    with within(cast.tenant):
        return dict(Contact.objects.filter(user=cast[name]).values_list("kind", "value"))


def test_contact_data_are_changed_at_once_and_told(cast: Cast) -> None:
    form = {"alternate_email": HOME, "mobile_phone": "", "office_phone": "+47 22 12 34 56"}

    answer = signed_in(cast["helpdesk.admin"]).post(url(cast, "person-contacts"), form)

    assert answer.status_code == 302
    assert contacts_of(cast) == {"alternate_email": HOME, "office_phone": "+47 22 12 34 56"}
    assert AuditEvent.objects.filter(activity="Update user", details__ActingRole="Helpdesk Administrator").count() == 3
    assert {KNOWN, HOME} <= set(OutboundMessage.objects.values_list("to", flat=True))


def test_one_bad_value_changes_nothing(cast: Cast) -> None:
    form = {"alternate_email": HOME, "mobile_phone": "12", "office_phone": ""}
    answer = signed_in(cast["helpdesk.admin"]).post(url(cast, "person-contacts"), form)

    assert answer.status_code == 422
    assert "Enter the number with its country" in body(answer)
    assert contacts_of(cast) == {"alternate_email": KNOWN, "mobile_phone": MOBILE}
    assert not OutboundMessage.objects.exists()


def test_own_mailbox_is_refused_as_a_way_back(cast: Cast) -> None:
    form = {"alternate_email": "Adele.Vance@contoso.example", "mobile_phone": MOBILE, "office_phone": ""}
    answer = signed_in(cast["helpdesk.admin"]).post(url(cast, "person-contacts"), form)

    assert answer.status_code == 422 and "cannot be opened without the password" in body(answer)


@pytest.mark.parametrize("form", [{}, {"alternate_email": KNOWN, "mobile_phone": MOBILE, "office_phone": ""}])
def test_what_did_not_come_or_is_as_it_was_stays(cast: Cast, form: dict[str, str]) -> None:
    assert signed_in(cast["helpdesk.admin"]).post(url(cast, "person-contacts"), form).status_code == 302

    assert contacts_of(cast) == {"alternate_email": KNOWN, "mobile_phone": MOBILE}
    assert not OutboundMessage.objects.exists()


def test_form_shows_contact_data_and_notes_who_saw_them(cast: Cast) -> None:
    page = body(signed_in(cast["helpdesk.admin"]).get(url(cast, "person-contacts")))

    assert KNOWN in page
    assert AuditEvent.objects.filter(activity="Viewed contact data").count() == 1


def test_reader_sees_the_reason_and_no_contact_data(cast: Cast) -> None:
    page = body(signed_in(cast["global.reader"]).get(url(cast, "person-contacts")))

    assert KNOWN not in page and "None of your roles may change how people prove who they are." in page


def test_contact_data_of_a_directory_are_changed_there(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(url(cast, "person-contacts", "lee.gu"), {"alternate_email": HOME})

    assert answer.status_code == 400 and contacts_of(cast, "lee.gu") == {}


def test_section_lists_methods_masked_with_their_commands(cast: Cast) -> None:
    methods = register(cast)
    changes_address(cast)
    page = body(signed_in(cast["helpdesk.admin"]).get(url(cast, "panel"), {"tab": "methods"}))

    assert HOME not in page and "a•••@mail.example" in page and APP in page and "10 unused" in page
    assert f"/methods/{methods[MethodKind.EMAIL].pk}/remove" in page
    assert f"/methods/{methods[MethodKind.AUTHENTICATOR].pk}/remove" not in page
    assert "takes one of these roles: Authentication Administrator" in page
    assert "Alternate email will be n•••@mail.example from" in page


def test_nothing_is_open_to_strangers(cast: Cast) -> None:
    methods = register(cast)
    for address in (url(cast, "person-contacts"), url(cast, "remove-method", "adele.vance", methods["email"].pk)):
        assert Client().post(address).status_code in (302, 401, 403)
        assert signed_in(cast["diego.siciliani"]).post(address).status_code == 403
    assert len(kinds(cast)) == 3
