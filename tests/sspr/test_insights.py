"""Usage & insights: counts, buckets in the tenant's time zone, charts with their tables, files, and who sees names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.http import HttpResponse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Entry, Result, Target, record
from adminportal.audit.tags import Activity
from adminportal.shell.charts import bar_chart, shares
from sspr.models import Gate, Reach
from sspr.services.complete import Ended
from sspr.services.event_lists import Report, list_happened
from sspr.services.insights import (
    Span,
    count_events,
    count_failures,
    count_methods_used,
    count_registered,
)
from sspr.services.user_details import list_details
from sspr.trail import NEWER_ATTEMPT
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, part, signed_in
from tests.passwords.reset_cast import reset
from tests.sspr.self_service import knows, policy_for, registers
from tests.sspr.wizard_ways import begin
from users.actors import SYSTEM
from users.models import Contact, MethodKind, Tenant, User
from users.services.sign_in_records import own_entry
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
URL = "/settings/password-reset/insights"
EVENTS = f"{URL}/events"
SELF, ADMIN = Activity.RESET_PASSWORD_SELF_SERVICE, Activity.RESET_PASSWORD_BY_ADMIN
NOON = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
"""The day on which Oslo's clocks go forward."""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def noon() -> Iterator[datetime]:
    with clock.travel(NOON - clock.now()):
        yield NOON


def happened(
    cast: Cast, activity: Activity, at: datetime, *, methods: str = "", reason: str = "", times: int = 1
) -> None:
    record(
        *[
            Entry(
                tenant_id=cast.tenant.pk,
                activity=activity,
                actor=SYSTEM,
                targets=(Target(id=cast["adele.vance"].pk, display_name="Adele Vance"),),
                result=Result.FAILURE if reason else Result.SUCCESS,
                reason=reason,
                details={"MethodsUsed": methods} if methods else {},
            )
        ]
        * times,
        now=at,
    )


def text_of(answer: object) -> str:
    assert isinstance(answer, HttpResponse)
    return unescape(answer.content.decode())


def test_registered_enabled_and_capable_are_counted_apart(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    registers(cast, "adele.vance", MethodKind.AUTHENTICATOR)  # with address and phone: enough
    knows(cast, "diego.siciliani", email="diego@home.example")  # one of two
    knows(cast, "isaiah.langer", email="isaiah@home.example", mobile="+46 70 174 06 50")  # enough, and blocked

    with within(cast.tenant):
        found = count_registered(cast.tenant)
        people = User.objects.filter(deleted_at=None).exclude(user_type="guest").count()

    assert found.people == people
    assert (found.registered, found.capable, found.mfa_capable) == (2, 1, 1)
    assert found.enabled == people - 1  # all but the blocked one
    assert found.by_method == {Gate.EMAIL: 3, Gate.MOBILE_SMS: 2, Gate.APP: 1}


def test_contact_data_that_no_code_confirmed_is_told_apart(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "diego.siciliani", email="diego@home.example", mobile="+46 70 174 06 50")
    registers(cast, "diego.siciliani", MethodKind.EXTRA_EMAIL, "diego@second.example")  # used before the contact
    knows(cast, "isaiah.langer", email="isaiah.langer@contoso.example", office="+46 8 123 456 78")  # own mailbox
    with within(cast.tenant):
        Contact.objects.filter(user=cast["adele.vance"]).update(proven_at=clock.now())
        found = count_registered(cast.tenant)
        rows = {row.user.pk: row for row in list_details(cast.tenant).rows}
        page = text_of(signed_in(cast["global.admin"]).get(URL))

    assert (found.unconfirmed, found.open_by_method) == (2, {Gate.MOBILE_SMS: 1, Gate.OFFICE_VOICE: 1})
    assert rows[cast["diego.siciliani"].pk].methods == ("Email", "Mobile phone (SMS) (not confirmed)")
    assert rows[cast["isaiah.langer"].pk].methods == ("Office phone (voice) (not confirmed)",)
    assert rows[cast["adele.vance"].pk].methods == ("Email", "Mobile phone (SMS)")
    assert "Mobile phone (SMS) (not confirmed)" in page


def test_number_that_nothing_is_sent_to_is_no_method_and_waits_for_no_code(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, sms_countries=["SE"])
    knows(cast, "adele.vance", office="+46 8 123 456 78")
    knows(cast, "diego.siciliani", mobile="+44 909 879 0142", office="+1 202 555 0142")
    registers(cast, "lee.gu", MethodKind.MOBILE_PHONE, "+1 202 555 0171")

    with within(cast.tenant):
        found = count_registered(cast.tenant)
        rows = {row.user.pk: row for row in list_details(cast.tenant).rows}

    assert found.by_method == {Gate.EMAIL: 1, Gate.MOBILE_SMS: 1, Gate.OFFICE_VOICE: 1}
    assert (found.unconfirmed, found.open_by_method) == (1, found.by_method)
    assert rows[cast["diego.siciliani"].pk].methods == rows[cast["lee.gu"].pk].methods == ()


def test_registered_does_not_ask_whether_reset_is_on(cast: Cast) -> None:
    policy_for(cast, reach=Reach.NONE)

    with within(cast.tenant):
        found = count_registered(cast.tenant)

    assert (found.registered, found.capable) == (1, 0)


def test_days_are_those_of_the_tenant_also_where_the_clock_moves(cast: Cast, noon: datetime) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(time_zone="Europe/Oslo")
    cast.tenant.refresh_from_db()
    midnight = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # of the 29th in Oslo
    happened(cast, SELF, midnight - timedelta(seconds=1))
    happened(cast, SELF, midnight)
    happened(cast, SELF, noon)
    happened(cast, ADMIN, noon)
    happened(cast, SELF, noon, reason="User's account has insufficient authentication methods defined.")

    events = count_events(cast.tenant, [SELF, ADMIN], span=Span.WEEK, now=noon)

    assert len(events.labels) == 7
    assert events.series(SELF)[-2:] == (1, 2)
    assert events.series(ADMIN) == (0, 0, 0, 0, 0, 0, 1)
    assert sum(events.series(SELF, Result.FAILURE)) == 1


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [
        (Span.DAY, timedelta(hours=23, minutes=29), timedelta(hours=24)),
        (Span.WEEK, timedelta(days=6, hours=12), timedelta(days=7)),
        (Span.MONTH, timedelta(days=29, hours=12), timedelta(days=30)),
    ],
    ids=["day", "week", "month"],
)
def test_span_ends_where_its_first_bar_begins(
    cast: Cast, noon: datetime, span: Span, inside: timedelta, outside: timedelta
) -> None:
    happened(cast, SELF, noon - inside)
    happened(cast, SELF, noon - outside)

    assert sum(count_events(cast.tenant, [SELF], span=span, now=noon).series(SELF)) == 1


def test_methods_are_counted_each_by_itself(cast: Cast) -> None:
    now = clock.now()
    happened(cast, SELF, now, methods="email, mobile app code")
    happened(cast, SELF, now, methods="email")
    happened(cast, SELF, now, methods="mobile SMS", reason="We encountered a problem.")

    assert count_methods_used(cast.tenant, span=Span.DAY, now=now) == {"Email": 2, "Mobile app code": 1}


def test_failures_are_counted_by_reason(cast: Cast) -> None:
    now, progress = clock.now(), Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS
    for reason in ("Too few.", "Not in scope.", "Too few."):
        happened(cast, progress, now, reason=reason)

    found = count_failures(cast.tenant, span=Span.DAY, now=now)

    assert list(found.items()) == [("Too few.", 2), ("Not in scope.", 1)]


def test_first_password_of_somebody_is_no_reset(cast: Cast) -> None:
    cast.add("new.starter", has_password=False)

    def counted() -> int:
        return sum(count_events(cast.tenant, [ADMIN], span=Span.DAY, now=clock.now()).series(ADMIN))

    reset(cast, "new.starter")
    assert counted() == 0
    reset(cast, "new.starter")
    assert counted() == 1


def test_first_password_that_somebody_chose_by_forgot_password_counts_everywhere(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    cast.add("new.starter", has_password=False)
    knows(cast, "new.starter", email="starter@mail.example", mobile="+1 202 555 0142")
    walk = begin("new.starter@contoso.example")
    walk.prove_email()
    assert walk.finish().ended is Ended.DONE

    now = clock.now()
    assert sum(count_events(cast.tenant, [SELF], span=Span.DAY, now=now).series(SELF)) == 1
    assert sum(count_methods_used(cast.tenant, span=Span.DAY, now=now).values()) >= 1


def test_attempt_that_a_newer_one_ended_is_no_failure(cast: Cast) -> None:
    now, progress = clock.now(), Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS
    for reason in (NEWER_ATTEMPT, "Too few."):
        happened(cast, progress, now, reason=reason)

    assert count_failures(cast.tenant, span=Span.DAY, now=now) == {"Too few.": 1}


def test_events_of_another_tenant_are_not_counted(cast: Cast) -> None:
    other, now = make_cast("fabrikam.example", "Fabrikam"), clock.now()
    happened(other, SELF, now, methods="email", reason="")

    assert not count_events(cast.tenant, [SELF], span=Span.DAY, now=now).counts
    assert not count_methods_used(cast.tenant, span=Span.DAY, now=now)


def test_chart_is_drawn_without_scripts_with_its_numbers_beside_it(cast: Cast) -> None:
    now = clock.now()
    happened(cast, SELF, now, methods="email", times=1_234)

    page = text_of(signed_in(cast["global.admin"]).get(f"{URL}?tab=usage&span=7d"))

    svg = page.partition('<svg class="chart__drawing"')[2].partition("</svg>")[0]
    assert svg.count("<rect") == 1
    assert re.search(r'x="61\.5" y="0\.00" width="7" height="100\.00"', svg)
    assert "By themselves: 1,234" in page
    assert "style=" not in svg and "<script" not in svg
    table = page.partition('<details class="chart__numbers">')[2].partition("</details>")[0]
    assert table.count('<tr class="grid__row">') == 7 and "1,234" in table


def test_empty_report_says_so(cast: Cast) -> None:
    page = text_of(signed_in(cast["global.admin"]).get(f"{URL}?tab=usage&span=24h"))

    assert "Nothing happened in this time." in page
    assert "Nobody reset their own password in this time." in page
    assert "Nothing failed in this time." in page


def test_numbers_are_a_file_without_names(cast: Cast) -> None:
    happened(cast, SELF, clock.now())

    answer = signed_in(cast["usage.summary.reports.reader"]).get(f"{URL}/numbers.csv?tab=usage&span=7d")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["From", f"{SELF} (success)", f"{SELF} (failure)"]
    assert len(rows) == 8
    assert rows[-1][1:] == ["1", "0", "0", "0", "0", "0"]
    assert "adele" not in answer.content.decode()


def test_details_say_of_each_person_what_they_registered(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    registers(cast, "adele.vance", MethodKind.AUTHENTICATOR)

    with within(cast.tenant):
        rows = {row.user.pk: row for row in list_details(cast.tenant).rows}

    adele, diego = rows[cast["adele.vance"].pk], rows[cast["diego.siciliani"].pk]
    assert adele.methods == ("Email (not confirmed)", "Mobile phone (SMS) (not confirmed)", "Mobile app code")
    assert (adele.state.is_registered, adele.state.is_capable, adele.state.is_mfa_capable) == (True, True, True)
    assert adele.updated_at is not None
    assert (diego.methods, diego.state.is_registered, diego.state.is_enabled) == ((), False, True)
    assert diego.updated_at is None


def test_details_are_paged_and_a_file_holds_all(cast: Cast) -> None:
    cast.add_all(*(part(f"crowd.{number:03d}", has_password=False) for number in range(60)))
    client = signed_in(cast["reports.reader"])

    first = text_of(client.get(f"{URL}/users"))
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = text_of(client.get(following))
    answer = client.post(f"{URL}/users/export")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    header, *everybody = csv.reader(io.StringIO(text))
    assert header[:6] == ["UPN", "Name", "MFA capable", "SSPR Registered", "SSPR Enabled", "SSPR Capable"]
    assert first.count('<tr class="grid__row">') == 50
    assert first.count('<tr class="grid__row">') + second.count('<tr class="grid__row">') == len(everybody)
    assert len({row[0] for row in everybody}) == len(everybody)
    assert AuditEvent.objects.filter(activity="Exported users").count() == 1


@pytest.mark.parametrize("who", ["usage.summary.reports.reader", "user.experience.success.manager"])
def test_readers_of_totals_see_numbers_and_no_names(cast: Cast, who: str) -> None:
    client = signed_in(cast[who])

    page = text_of(client.get(URL))

    assert "Registered" in page and f'href="{URL}/users"' not in page
    assert client.get(f"{URL}/users").status_code == 403
    assert client.post(f"{URL}/users/export").status_code == 403


@pytest.mark.parametrize(
    "who", ["reports.reader", "security.reader", "global.reader", "application.admin", "security.admin", "global.admin"]
)
def test_readers_of_reports_see_the_details(cast: Cast, who: str) -> None:
    assert signed_in(cast[who]).get(f"{URL}/users").status_code == 200


@pytest.mark.parametrize("who", ["usage.summary.reports.reader", "helpdesk.admin", "adele.vance"])
def test_events_are_for_readers_of_reports(cast: Cast, who: str) -> None:
    client = signed_in(cast[who])

    assert client.get(EVENTS).status_code == 403
    assert client.post(f"{EVENTS}/export").status_code == 403


def test_reset_events_name_person_feature_method_and_reason(cast: Cast) -> None:
    now, progress = clock.now(), Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS
    happened(cast, SELF, now - timedelta(hours=1), methods="email, mobile app code")
    happened(cast, progress, now, reason="This user is not a member of the password reset users group.")
    happened(cast, progress, now, reason=NEWER_ATTEMPT)
    happened(cast, progress, now)
    happened(cast, SELF, now - timedelta(days=8))
    cast.add("new.starter", has_password=False)
    reset(cast, "new.starter")

    with within(cast.tenant):
        rows = list_happened(cast.tenant, Report.USAGE, span=Span.WEEK, now=clock.now()).rows

    assert [(row.name, row.kind, row.data, row.is_success, row.reason) for row in rows] == [
        (
            "Adele Vance",
            "Self-service attempt",
            "",
            False,
            "This user is not a member of the password reset users group.",
        ),
        ("Adele Vance", "Self-service reset", "Email, Mobile app code", True, ""),
    ]


def test_registration_events_name_role_and_what_was_added(cast: Cast) -> None:
    now = clock.now()
    for name, kind in (("adele.vance", MethodKind.AUTHENTICATOR), ("helpdesk.admin", MethodKind.EMAIL)):
        with within(cast.tenant):
            record(
                own_entry(Activity.USER_REGISTERED_SECURITY_INFO, cast[name], details={"Method": kind.value}), now=now
            )
    with within(cast.tenant):
        record(own_entry(Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET, cast["adele.vance"]), now=now)
        rows = list_happened(cast.tenant, Report.REGISTRATION, span=Span.DAY, now=now).rows

    assert {(row.user_name.partition("@")[0], row.kind, row.data) for row in rows} == {
        ("adele.vance", "User", "Authenticator app"),
        ("helpdesk.admin", "Helpdesk Administrator", "Email"),
        ("adele.vance", "User", "All that is required"),
    }


def test_events_are_paged_and_a_file_holds_all(cast: Cast) -> None:
    now = clock.now()
    for number in range(60):
        happened(cast, SELF, now - timedelta(minutes=number), methods="email")
    client = signed_in(cast["reports.reader"])

    first = text_of(client.get(f"{EVENTS}?tab=usage&span=7d"))
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = text_of(client.get(following))
    answer = client.post(f"{EVENTS}/export?tab=usage&span=7d")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Date", "User name", "User", "Feature", "Method used", "Status", "Reason for failure"]
    assert (first.count('<tr class="grid__row">'), second.count('<tr class="grid__row">'), len(rows)) == (50, 10, 61)
    assert len({row[0] for row in rows}) == 61
    (exported,) = AuditEvent.objects.filter(activity="Exported users")
    assert exported.details == {"Format": "csv", "Report": "Reset events", "Span": "7d"}


def test_place_that_no_page_gave_shows_the_first_one(cast: Cast) -> None:
    happened(cast, SELF, clock.now())

    answer = signed_in(cast["global.admin"]).get(f"{EVENTS}?tab=usage&span=7d&after=nonsense")

    assert answer.status_code == 422
    assert "No page begins there." in text_of(answer) and "Adele Vance" in text_of(answer)


def test_events_of_other_organisations_are_not_listed(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    happened(other, SELF, clock.now())

    assert "Nothing happened in this time." in text_of(signed_in(cast["global.admin"]).get(f"{EVENTS}?tab=usage"))


@pytest.mark.parametrize("who", ["helpdesk.admin", "adele.vance", "directory.readers"])
def test_others_see_nothing(cast: Cast, who: str) -> None:
    assert signed_in(cast[who]).get(URL).status_code == 403


@pytest.mark.parametrize("query", ["?tab=x", "?span=1y"])
def test_odd_addresses_are_told_and_answered(cast: Cast, query: str) -> None:
    answer = signed_in(cast["global.admin"]).get(URL + query)

    assert answer.status_code == 422
    assert "There is no such report." in text_of(answer)


def test_pages_stay_within_their_queries(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    client = signed_in(cast["global.admin"])

    for name, address in (
        ("sspr:insights", URL),
        ("sspr:insights usage", f"{URL}?tab=usage"),
        ("sspr:insights-users", f"{URL}/users"),
        ("sspr:insights-events", f"{EVENTS}?tab=registration"),
        ("sspr:insights-events", f"{EVENTS}?tab=usage"),
    ):
        with within_budget(name):
            client.get(address)


def test_parts_of_a_bar_stand_on_each_other() -> None:
    chart = bar_chart("x", "X", labels=["a", "b"], series={"one": [1, 0], "two": [3, 2]})

    assert [(rect.x, rect.y, rect.height, rect.kind) for rect in chart.rects] == [
        ("1.5", "75.00", "25.00", 0),
        ("1.5", "0.00", "75.00", 1),
        ("11.5", "50.00", "50.00", 1),
    ]
    assert (chart.most, [part.total for part in chart.legend]) == (4, [1, 5])
    assert bar_chart("x", "X", labels=["a"], series={"one": [0]}).is_empty
    assert [each.share for each in shares({"a": 3, "b": 1})] == ["100", "33"]
