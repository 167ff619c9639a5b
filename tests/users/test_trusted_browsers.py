"""Trusted browsers on My account: which there are, and that a removed one is asked for a code again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from users import trusted_devices
from users.browser_names import name_of_browser
from users.models import AuthenticationMethod, MethodKind, Tenant, TrustedDevice
from users.sessions import digest_of
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
ADMIN, OTHER, FORGET = "global.admin", "helpdesk.admin", "/account/trusted-browsers/forget"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    Tenant.objects.update(admin_mfa_required=True)
    made.tenant.refresh_from_db()
    with within(made.tenant):
        for name in (ADMIN, OTHER):
            facts = {"kind": MethodKind.AUTHENTICATOR, "created_at": clock.now()}
            AuthenticationMethod.objects.create(tenant=made.tenant, user=made[name], **facts)
    return made


def trusts(cast: Cast, name: str = ADMIN, *, days_ago: int = 0) -> Client:
    """Return a signed-in browser that its owner trusts."""
    with within(cast.tenant), clock.travel(timedelta(days=-days_ago)):
        key = trusted_devices.trust(cast[name], days=30, now=clock.now())
    client = signed_in(cast[name])
    client.cookies[settings.TRUSTED_COOKIE_NAME] = key.expose()
    return client


def is_asked(client: Client) -> bool:
    return client.get("/users/active").status_code == 302


def row_of(client: Client) -> TrustedDevice:
    key = Secret(client.cookies[settings.TRUSTED_COOKIE_NAME].value)
    with across_tenants():
        return TrustedDevice.objects.get(pk=digest_of(key))


def removals() -> int:
    return AuditEvent.objects.filter(activity="Removed trusted browser").count()


def test_page_names_each_browser_with_its_days_and_none_of_its_keys(cast: Cast) -> None:
    here, there = trusts(cast), trusts(cast, days_ago=3)
    with across_tenants():
        TrustedDevice.objects.filter(pk=row_of(there).pk).update(user_agent="Mozilla (iPhone) Safari/605")

    page = here.get("/account").text

    offered = re.findall(r'name="browser" value="([0-9a-f]{32})"', page)
    assert offered == [row_of(here).reference, row_of(there).reference]
    assert page.count("(this browser)") == 2  # its session, and its trust
    assert page.index("(this browser)<span") < page.index("Safari on iPhone")
    for client in (here, there):
        assert row_of(client).key_digest not in page
        assert client.cookies[settings.TRUSTED_COOKIE_NAME].value not in page


def test_removed_browser_is_asked_again_and_the_others_are_not(cast: Cast) -> None:
    here, there = trusts(cast), trusts(cast)

    answer = here.post(FORGET, {"browser": row_of(there).reference})
    again = here.post(FORGET, {"browser": row_of(there).reference})

    assert (answer["Location"], again.status_code) == ("/account?browsers=forgotten", 302)
    assert "That browser is asked for a code" in here.get(answer["Location"]).text
    assert (is_asked(here), is_asked(there)) == (False, True)
    assert removals() == 1


def test_remove_all_asks_every_browser_of_that_person_alone(cast: Cast) -> None:
    here, there, foreign = trusts(cast), trusts(cast), trusts(cast, OTHER)

    answer = here.post(FORGET, {"all": "1"})

    assert answer["Location"] == "/account?browsers=none"
    assert [is_asked(client) for client in (here, there, foreign)] == [True, True, False]
    assert removals() == 2
    assert "Trusted browsers" not in here.get("/account").text


def test_remove_all_reaches_browsers_that_a_longer_trust_would_revive(cast: Cast) -> None:
    old = trusts(cast, days_ago=10)
    Tenant.objects.update(trusted_device_days=7)

    old.post(FORGET, {"all": "1"})

    Tenant.objects.update(trusted_device_days=30)
    assert is_asked(old)


@pytest.mark.parametrize("typed", ["", "nonsense", "0" * 32])
def test_reference_that_names_nothing_removes_nothing(cast: Cast, typed: str) -> None:
    client = trusts(cast)

    assert client.post(FORGET, {"browser": typed}).status_code == 302
    assert client.post(FORGET, {}).status_code == 302
    assert not is_asked(client)
    assert removals() == 0


def test_browser_of_somebody_else_is_not_removed(cast: Cast) -> None:
    theirs = trusts(cast, OTHER)

    trusts(cast).post(FORGET, {"browser": row_of(theirs).reference})

    assert not is_asked(theirs)
    assert removals() == 0


def test_last_use_is_when_the_second_factor_was_left_out(cast: Cast) -> None:
    client = trusts(cast, days_ago=3)
    before = row_of(client).last_used_at

    client.get("/users/active")

    used = row_of(client).last_used_at
    assert before is None and used is not None
    assert clock.now() - used < timedelta(minutes=1)


def test_trust_that_is_over_is_not_listed(cast: Cast) -> None:
    client = trusts(cast, days_ago=31)
    with within(cast.tenant):
        cast[ADMIN].refresh_from_db()

    assert "Trusted browsers" not in client.get("/account").text


def test_page_of_an_administrator_stays_within_its_budget_however_many_there_are(cast: Cast) -> None:
    client = [trusts(cast) for _ in range(5)][-1]

    with within_budget("users:account admin"):
        client.get("/account")


def test_looking_at_the_address_changes_nothing(cast: Cast) -> None:
    client = trusts(cast)

    assert client.get(FORGET).status_code == 405
    assert not is_asked(client)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "Unknown browser"),
        ("Something (Windows)", "Windows"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_have_the_names_that_people_know(user_agent: str, name: str) -> None:
    with translation.override("en"):
        assert name_of_browser(user_agent) == name
