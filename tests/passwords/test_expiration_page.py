"""Settings › Password expiration policy: who sets it, whom it would reach at once, and what is kept of a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.models import PasswordPolicy
from passwords.services.expiration import Expiration, ExpirationRefused, change_expiration, count_overdue
from tests.cast import PASSWORD, Cast, make_cast, part, signed_in
from tests.passwords.reset_cast import try_sign_in
from users.models import Tenant, User
from users.services.people import Refused
from users.tenancy import within

pytestmark = pytest.mark.django_db
URL, SAVE = "/settings/password-expiration", "/settings/password-expiration/save"
NEVER = "0-14-14"
DAY = timedelta(days=1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def form(**changes: object) -> dict[str, object]:
    return {"days": 30, "notice_days": 14, "spread_days": 14, "shown": NEVER} | changes


def stored(cast: Cast) -> Expiration:
    return Expiration.of(Tenant.objects.get(pk=cast.tenant.pk))


def grow_old(cast: Cast, *, people: int, at: datetime) -> None:
    """Add people whose passwords are old, one for each last digit in turn."""
    cast.add_all(*(part(f"old.{number}") for number in range(people)))
    with within(cast.tenant):
        ids = [cast[f"old.{number}"].pk for number in range(people)]
        User.objects.filter(pk__in=ids).update(password_changed_at=at)


def rows(cast: Cast) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(tenant_id=cast.tenant.pk, activity="Set password policy"))


@pytest.mark.parametrize("who", ["global.admin", "user.admin"])
def test_days_are_saved_with_old_and_new_value_and_acts_at_the_next_sign_in(cast: Cast, who: str) -> None:
    answer = signed_in(cast[who]).post(SAVE, form())

    assert answer.status_code == 302 and stored(cast) == Expiration(days=30)
    (row,) = rows(cast)
    assert row.actor_id == cast[who].pk
    assert row.targets[0]["modified"] == [{"name": "password.validity_days", "old": "never", "new": "30"}]
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(password_changed_at=clock.now() - 60 * DAY)
    with clock.travel(14 * DAY):
        assert try_sign_in("adele.vance@contoso.example", PASSWORD).must_change


@pytest.mark.parametrize(
    ("who", "page", "may_save"),
    [
        ("global.reader", 200, 403),
        ("authentication.policy.admin", 200, 403),
        ("helpdesk.admin", 403, 403),
        ("adele.vance", 403, 403),
    ],
)
def test_others_read_or_see_nothing_and_change_nothing(cast: Cast, who: str, page: int, may_save: int) -> None:
    client = signed_in(cast[who])

    assert (client.get(URL).status_code, client.post(SAVE, form()).status_code) == (page, may_save)
    assert stored(cast) == Expiration()


def test_service_asks_for_the_right_and_for_a_fresh_proof(cast: Cast) -> None:
    values: dict[str, Any] = {"wanted": Expiration(days=30), "shown": Expiration(), "now": clock.now()}
    with within(cast.tenant):
        stale = cast.actor("global.admin")
        with pytest.raises(Refused):
            change_expiration(actor=cast.actor("helpdesk.admin"), **values)
        with pytest.raises(Refused):
            change_expiration(actor=stale, **values | {"now": clock.now() + timedelta(hours=2)})

    assert stored(cast) == Expiration() and {row.result for row in rows(cast)} == {"failure"}


@pytest.mark.parametrize(
    "changes",
    [
        {"days": 13},
        {"days": 731},
        {"days": ""},
        {"days": "x"},
        {"notice_days": 0},
        {"notice_days": 31},
        {"spread_days": 15},
        {"spread_days": -1},
        {"shown": "nothing"},
        {"shown": ""},
    ],
    ids=str,
)
def test_number_outside_its_limits_is_refused_and_nothing_changes(cast: Cast, changes: dict[str, object]) -> None:
    assert signed_in(cast["global.admin"]).post(SAVE, form(**changes)).status_code == 422
    assert stored(cast) == Expiration() and not rows(cast)


@pytest.mark.parametrize("values", [{"days": 13}, {"days": 731}, {"days": 30, "notice_days": 0}, {"spread_days": 15}])
def test_service_refuses_the_same_numbers(cast: Cast, values: dict[str, int]) -> None:
    with within(cast.tenant), pytest.raises(ExpirationRefused):
        change_expiration(
            actor=cast.actor("global.admin"), wanted=Expiration(**values), shown=Expiration(), now=clock.now()
        )


@pytest.mark.parametrize("days", [14, 730])
def test_limits_themselves_are_taken(cast: Cast, days: int) -> None:
    assert signed_in(cast["global.admin"]).post(SAVE, form(days=days)).status_code == 302
    assert stored(cast).days == days


def test_newer_change_of_somebody_else_is_not_written_over(cast: Cast) -> None:
    signed_in(cast["user.admin"]).post(SAVE, form(days=90))

    answer = signed_in(cast["global.admin"]).post(SAVE, form(days=60))

    assert answer.status_code == 409 and stored(cast).days == 90
    assert "Somebody else has changed these settings" in answer.content.decode()
    assert 'value="90-14-14"' in answer.content.decode()


def test_more_than_ten_are_typed_as_a_number(cast: Cast) -> None:
    grow_old(cast, people=11, at=clock.now() - 400 * DAY)
    client = signed_in(cast["global.admin"])

    asked = client.post(SAVE, form())
    wrong = client.post(SAVE, form(accepted="10"))

    assert asked.status_code == wrong.status_code == 422 and stored(cast) == Expiration()
    assert "11 users have passwords that are too old" in asked.content.decode()
    assert "To confirm, type 11" in asked.content.decode() and 'value="11"' not in asked.content.decode()
    assert "Type 11 exactly so" in wrong.content.decode()
    assert client.post(SAVE, form(accepted="11")).status_code == 302
    (row,) = rows(cast)
    assert row.details["TooOldAlready"] == "11"


def test_ten_or_fewer_are_confirmed_by_one_press(cast: Cast) -> None:
    grow_old(cast, people=10, at=clock.now() - 400 * DAY)
    client = signed_in(cast["global.admin"])

    asked = client.post(SAVE, form())

    assert asked.status_code == 422 and 'name="accepted" value="10"' in asked.content.decode()
    assert client.post(SAVE, form(accepted="10")).status_code == 302


def test_preview_tells_who_is_reached_at_once_and_who_within_the_spread(cast: Cast) -> None:
    now = clock.now()
    grow_old(cast, people=40, at=now - 400 * DAY)
    first = sum(cast[f"old.{number}"].pk.hex[-1] == "0" for number in range(40))

    with within(cast.tenant):
        spread = count_overdue(cast.tenant, Expiration(days=30), now=now)
        at_once = count_overdue(cast.tenant, Expiration(days=30, spread_days=0), now=now)

    assert (spread.count, spread.at_once, spread.spread) == (40, first, 40 - first)
    assert (at_once.count, at_once.at_once) == (40, 40)


def test_shorter_days_spread_anew_and_longer_ones_reach_nobody(cast: Cast) -> None:
    start = clock.now()
    grow_old(cast, people=12, at=start)
    client = signed_in(cast["global.admin"])
    assert client.post(SAVE, form(days=60)).status_code == 302
    with clock.travel(40 * DAY):
        client = signed_in(cast["global.admin"])
        asked = client.post(SAVE, form(days=30, shown="60-14-14"))
        everybody = int(asked.context["overdue"].count)
        client.post(SAVE, form(days=30, shown="60-14-14", accepted=everybody))
        tenant = Tenant.objects.get(pk=cast.tenant.pk)
        assert tenant.password_days == 30 and tenant.password_expiry_since
        assert tenant.password_expiry_since > start + 39 * DAY
        since = tenant.password_expiry_since
        assert client.post(SAVE, form(days=90, shown="30-14-14")).status_code == 302

    tenant.refresh_from_db()
    assert everybody >= 12 and tenant.password_expiry_since == since


def test_switching_off_forgets_when_it_began_and_keeps_the_other_numbers(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    client.post(SAVE, form(days=60, notice_days=7))

    answer = client.post(SAVE, {"never": "on", "days": "", "notice_days": "99", "shown": "60-7-14"})

    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert answer.status_code == 302 and Expiration.of(tenant) == Expiration(notice_days=7)
    assert tenant.password_expiry_since is None


def test_page_warns_where_the_policy_follows_nist(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    plain = client.get(URL).content.decode()
    PasswordPolicy.objects.create(tenant=cast.tenant, profile="nist")

    assert "NIST SP 800-63B-4" not in plain and "NIST SP 800-63B-4" in client.get(URL).content.decode()
    assert "never to expire" not in plain and "Set passwords to never expire (recommended)" in plain
