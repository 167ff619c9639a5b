"""When a password is over: the moment itself, the spread, who is left out, and what a sign-in then meets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import TYPED, try_sign_in
from tests.passwords.test_change_password import _guarded_addresses
from users.grid_columns import Column
from users.models import Domain, Session, Tenant, User
from users.password_expiry import (
    DIGITS,
    ExpiryRules,
    digit_of,
    password_ended_by,
    password_ends_at,
    password_ends_between,
)
from users.services.acts import Act, act_on_person
from users.services.grid_choice import choose_columns
from users.tenancy import within

pytestmark = pytest.mark.django_db
UPN = "adele.vance@contoso.example"
CHANGE = "/account/password"
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def expire_after(cast: Cast, days: int, **more: Any) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(password_days=days, **more)
    cast.tenant.refresh_from_db()


def aged(cast: Cast, name: str, changed_at: datetime, **facts: Any) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast[name].pk).update(password_changed_at=changed_at, **facts)


def browser() -> Client:
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.post("/signin", {"user_name": UPN, "password": PASSWORD})
    return client


@pytest.mark.parametrize(("before_the_end", "is_over"), [(SECOND, False), (timedelta(0), True)])
def test_password_is_over_at_the_first_moment_after_its_days(
    cast: Cast, before_the_end: timedelta, is_over: bool
) -> None:
    expire_after(cast, 30)
    aged(cast, "adele.vance", NOW - 30 * DAY + before_the_end)

    with clock.travel(freeze_at=NOW):
        answer = Client(REMOTE_ADDR="203.0.113.77").post("/signin", {"user_name": UPN, "password": PASSWORD})

    assert answer.status_code == 302 and (answer["Location"] == CHANGE) is is_over
    assert (Session.objects.get().password_expired_at == NOW) is is_over


def test_nothing_opens_until_it_is_changed_and_everything_after_that(cast: Cast) -> None:
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - 31 * DAY)
    client = browser()

    for address in _guarded_addresses(get_resolver().url_patterns):
        for answer in (client.get(address), client.post(address)):
            assert (answer.status_code, answer.get("Location")) == (302, CHANGE), address
    page = client.get(CHANGE).content.decode()
    same = client.post(CHANGE, {"current_password": PASSWORD, "new_password": PASSWORD, "confirm_password": PASSWORD})
    done = client.post(CHANGE, {"current_password": PASSWORD, "new_password": TYPED, "confirm_password": TYPED})

    assert "Your password has expired" in page and same.status_code == 422 and done.status_code == 302
    assert client.get("/account/password/changed").status_code == 200
    assert Session.objects.get(ended_at=None).password_expired_at is None
    assert not try_sign_in(UPN, TYPED).must_change


def test_same_password_is_no_change_even_where_none_is_remembered(cast: Cast) -> None:
    from passwords.models import PasswordPolicy

    PasswordPolicy.objects.create(tenant=cast.tenant, history_depth=0)
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - 31 * DAY)

    answer = browser().post(
        CHANGE, {"current_password": PASSWORD, "new_password": PASSWORD, "confirm_password": PASSWORD}
    )

    assert answer.status_code == 422 and try_sign_in(UPN, PASSWORD).must_change


def test_end_of_a_password_ends_no_session_and_is_met_at_the_next_sign_in(cast: Cast) -> None:
    running = signed_in(cast["adele.vance"])
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - 31 * DAY)

    assert running.get("/account").status_code == 200
    assert try_sign_in(UPN, PASSWORD).must_change
    assert running.get("/account").status_code == 200


@pytest.mark.parametrize(
    "facts",
    [
        {"password_never_expires": True},
        {"on_premises_sync_enabled": True},
        {"user_type": "guest"},
        {"password_issued_at": None},
    ],
    ids=str,
)
def test_passwords_without_an_age_of_ours_never_end(cast: Cast, facts: dict[str, Any]) -> None:
    expire_after(cast, 14)
    aged(cast, "adele.vance", clock.now() - 5_000 * DAY, **facts)

    assert not try_sign_in(UPN, PASSWORD).must_change


def test_passwords_of_a_federated_domain_never_end(cast: Cast) -> None:
    expire_after(cast, 14)
    aged(cast, "adele.vance", clock.now() - 5_000 * DAY)
    with within(cast.tenant):
        Domain.objects.update(is_federated=True)

    assert not try_sign_in(UPN, PASSWORD).must_change


def test_cleared_flag_ends_a_password_that_is_too_old_at_the_next_sign_in(cast: Cast) -> None:
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - 31 * DAY, password_never_expires=True)
    running = signed_in(cast["adele.vance"])
    assert not try_sign_in(UPN, PASSWORD).must_change

    with within(cast.tenant):
        act_on_person(
            act=Act.EXPIRES, actor=cast.actor("helpdesk.admin"), user_id=cast["adele.vance"].pk, now=clock.now()
        )

    assert running.get("/account").status_code == 200
    assert try_sign_in(UPN, PASSWORD).must_change


def test_each_digit_has_its_share_of_the_spread_and_none_is_longer_than_it() -> None:
    rules = ExpiryRules(days=30, spread_days=14, since=NOW)
    shares = [rules.share_of(digit) for digit in DIGITS]

    assert shares[0] == timedelta(0) and shares == sorted(set(shares)) and shares[-1] < 14 * DAY
    assert digit_of(UUID("00000000-0000-4000-8000-00000000000B")) == "b"


def test_one_query_finds_the_same_people_as_the_rule_for_one_of_them(cast: Cast) -> None:
    ages = (0, 29, 30, 31, 44, 200)
    facts: list[dict[str, Any]] = [
        {},
        {"password_never_expires": True},
        {"on_premises_sync_enabled": True},
        {"user_type": "guest"},
        {"password_issued_at": None},
        {"password_changed_at": None},
    ]
    with within(cast.tenant):
        Domain.objects.create(tenant=cast.tenant, name="fed.example", is_federated=True)
        people = [
            User(
                id=UUID(int=(number + 1) * 16 + place),
                tenant=cast.tenant,
                user_principal_name=f"p{number}.{place}@{domain}",
                upn_folded=f"p{number}.{place}@{domain}",
                display_name="P",
                created_at=NOW,
                **{"password_issued_at": NOW, "password_changed_at": NOW - age * DAY} | odd,
            )
            for number, (age, odd, domain) in enumerate(
                (age, odd, domain) for age in ages for odd in facts for domain in ("contoso.example", "fed.example")
            )
            for place in range(16)
        ]
        User.objects.bulk_create(people)
        for rules in (
            ExpiryRules(),
            ExpiryRules(days=30),
            ExpiryRules(days=30, spread_days=14, since=NOW - 5 * DAY),
            ExpiryRules(days=30, spread_days=14, since=NOW),
            ExpiryRules(days=30, spread_days=0, since=NOW),
            ExpiryRules(days=30, spread_days=14, since=NOW + DAY),
        ):
            for moment in (NOW - SECOND, NOW, NOW + 21 * timedelta(hours=1), NOW + 14 * DAY):
                found = set(User.objects.filter(password_ended_by(rules, moment)).values_list("pk", flat=True))
                made = {person.pk for person in people}
                ends = {
                    each.pk: password_ends_at(each, rules=rules, is_federated=each.upn_folded.endswith("@fed.example"))
                    for each in people
                }
                assert found & made == {pk for pk, end in ends.items() if end and end <= moment}, (rules, moment)


def test_one_query_finds_who_is_over_between_two_moments(cast: Cast) -> None:
    with within(cast.tenant):
        people = [
            User(
                id=UUID(int=(number + 1) * 16 + place),
                tenant=cast.tenant,
                user_principal_name=f"b{number}.{place}@contoso.example",
                upn_folded=f"b{number}.{place}@contoso.example",
                display_name="B",
                created_at=NOW,
                password_issued_at=NOW,
                password_changed_at=NOW - age * DAY,
            )
            for number, age in enumerate((0, 16, 17, 29, 30, 31, 90))
            for place in range(16)
        ]
        User.objects.bulk_create(people)
        for since in (None, NOW, NOW - 5 * DAY, NOW - 14 * DAY):
            rules = ExpiryRules(days=30, spread_days=14, since=since)
            for after, until in ((NOW, NOW + DAY), (NOW + DAY, NOW + 3 * DAY), (NOW, NOW + 14 * DAY)):
                asked = User.objects.filter(password_ends_between(rules, after, until))
                ends = {each.pk: password_ends_at(each, rules=rules, is_federated=False) for each in people}
                wanted = {pk for pk, end in ends.items() if end and after < end <= until}
                assert set(asked.values_list("pk", flat=True)) & set(ends) == wanted, (since, after, until)


def test_view_finds_them_and_column_and_panel_tell_the_day(cast: Cast) -> None:
    now = clock.now()
    expire_after(cast, 30)
    aged(cast, "adele.vance", now - 30 * DAY)
    aged(cast, "diego.siciliani", now - 29 * DAY, password_never_expires=True)
    aged(cast, "isaiah.langer", now - 29 * DAY)
    aged(cast, "lee.gu", now - 90 * DAY)
    with within(cast.tenant):
        choose_columns(actor=cast.actor("global.admin"), columns=[Column.EXPIRES], now=now)
    admin = signed_in(cast["global.admin"])

    def cell(name: str) -> str:
        (row,) = admin.get("/users/active", {"search": name}).context["rows"]
        return str(row.cells[0].moment or row.cells[0].text)

    found = admin.get("/users/active", {"view": "password_expired"}).context["rows"]
    assert [row.user.pk for row in found] == [cast["adele.vance"].pk]
    assert (cell("adele"), cell("diego"), cell("isaiah")) == ("Expired", "Never", str(now + DAY))
    assert cell("lee.gu") == cell("never.issued") == cell("guest.person") == ""
    told = {
        name: admin.get(f"/users/active/{cast[name].pk}?tab=password").content.decode()
        for name in ("adele.vance", "isaiah.langer", "diego.siciliani")
    }
    assert "Expired on" in told["adele.vance"] and "Expires on" in told["isaiah.langer"]
    assert "Expires on" not in told["diego.siciliani"] and "Expired on" not in told["diego.siciliani"]


@pytest.mark.parametrize(("days_left", "is_near"), [(14, True), (15, False)])
def test_my_account_tells_the_end_and_warns_when_it_is_near(cast: Cast, days_left: int, is_near: bool) -> None:
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - (30 - days_left) * DAY)

    page = signed_in(cast["adele.vance"]).get("/account").content.decode()

    assert "Expires on" in page and ("Choose a new password before this one expires" in page) is is_near


def test_nothing_is_told_where_passwords_never_end(cast: Cast) -> None:
    page = signed_in(cast["adele.vance"]).get("/account").content.decode()
    panel = signed_in(cast["global.admin"]).get(f"/users/active/{cast['adele.vance'].pk}?tab=password")

    assert "Expires on" not in page and "Expires on" not in panel.content.decode()


def test_audit_log_tells_of_the_sign_in_as_of_any_other(cast: Cast) -> None:
    expire_after(cast, 30)
    aged(cast, "adele.vance", clock.now() - 31 * DAY)

    browser()

    assert AuditEvent.objects.filter(activity="Signed in", subject_id=cast["adele.vance"].pk).count() == 1
