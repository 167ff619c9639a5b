"""Recovery readiness: who could not get back in tomorrow, why, in pages and as a file."""

from __future__ import annotations

import csv
import io
from html import unescape

import pytest
from django.http import HttpResponse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.facts import L11_FAILURES
from sspr.models import Gate, GateFailures, Reach, SsprPolicy
from sspr.reasons import HELPED_BY_REGISTERING, NOT_MEANT_TO, WORDS, Reason
from sspr.services.readiness import count_readiness, list_unready, look_ahead
from sspr.subjects import subject_of
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, part, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from users.models import Group, GroupMember, MethodKind, User
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
URL = "/settings/password-reset/readiness"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def reason_of(cast: Cast, name: str) -> Reason | None:
    """Say what the list says of somebody, None where they are not in it."""
    with within(cast.tenant):
        outlook = look_ahead(cast.tenant)
        for reason in count_readiness(outlook).reasons:
            listed = {row.user.pk: row.reason for row in list_unready(outlook, reason=reason).rows}
            if cast[name].pk in listed:
                assert listed[cast[name].pk] is reason
                return reason
    return None


def text_of(answer: object) -> str:
    assert isinstance(answer, HttpResponse)
    return unescape(answer.content.decode())


def test_somebody_with_an_address_of_their_own_is_ready(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    assert reason_of(cast, "adele.vance") is None


def test_somebody_without_anything_has_no_data(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    assert reason_of(cast, "diego.siciliani") is Reason.NO_DATA


@pytest.mark.parametrize("countries", [[], ["GB"]], ids=["all", "its country"])
def test_number_that_somebody_earns_by_is_no_data(cast: Cast, countries: list[str]) -> None:
    policy_for(cast, reach=Reach.ALL, sms_countries=countries)
    knows(cast, "diego.siciliani", mobile="+44 909 879 0142")
    knows(cast, "lee.gu", mobile="+44 7700 900142")

    assert reason_of(cast, "diego.siciliani") is Reason.NO_DATA
    assert reason_of(cast, "lee.gu") is not Reason.NO_DATA


@pytest.mark.parametrize(
    "address", ["diego.siciliani@contoso.example", "Diego.Siciliani+home@Contoso.example", "diego@firm.example"]
)
def test_somebody_whose_only_mailbox_is_the_one_they_are_locked_out_of_is_told_apart(cast: Cast, address: str) -> None:
    policy_for(cast, reach=Reach.ALL)
    with within(cast.tenant):
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(mail="diego@firm.example")
    knows(cast, "diego.siciliani", email=address)

    assert reason_of(cast, "diego.siciliani") is Reason.OWN_MAILBOX


def test_somebody_with_one_of_two_lacks_one(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    knows(cast, "diego.siciliani", email="diego@home.example")

    assert reason_of(cast, "diego.siciliani") is Reason.ONE_MISSING


def test_administrator_with_one_method_lacks_one_though_users_need_one(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "helpdesk.admin", email="helpdesk@home.example")

    assert reason_of(cast, "helpdesk.admin") is Reason.ONE_MISSING


def test_method_that_is_not_offered_is_told_apart_from_nothing(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[Gate.EMAIL.value])
    knows(cast, "diego.siciliani", mobile="+46 70 174 06 50")

    assert reason_of(cast, "diego.siciliani") is Reason.NOT_OFFERED


def test_method_that_was_answered_wrongly_too_often_is_named(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[Gate.EMAIL.value])
    adele = cast["adele.vance"]
    GateFailures.objects.create(
        subject=subject_of(adele.upn_folded), gate=Gate.EMAIL, in_a_row=L11_FAILURES, user_id=adele.pk
    )

    assert reason_of(cast, "adele.vance") is Reason.DISABLED


def test_somebody_outside_the_group_is_out_of_scope(cast: Cast) -> None:
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())
        GroupMember.objects.create(tenant=cast.tenant, group=pilot, user=cast["diego.siciliani"])
    policy_for(cast, reach=Reach.SELECTED, group=pilot)

    assert reason_of(cast, "adele.vance") is Reason.OUT_OF_SCOPE
    assert reason_of(cast, "diego.siciliani") is Reason.NO_DATA


@pytest.mark.parametrize(
    ("who", "reason"),
    [("isaiah.langer", Reason.BLOCKED), ("guest.person", Reason.GUEST), ("lee.gu", Reason.DIRECTORY)],
)
def test_others_have_reasons_of_their_own(cast: Cast, who: str, reason: Reason) -> None:
    policy_for(cast, reach=Reach.ALL)
    knows(cast, who, email=f"{who}@home.example")

    assert reason_of(cast, who) is reason


def test_blocked_people_and_guests_are_not_among_those_who_should_get_back_in(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    with within(cast.tenant):
        outlook = look_ahead(cast.tenant)
        totals = count_readiness(outlook)
        listed = {row.user.pk for row in list_unready(outlook).rows}
        people = User.objects.filter(deleted_at=None).count()

    assert totals.total == people - totals.reasons[Reason.BLOCKED] - totals.reasons[Reason.GUEST]
    assert totals.unready == totals.total - totals.ready == len(listed)
    assert not listed & {cast["isaiah.langer"].pk, cast["guest.person"].pk}


def test_where_reset_is_off_it_is_told_how_it_would_be(cast: Cast) -> None:
    page = text_of(signed_in(cast["global.admin"]).get(URL))

    assert "Reset is enabled for nobody" in page
    assert reason_of(cast, "adele.vance") is None
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


def test_list_is_paged_by_name_and_filtered_by_reason(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    cast.add_all(*(part(f"crowd.{number:03d}", has_password=False) for number in range(70)))
    client = signed_in(cast["global.reader"])

    first = text_of(client.get(f"{URL}?reason=no-data"))
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = text_of(client.get(following))
    blocked = text_of(client.get(f"{URL}?reason=blocked"))

    assert "crowd.000@" in first.replace("<wbr>", "") and "crowd.069@" not in first.replace("<wbr>", "")
    assert "crowd.069@" in second.replace("<wbr>", "") and "crowd.000@" not in second.replace("<wbr>", "")
    assert "Isaiah Langer" in blocked and "Crowd 000" not in blocked


def test_file_holds_everybody_and_runs_no_formula(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    cast.add("formula", display_name='=HYPERLINK("https://evil.example")')

    answer = signed_in(cast["reports.reader"]).post(f"{URL}/export", {"reason": "no-data"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Display name", "Username", "Department", "Reason", "Explanation"]
    assert ['\'=HYPERLINK("https://evil.example")', "formula@contoso.example"] in [row[:2] for row in rows]
    assert "adele.vance@contoso.example" not in text
    (row,) = AuditEvent.objects.filter(activity="Exported users")
    assert row.details["Report"] == "Recovery readiness"


@pytest.mark.parametrize("who", ["helpdesk.admin", "usage.summary.reports.reader", "adele.vance"])
def test_names_are_shown_to_readers_of_reports_alone(cast: Cast, who: str) -> None:
    client = signed_in(cast[who])

    assert client.get(URL).status_code == 403
    assert client.post(f"{URL}/export").status_code == 403


@pytest.mark.parametrize("query", ["?reason=laziness", "?after=x", "?after=00000000-0000-0000-0000-000000000000"])
def test_odd_addresses_are_told_and_answered(cast: Cast, query: str) -> None:
    answer = signed_in(cast["global.admin"]).get(URL + query)

    assert answer.status_code == 422
    assert "is shown" in text_of(answer)


def test_page_stays_within_its_queries(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    registers(cast, "diego.siciliani", MethodKind.EMAIL, "diego@home.example")
    client = signed_in(cast["global.admin"])

    with within_budget("sspr:readiness"):
        client.get(URL)


def test_every_reason_has_words_and_one_fate() -> None:
    assert set(WORDS) == set(Reason)
    assert not HELPED_BY_REGISTERING & NOT_MEANT_TO
