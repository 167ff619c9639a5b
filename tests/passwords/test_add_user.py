"""Add a user: one person with a first password, all or nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock, hashing
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import CreatorAuthority
from passwords.models import PasswordReset, RevealLink
from passwords.orders import ResetEnd, ResetOptions, ResetOutcome
from passwords.services import add_user, issue
from passwords.services.add_user import create_and_issue
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.reset_cast import TYPED, shown, try_sign_in
from users.models import Contact, RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.people import NewPerson
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db
PAGE = "/users/add"
NAME = "kari.nordmann@contoso.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _fields(**changed: str) -> dict[str, str]:
    return {
        "first_name": "Kari",
        "last_name": "Nordmann",
        "display_name": "Kari Nordmann",
        "user_name": "kari.nordmann",
        "domain": "contoso.example",
        "how": "automatic",
        "style": "random",
        "must_change": "on",
        "form_key": uuid4().hex,
    } | changed


def _add(cast: Cast, actor: str = "user.admin", **changed: str) -> HttpResponse:
    return signed_in(cast[actor]).post(PAGE, _fields(**changed))


def _issue(cast: Cast, actor: str = "user.admin", *, roles: tuple[Role, ...] = (), **options: Any) -> ResetOutcome:
    with within(cast.tenant):
        return create_and_issue(
            tenant=cast.tenant,
            person=NewPerson(user_principal_name=NAME, display_name="Kari Nordmann", surname="Nordmann", roles=roles),
            password=options.pop("password", None),
            authority=CreatorAuthority(actor=cast.actor(actor)),
            options=ResetOptions(**options),
            now=clock.now(),
        )


def _find(cast: Cast, name: str = NAME) -> User | None:
    with within(cast.tenant):
        return User.objects.filter(upn_folded=name).first()


def _errors(response: HttpResponse) -> dict[str, list[str]]:
    return {field: list(errors) for field, errors in response.context["form"].errors.items()}


def _result_of(cast: Cast, response: HttpResponse) -> PasswordReset:
    assert response.status_code == 302, response.content.decode()
    with within(cast.tenant):
        row = PasswordReset.objects.select_related("target").get()
    assert response.headers["Location"] == reverse("passwords:result", args=[row.pk])
    return row


def test_added_person_signs_in_with_the_shown_password_and_must_change_it(cast: Cast) -> None:
    client = signed_in(cast["user.admin"])
    row = _result_of(
        cast, client.post(PAGE, _fields(alternate_email="kari@mail.example", mobile_phone="+4670-1740605"))
    )
    page = client.get(reverse("passwords:result", args=[row.pk]))
    password = shown(cast, ResetOutcome(user_id=row.target_id, end=ResetEnd.DONE, reset_id=row.pk), actor="user.admin")

    result = try_sign_in(NAME, password)

    assert page.status_code == 200 and "User has been added" in page.content.decode()
    assert (result.outcome, result.must_change) == (Outcome.RIGHT, True)
    user = _find(cast)
    assert user and (user.given_name, user.surname, user.display_name) == ("Kari", "Nordmann", "Kari Nordmann")
    assert row.temporary_expires_at == row.created_at + timedelta(hours=72)
    with within(cast.tenant):
        contacts = dict(Contact.objects.filter(user=user).values_list("kind", "value"))
    assert contacts == {"alternate_email": "kari@mail.example", "mobile_phone": "+46 70 174 06 05"}


def test_own_choice_of_password_without_forced_change_is_permanent(cast: Cast) -> None:
    _result_of(cast, _add(cast, how="own", new_password=TYPED, must_change=""))

    result = try_sign_in(NAME, TYPED)

    assert (result.outcome, result.must_change) == (Outcome.RIGHT, False)


@pytest.mark.parametrize("typed", ["100%", "%s", "%(value)s", "kari%mail.example", "x" * 250 + "@mail.example"])
def test_alternate_address_that_is_none_is_refused_as_it_was_typed(cast: Cast, typed: str) -> None:
    answer = _add(cast, alternate_email=typed)

    assert answer.status_code == 422
    assert list(_errors(answer)) == ["alternate_email"]
    assert _find(cast) is None


def test_password_goes_by_link_to_each_address_and_no_notice_to_an_account_nobody_uses(cast: Cast) -> None:
    _result_of(
        cast,
        _add(
            cast,
            email_to_me="on",
            addresses="boss@mail.example; desk@mail.example",
            alternate_email="kari@mail.example",
            email_to_alternate="on",
        ),
    )

    sent = sorted(OutboundMessage.objects.values_list("to", "template"))
    assert sent == [
        ("boss@mail.example", "sign_in_info"),
        ("desk@mail.example", "sign_in_info"),
        ("kari@mail.example", "temporary_password"),
    ]
    with within(cast.tenant):
        assert RevealLink.objects.count() == 3


def test_adding_is_audited_with_person_password_and_role(cast: Cast) -> None:
    assert _issue(cast, "global.admin", roles=(Role.HELPDESK_ADMINISTRATOR,)).end is ResetEnd.DONE

    events = AuditEvent.objects.filter(actor_id=cast["global.admin"].pk).order_by("id")
    assert [(event.activity, event.result) for event in events] == [
        ("Add user", "success"),
        ("Add member to role", "success"),
        ("Reset password (by admin)", "success"),
        ("Reset user password", "success"),
    ]
    assert events[3].details["ActingRole"] == "Global Administrator"


def test_global_admin_adds_a_second_one_who_opens_the_admin_center(cast: Cast) -> None:
    row = _result_of(
        cast, _add(cast, "global.admin", role="Global Administrator", how="own", new_password=TYPED, must_change="")
    )

    result = try_sign_in(NAME, TYPED)

    assert result.outcome is Outcome.RIGHT and result.session_key
    with within(cast.tenant):
        held = RoleAssignment.objects.filter(user=row.target).values_list("role", flat=True)
        assert list(held) == [TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]]
    assert signed_in(row.target).get(PAGE).status_code == 200


def test_temporary_password_of_a_role_holder_lives_shorter(cast: Cast) -> None:
    row = _result_of(cast, _add(cast, "global.admin", role="Helpdesk Administrator"))

    assert row.temporary_expires_at == row.created_at + timedelta(hours=24)


def test_user_admin_cannot_give_a_role_and_nobody_is_added(cast: Cast) -> None:
    shown_page = signed_in(cast["user.admin"]).get(PAGE).content.decode()
    select = re.search(r'<select[^>]*name="role"[^>]*>', shown_page)

    answer = _add(cast, role="Helpdesk Administrator")

    assert select and "disabled" in select[0]
    assert "None of your roles may give roles." in shown_page
    assert answer.status_code == 403
    assert _errors(answer) == {
        "role": ["None of your roles may give roles. Privileged Role Administrator is the smallest role that may."]
    }
    assert _find(cast) is None
    refused = AuditEvent.objects.get(activity="Add user", result="failure")
    assert (refused.reason, refused.details["RefusalCode"]) == ("NO_RIGHT_ROLE_ASSIGN", "NO_RIGHT_ROLE_ASSIGN")


def test_giving_a_role_needs_fresh_proof_and_nobody_is_added_without(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        page = client.get(PAGE).content.decode()
        with_role = client.post(PAGE, _fields(role="Global Administrator"))
        without = client.post(PAGE, _fields(user_name="ola.nordmann"))

    assert "/confirm?next=%2Fusers%2Fadd" in page
    assert (with_role.status_code, with_role.headers["Location"]) == (302, "/confirm?next=%2Fusers%2Fadd")
    assert _find(cast) is None
    assert "/passwords/result/" in without.headers["Location"]


def test_right_lost_between_form_and_commit_adds_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = issue.make_password

    def demote_and_hash(password: str) -> str:
        RoleAssignment.objects.filter(user=cast["user.admin"]).delete()
        return real(password)

    monkeypatch.setattr(issue, "make_password", demote_and_hash)

    outcome = _issue(cast)

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, "NO_RIGHT_USER_CREATE")
    assert _find(cast) is None


@pytest.mark.parametrize("name", ["adele.vance", "ADELE.Vance"])
def test_taken_name_is_refused_without_a_hash(cast: Cast, name: str) -> None:
    before = hashing.hashes_made()

    answer = _add(cast, user_name=name)

    assert answer.status_code == 422
    assert _errors(answer) == {
        "user_name": [f"The user name {name}@contoso.example is taken already. Choose another. Nobody was added."]
    }
    assert hashing.hashes_made() == before


def test_adding_costs_exactly_one_hash(cast: Cast) -> None:
    before = hashing.hashes_made()

    _issue(cast)

    assert hashing.hashes_made() == before + 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"display_name": " "}, "display_name"),
        ({"display_name": "x" * 257}, "display_name"),
        ({"display_name": "Kari\r\nBcc: x"}, "display_name"),
        ({"first_name": "x" * 65}, "first_name"),
        ({"user_name": ""}, "user_name"),
        ({"user_name": "kari nordmann"}, "user_name"),
        ({"user_name": "kari@fabrikam.example"}, "user_name"),
        ({"user_name": "kari."}, "user_name"),
        ({"user_name": "k" * 65}, "user_name"),
        ({"domain": "fabrikam.example"}, "domain"),
        ({"mobile_phone": "call me maybe"}, "mobile_phone"),
        ({"mobile_phone": "070 174 06 05"}, "mobile_phone"),
        ({"alternate_email": "nobody@@mail.example"}, "alternate_email"),
        ({"email_to_alternate": "on"}, "alternate_email"),
        ({"email_to_alternate": "on", "alternate_email": "KARI.nordmann@contoso.example"}, "alternate_email"),
        ({"email_to_me": "on", "addresses": "nobody"}, "addresses"),
        ({"email_to_me": "on", "addresses": "Kari.Nordmann@contoso.example"}, "addresses"),
        ({"email_to_me": "on", "addresses": ";".join(f"a{n}@mail.example" for n in range(6))}, "addresses"),
        ({"how": "own", "new_password": ""}, "new_password"),
        ({"how": "own", "new_password": "Nordmann-2031-x"}, "new_password"),
        ({"how": "own", "new_password": "short"}, "new_password"),
        ({"role": "Emperor"}, "role"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_written(cast: Cast, changed: dict[str, str], field: str) -> None:
    with within(cast.tenant):
        before = User.objects.count()

    answer = _add(cast, "global.admin", **changed)

    assert answer.status_code == 422
    assert list(_errors(answer)) == [field]
    with within(cast.tenant):
        assert not PasswordReset.objects.exists()
        assert User.objects.count() == before
    assert not OutboundMessage.objects.exists()


def test_all_violated_rules_of_a_password_are_named_at_once(cast: Cast) -> None:
    answer = _add(cast, how="own", new_password="nordmann")

    assert len(_errors(answer)["new_password"]) >= 2
    field = re.search(r'<input[^>]*name="new_password"[^>]*>', answer.content.decode())
    assert field and "value" not in field[0]


def test_second_submit_of_the_form_finds_the_result_of_the_first(cast: Cast) -> None:
    client, fields = signed_in(cast["user.admin"]), _fields()

    answers = [client.post(PAGE, fields), client.post(PAGE, fields)]

    assert len({answer.headers["Location"] for answer in answers}) == 1
    with within(cast.tenant):
        assert PasswordReset.objects.count() == 1


def test_second_submit_that_comes_between_two_questions_finds_the_result_of_the_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[ResetOutcome] = []

    def add_meanwhile(folded: list[str]) -> list[str]:
        monkeypatch.undo()
        first.append(_issue(cast, idempotency_key="a" * 32))
        return folded

    monkeypatch.setattr(add_user, "names_taken", add_meanwhile)
    second = _issue(cast, idempotency_key="a" * 32)

    assert (second.end, second.reset_id, second.is_repeat) == (ResetEnd.DONE, first[0].reset_id, True)


def test_form_sent_again_with_another_name_adds_another_person(cast: Cast) -> None:
    client, fields = signed_in(cast["user.admin"]), _fields()

    answers = [client.post(PAGE, fields), client.post(PAGE, fields | {"user_name": "ola.nordmann"})]

    assert len({answer.headers["Location"] for answer in answers}) == 2
    assert _find(cast, "ola.nordmann@contoso.example")


def test_form_key_of_somebody_else_does_not_lead_to_the_result(cast: Cast) -> None:
    fields = _fields()
    signed_in(cast["user.admin"]).post(PAGE, fields)

    answer = signed_in(cast["global.admin"]).post(PAGE, fields)

    assert answer.status_code == 422 and list(_errors(answer)) == ["user_name"]


def test_failure_while_writing_leaves_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(issue, "record_done", fail)

    with pytest.raises(ConnectionResetError):
        _issue(cast, deliver_to=("boss@mail.example",))

    assert _find(cast) is None
    assert not OutboundMessage.objects.exists()
    assert not AuditEvent.objects.filter(actor_id=cast["user.admin"].pk).exists()


@pytest.mark.parametrize("actor", ["helpdesk.admin", "password.admin", "privileged.role.admin"])
def test_others_cannot_add_users(cast: Cast, actor: str) -> None:
    assert signed_in(cast[actor]).get(PAGE).status_code == 403
    assert _add(cast, actor).status_code == 403
    assert _find(cast) is None


def test_forced_change_that_the_tenant_locks_on_cannot_be_left_out(cast: Cast) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(force_change_locked=True)

    row = _result_of(cast, _add(cast, must_change=""))

    assert row.must_change


def test_live_rules_know_the_names_typed_so_far(cast: Cast) -> None:
    client = signed_in(cast["user.admin"])

    def broken(**names: str) -> int:
        answer = client.post(f"{PAGE}/rules", {"new_password": "Nordmann-4127-xy", **names})
        assert b"Nordmann-4127" not in answer.content
        return answer.content.decode().count("rules__rule--broken")

    assert broken(last_name="Nordmann") == broken() + 1


def test_hash_slots_that_are_all_taken_add_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_password: str) -> str:
        raise hashing.HashingBusy(retry_after=5)

    monkeypatch.setattr(issue, "make_password", busy)

    answer = _add(cast)

    assert answer.status_code == 503
    assert _find(cast) is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_form", [True, False])
def test_two_administrators_and_one_name_create_one_person(same_form: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    gate, ends = Barrier(2), []
    real = add_user.prepare

    def prepare_together(*arguments: Any) -> Any:
        ready = real(*arguments)
        gate.wait()
        return ready

    monkeypatch.setattr(add_user, "prepare", prepare_together)

    def add(actor: str) -> None:
        try:
            ends.append(_issue(cast, actor, idempotency_key="f" * 32))
        finally:
            connection.close()

    actors = ["user.admin", "user.admin" if same_form else "global.admin"]
    threads = [Thread(target=add, args=[actor]) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(end.end for end in ends) == (["done", "done"] if same_form else ["done", "refused"])
    assert {end.code for end in ends} == ({""} if same_form else {"", "NAME_TAKEN"})
    with within(cast.tenant):
        assert PasswordReset.objects.filter(target__upn_folded=NAME).count() == 1


def test_typed_password_is_nowhere_but_in_the_seal(cast: Cast) -> None:
    outcome = _issue(cast, password=Secret(TYPED), deliver_to=("boss@mail.example",))

    assert outcome.end is ResetEnd.DONE
    with within(cast.tenant):
        row = PasswordReset.objects.get()
    kept = [str(list(model.objects.values())) for model in (AuditEvent, OutboundMessage)]
    assert not any(TYPED in text for text in [*kept, row.sealed_password, str(outcome)])
    assert signed_in(cast["user.admin"], Client()).get(reverse("passwords:result", args=[row.pk])).status_code == 200
