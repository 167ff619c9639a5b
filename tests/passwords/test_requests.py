"""Password requests: one row a person and day, mails to the right tier, a queue for those who may reset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordRequest, RequestState
from passwords.services.request import HelpCall, ask, close_overtaken
from passwords.services.request_messages import send_digests
from passwords.services.request_tiers import Tiers
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, part, signed_in
from tests.passwords.reset_cast import form_of, reset
from users.models import RoleAssignment, User
from users.roles import Role
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def helper(cast: Cast) -> Client:
    return signed_in(cast["helpdesk.admin"])


def call(cast: Cast, name: str = "adele.vance", **values: Any) -> PasswordRequest:
    given = {"sspr_code": "SSPR_0014", "source": "203.0.113.9", "correlation_id": uuid4()} | values
    with within(cast.tenant):
        return ask(HelpCall(tenant=cast.tenant, user=cast[name], **given), now=clock.now())


def rows(cast: Cast) -> list[PasswordRequest]:
    with within(cast.tenant):
        return list(PasswordRequest.objects.order_by("created_at"))


def mails(template: str = "password_request") -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(template=template))


def page(client: Client, name: str, *args: object, **query: Any) -> HttpResponse:
    return client.get(reverse(f"passwords:{name}", args=args), query)


def post(client: Client, name: str, request: PasswordRequest, **fields: str) -> HttpResponse:
    return client.post(reverse(f"passwords:{name}", args=[request.pk]), fields)


def test_calls_of_one_day_are_one_row_and_one_mail(cast: Cast) -> None:
    start = clock.now()
    for hours in (0, 1, 23.9):
        with clock.travel(freeze_at=start + timedelta(hours=hours)):
            call(cast)

    (row,) = rows(cast)
    assert (row.repeats, row.state) == (3, RequestState.NEW)
    assert len({mail.created_at for mail in mails()}) == 1
    with clock.travel(freeze_at=start + timedelta(hours=24)):
        call(cast)
    assert len(rows(cast)) == 2
    assert len({mail.created_at for mail in mails()}) == 2


def test_call_after_the_end_of_a_request_opens_it_again(cast: Cast, helper: Client) -> None:
    request = call(cast)
    post(helper, "request-decline", request, note="Not the right person")

    again = call(cast)

    assert again.pk == request.pk
    assert (again.state, again.repeats, again.handled_by_name) == (RequestState.NEW, 2, "")


def told(cast: Cast, name: str = "adele.vance") -> set[str]:
    with within(cast.tenant):
        admins = Tiers().list_told(load_facts([cast[name]])[cast[name].pk])
    return {admin.user_principal_name.partition("@")[0] for admin in admins}


def leave(cast: Cast, *names: str) -> None:
    with within(cast.tenant):
        User.objects.filter(pk__in=[cast[name].pk for name in names]).update(account_enabled=False)


def test_first_tier_that_is_not_empty_is_told(cast: Cast) -> None:
    assert told(cast) == {"helpdesk.admin", "password.admin"}
    leave(cast, "helpdesk.admin")
    assert told(cast) == {"password.admin"}
    leave(cast, "password.admin")
    assert told(cast) == {"user.admin"}
    leave(cast, "user.admin")
    assert told(cast) == {"global.admin"}
    leave(cast, "global.admin")
    assert told(cast) == {"authentication.admin", "privileged.authentication.admin"}


def test_administrator_who_asks_is_not_told_and_the_next_who_may_reset_them_is(cast: Cast) -> None:
    leave(cast, "password.admin")

    call(cast, "helpdesk.admin")

    assert {mail.to for mail in mails()} == {"user.admin@contoso.example"}


@pytest.mark.parametrize(("name", "who"), [("user.admin", "global.admin"), ("password.admin", "helpdesk.admin")])
def test_tier_is_told_as_far_as_it_may_reset_the_person(cast: Cast, name: str, who: str) -> None:
    assert told(cast, name) == {who}


def test_only_global_administrator_is_told_of_to_others_who_may_reset_them(cast: Cast) -> None:
    assert told(cast, "global.admin") == {"privileged.authentication.admin"}
    leave(cast, "privileged.authentication.admin")
    assert told(cast, "global.admin") == {"helpdesk.admin", "password.admin"}


def test_digest_counts_for_each_administrator_what_they_may_do(cast: Cast) -> None:
    start = clock.now()
    for name in ("adele.vance", "diego.siciliani", "user.admin"):
        with clock.travel(freeze_at=start):
            call(cast, name)
    OutboundMessage.objects.all().delete()
    with within(cast.tenant):
        PasswordRequest.objects.update(mailed_at=None)

    assert send_digests(start + timedelta(hours=1)) == 3

    numbers = {mail.to.partition("@")[0]: mail.context["number"] for mail in mails("password_requests_digest")}
    assert numbers == {"helpdesk.admin": "2", "password.admin": "2", "global.admin": "1"}


def test_report_is_told_although_a_call_of_the_day_was(cast: Cast) -> None:
    call(cast)
    before = len(mails())

    call(cast, reported_unwanted=True)
    call(cast, reported_unwanted=True)

    reports = [mail for mail in mails() if mail.context["is_unwanted"]]
    assert len(reports) == before == len(mails()) - before


def test_report_is_told_although_the_help_desk_has_a_way_of_its_own(cast: Cast) -> None:
    call(cast, is_mailed=False)
    call(cast, reported_unwanted=True)
    call(cast, is_mailed=False)

    assert len({mail.to for mail in mails()}) == len(mails()) == 2


def test_report_beyond_the_mails_of_an_hour_is_in_the_digest_though_the_call_was_taken(
    cast: Cast, helper: Client
) -> None:
    cast.add_all(*(part(f"person{number}") for number in range(20)))
    start = clock.now()
    with clock.travel(freeze_at=start):
        post(helper, "request-take", call(cast))
        for number in range(19):
            call(cast, f"person{number}")
        call(cast, reported_unwanted=True)

    assert send_digests(start + timedelta(hours=1)) == 1


def test_holder_over_a_unit_alone_is_not_told(cast: Cast) -> None:
    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast["helpdesk.admin"]).update(is_restricted_unit=True)
    assert told(cast) == {"password.admin"}


def test_at_most_a_hundred_administrators_are_told(cast: Cast) -> None:
    cast.add_all(*(part(f"helper{number}", roles=(Role.HELPDESK_ADMINISTRATOR,)) for number in range(101)))

    call(cast)

    assert len(mails()) == 100


def test_mail_says_who_asks_why_and_where_to_look_but_carries_no_link_that_does_anything(cast: Cast) -> None:
    call(cast)

    letter = build(mails()[0])

    assert letter.subject == "adele.vance@contoso.example asks for a new password"
    assert letter.sender_name == "Admin portal on behalf of Contoso"
    for words in ("SSPR_0014", "not registered enough ways", "203.0.113.9", "/passwords/requests"):
        assert words in letter.text and words in letter.html
    assert "/reveal/" not in letter.text


def test_help_desk_of_the_tenants_own_gets_a_row_and_no_mail(cast: Cast) -> None:
    call(cast, is_mailed=False)

    assert len(rows(cast)) == 1 and not mails()
    assert send_digests(clock.now()) == 0


def test_many_requests_of_an_hour_end_in_one_digest(cast: Cast) -> None:
    cast.add_all(*(part(f"person{number}") for number in range(23)))
    start = clock.now()
    with clock.travel(freeze_at=start):
        for number in range(23):
            call(cast, f"person{number}")
        assert send_digests(clock.now()) == 0

    assert len({mail.about_user_id for mail in mails()}) == 20
    with clock.travel(freeze_at=start + timedelta(hours=1)):
        assert send_digests(clock.now()) == 3
        assert send_digests(clock.now()) == 0
    digest = build(mails("password_requests_digest")[0])
    assert digest.subject == "3 more password requests at Contoso"


def test_queue_shows_only_people_whom_the_reader_may_reset(cast: Cast, helper: Client) -> None:
    shown, hidden = call(cast, "adele.vance"), call(cast, "global.admin")

    listed = page(helper, "requests").content.decode()

    assert "Adele Vance" in listed and "global.admin@" not in listed
    assert page(helper, "request", shown.pk).status_code == 200
    assert page(helper, "request", hidden.pk).status_code == 404
    assert post(helper, "request-take", hidden).status_code == 404
    assert page(helper, "request-count").content.decode().count("1") == 2
    assert page(signed_in(cast["global.reader"]), "requests").status_code == 403


@pytest.mark.parametrize(("name", "with_id"), [("requests", False), ("request-count", False), ("request", True)])
def test_pages_keep_within_their_budget(cast: Cast, helper: Client, name: str, with_id: bool) -> None:
    asked = [call(cast, each).pk for each in ("adele.vance", "diego.siciliani")]

    with within_budget(f"passwords:{name}"):
        assert page(helper, name, *asked[: int(with_id)]).status_code == 200


def test_request_of_another_tenant_does_not_exist(cast: Cast) -> None:
    request = call(cast)
    stranger = signed_in(make_cast("fabrikam.example", "Fabrikam")["global.admin"])

    assert page(stranger, "request", request.pk).status_code == 404
    assert post(stranger, "request-decline", request, note="x").status_code == 404
    assert page(stranger, "requests", after=str(request.pk)).status_code == 404
    assert page(stranger, "requests", after="nonsense").status_code == 404


def test_take_then_call_back(cast: Cast, helper: Client) -> None:
    request = call(cast)

    assert post(helper, "request-take", request).status_code == 302
    assert post(helper, "request-take", request).status_code == 409
    assert rows(cast)[0].handled_by_name == "Helpdesk Admin"
    assert post(helper, "request-called", request).status_code == 302
    assert post(helper, "request-called", request).status_code == 409

    assert rows(cast)[0].state == RequestState.DONE
    seen = list(
        AuditEvent.objects.filter(category="RequestManagement").order_by("pk").values_list("activity", flat=True)
    )
    assert seen == ["Contacted administrator", "Took password request", "Closed password request"]
    assert {event.correlation_id for event in AuditEvent.objects.filter(category="RequestManagement")} == {
        request.correlation_id
    }


def test_decline_asks_for_a_note(cast: Cast, helper: Client) -> None:
    request = call(cast)

    assert post(helper, "request-decline", request, note="  ").status_code == 422
    assert rows(cast)[0].state == RequestState.NEW
    assert post(helper, "request-decline", request, note="Called: was not Adele " + "x" * 600).status_code == 302

    declined = rows(cast)[0]
    assert declined.state == RequestState.DECLINED and len(declined.note) == 500
    assert AuditEvent.objects.get(activity="Closed password request").details["State"] == "declined"


def test_reset_from_the_panel_ends_the_request_in_the_name_of_the_administrator(cast: Cast, helper: Client) -> None:
    request = call(cast)

    answer = helper.post(reverse("passwords:reset", args=[request.user_id]), form_of())

    assert answer.status_code == 302
    done = rows(cast)[0]
    assert (done.state, done.handled_by_id) == (RequestState.DONE, cast["helpdesk.admin"].pk)
    assert AuditEvent.objects.get(activity="Closed password request").actor_id == cast["helpdesk.admin"].pk


def test_reset_begins_with_the_request_as_its_reason_for_that_person_alone(cast: Cast, helper: Client) -> None:
    request = call(cast)
    reason = f"Password request {request.correlation_id}"
    panel, other = (reverse("passwords:reset", args=[cast[name].pk]) for name in ("adele.vance", "diego.siciliani"))

    assert f"{panel}?request={request.pk}" in page(helper, "request", request.pk).content.decode()
    assert reason in helper.get(panel, {"request": str(request.pk)}).content.decode()
    assert reason not in helper.get(other, {"request": str(request.pk)}).content.decode()
    assert helper.get(panel, {"request": "x"}).status_code == 200


def test_new_password_by_any_other_way_ends_the_request_by_the_sweep(cast: Cast) -> None:
    call(cast)
    assert close_overtaken(clock.now()) == 0

    with clock.travel(timedelta(minutes=1)):
        reset(cast, "adele.vance")
        assert close_overtaken(clock.now()) == 1
        assert close_overtaken(clock.now()) == 0

    assert (rows(cast)[0].state, rows(cast)[0].handled_by_name) == (RequestState.DONE, "")


def test_pages_of_the_queue_follow_each_other(cast: Cast, helper: Client) -> None:
    cast.add_all(*(part(f"person{number}") for number in range(52)))
    for number in range(52):
        call(cast, f"person{number}", is_mailed=False)

    first = page(helper, "requests").content.decode()
    following = first.partition("after=")[2].partition('"')[0]
    second = page(helper, "requests", after=following).content.decode()

    assert first.count("grid__link") == 50 and second.count("grid__link") == 2
    assert 'rel="next"' not in second


@pytest.mark.parametrize("state", ["open", "done", "declined", "all", "nonsense"])
def test_queue_is_filtered_by_state(cast: Cast, helper: Client, state: str) -> None:
    post(helper, "request-decline", call(cast), note="x")
    call(cast, "diego.siciliani")

    listed = page(helper, "requests", state=state).content.decode()

    assert ("Adele Vance" in listed) == (state in ("declined", "all"))
    assert ("Diego Siciliani" in listed) == (state in ("open", "all", "nonsense"))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"sspr_code": ""}, "They could have: their methods are in order."),
        ({"sspr_code": "", "reported_unwanted": True}, "They reported that something was done in their name."),
        ({"sspr_code": "SSPR_0014"}, "This person has not registered enough ways"),
    ],
)
def test_queue_says_of_everybody_why_they_asked(cast: Cast, helper: Client, facts: dict[str, Any], told: str) -> None:
    request = call(cast, **facts)

    assert told in page(helper, "requests").content.decode()
    assert told in page(helper, "request", request.pk).content.decode()
