"""Settings › Password reset: who opens which blade, what a form sends, what comes back, and how it is reached."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.models import Gate, Reach, SsprPolicy
from sspr.policy_settings import Blade
from sspr.settings_words import BLADE_NAMES
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from users.models import Group, MethodKind
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
ROOT = "/settings/password-reset"
READERS = ("authentication.policy.admin", "global.admin", "global.reader", "security.reader", "security.admin")
METHODS: dict[str, Any] = {
    "gates_required": "1",
    "two_gates_with_second_factor": "on",
    "gates": ["email", "mobile_sms", "app"],
    "questions_to_register": "5",
    "questions_to_reset": "3",
}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def text_of(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


def save(cast: Cast, blade: Blade, *, who: str = "global.admin", version: int = 1, **values: Any) -> HttpResponse:
    return signed_in(cast[who]).post(f"{ROOT}/{blade}", {"version": version, **values})  # type: ignore[return-value]


def test_first_blade_is_properties(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).get(ROOT)

    assert answer.status_code == 302
    assert answer["Location"] == f"{ROOT}/properties"


@pytest.mark.parametrize("blade", Blade)
def test_every_blade_is_shown_with_its_name_and_the_way_to_the_others(cast: Cast, blade: Blade) -> None:
    page = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/{blade}"))  # type: ignore[arg-type]

    assert f'<h1 class="page-head__title">{BLADE_NAMES[blade]}</h1>' in page
    assert all(f'href="{ROOT}/{other}"' in page for other in Blade)
    assert 'aria-current="page"' in page


@pytest.mark.parametrize("who", READERS)
def test_readers_see_the_settings_and_only_two_roles_may_save(cast: Cast, who: str) -> None:
    page = text_of(signed_in(cast[who]).get(f"{ROOT}/properties"))  # type: ignore[arg-type]
    answer = save(cast, Blade.PROPERTIES, who=who, reach="all")

    may_save = who in ("authentication.policy.admin", "global.admin")
    assert ('<button class="btn btn-primary" type="submit">Save</button>' in page) is may_save
    assert answer.status_code == (302 if may_save else 403)
    assert SsprPolicy.objects.filter(tenant=cast.tenant, reach="all").exists() is may_save


@pytest.mark.parametrize("who", ["helpdesk.admin", "user.admin", "reports.reader", "adele.vance"])
def test_others_do_not_see_the_settings(cast: Cast, who: str) -> None:
    assert signed_in(cast[who]).get(f"{ROOT}/properties").status_code == 403


def test_properties_are_saved_for_a_group(cast: Cast) -> None:
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())

    policy_for(cast)
    refused = save(cast, Blade.PROPERTIES, reach="selected", group="")
    answer = save(cast, Blade.PROPERTIES, reach="selected", group="Pilot", allow_unlock="on")
    page = text_of(signed_in(cast["global.admin"]).get(answer["Location"]))  # type: ignore[arg-type]

    assert refused.status_code == 422
    assert "Choose the group whose members may reset their password" in text_of(refused)
    policy = SsprPolicy.objects.get(tenant=cast.tenant)
    assert (policy.reach, policy.group_id, policy.allow_unlock) == (Reach.SELECTED, pilot.pk, True)
    assert "The settings are saved" in page


def test_methods_that_cannot_be_sent_are_not_offered_and_stay_as_they_are(cast: Cast, settings: Settings) -> None:
    settings.SMS_CHANNEL_URL = ""

    page = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/{Blade.METHODS}"))  # type: ignore[arg-type]
    answer = save(cast, Blade.METHODS, **{**METHODS, "gates": ["email", "app", "questions"]})

    assert "Mobile phone (SMS)" not in page and "Mobile phone (voice)" not in page
    assert answer.status_code == 302
    assert SsprPolicy.objects.get(tenant=cast.tenant).gates == [
        Gate.EMAIL,
        Gate.MOBILE_SMS,
        Gate.APP,
        Gate.QUESTIONS,
    ]


def test_voice_is_offered_where_a_channel_is_set_up(cast: Cast, settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = "webhook+https://calls.example/send"

    page = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/{Blade.METHODS}"))  # type: ignore[arg-type]

    assert "Mobile phone (voice)" in page and "Office phone (voice)" in page


def test_what_cannot_be_is_said_beside_its_field(cast: Cast) -> None:
    answer = save(cast, Blade.METHODS, **{**METHODS, "gates": ["app"]})

    assert answer.status_code == 422
    assert "An authenticator app cannot be the only method" in text_of(answer)
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


@pytest.mark.parametrize(
    ("blade", "values", "column", "stored"),
    [
        (Blade.REGISTRATION, {"must_register": "yes", "reconfirm_days": "0"}, "must_register", True),
        (Blade.NOTIFICATIONS, {"notify_users": "yes", "notify_admins": "no"}, "notify_admins", False),
        (
            Blade.CUSTOMIZATION,
            {"customize_helpdesk": "yes", "helpdesk_link": "https://help.example/"},
            "helpdesk_link",
            "https://help.example/",
        ),
        (Blade.ADMINISTRATORS, {"admin_wait_minutes": "30"}, "admin_wait_minutes", 30),
        (
            Blade.ADVANCED,
            {"code_minutes": "5", "sends_lock_hours": "24", "start_lock_hours": "0", "sms_a_day": "50"},
            "code_minutes",
            5,
        ),
    ],
    ids=["registration", "notifications", "customization", "administrators", "advanced"],
)
def test_blade_saves_its_settings_and_no_others(
    cast: Cast, blade: Blade, values: dict[str, str], column: str, stored: object
) -> None:
    before = policy_for(cast, reach=Reach.ALL, gates_required=2)

    answer = save(cast, blade, accepted="1", **values)

    after = SsprPolicy.objects.get(tenant=cast.tenant)
    assert answer.status_code == 302
    assert getattr(after, column) == stored
    assert (after.reach, after.gates_required, after.gates) == (before.reach, before.gates_required, before.gates)


def test_countries_are_typed_as_codes(cast: Cast) -> None:
    numbers = {"code_minutes": "5", "sends_lock_hours": "0", "start_lock_hours": "0", "sms_a_day": "50"}

    refused = save(cast, Blade.ADVANCED, **numbers, sms_countries="NO, Sweden")
    answer = save(cast, Blade.ADVANCED, **numbers, sms_countries="se, NO dk,no")

    assert refused.status_code == 422 and "no country code" in text_of(refused)
    assert answer.status_code == 302
    assert SsprPolicy.objects.get(tenant=cast.tenant).sms_countries == ["DK", "NO", "SE"]


def test_colleagues_newer_change_is_told_and_shown(cast: Cast) -> None:
    policy_for(cast, reconfirm_days=90, version=5)

    answer = save(cast, Blade.REGISTRATION, version=4, must_register="yes", reconfirm_days="30")

    assert answer.status_code == 409
    assert "Somebody else has changed these settings" in text_of(answer)
    assert 'value="90"' in text_of(answer)
    assert SsprPolicy.objects.get(tenant=cast.tenant).reconfirm_days == 90


def test_old_proof_is_asked_for_again_before_anything_is_typed(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        asked = client.get(f"{ROOT}/properties")
        refused = client.post(f"{ROOT}/properties", {"version": 1, "reach": "all"})

    assert asked.status_code == 302 and asked["Location"].startswith(reverse("users:confirm"))
    assert refused.status_code == 400
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"version": "x"},
        {"version": "-1"},
        {"version": str(2**40)},
        {"reach": "everybody"},
        {"reach": "selected", "group": "x"},
        {"reach": "selected", "group": "00000000-0000-0000-0000-000000000000"},
        {"reach": "selected", "group": "x" * 257},
        {"reach": "selected"},
    ],
    ids=str,
)
def test_odd_input_is_refused_and_changes_nothing(cast: Cast, values: dict[str, str]) -> None:
    answer = signed_in(cast["global.admin"]).post(f"{ROOT}/properties", {"version": "1", "reach": "all", **values})

    assert answer.status_code in (409, 422)
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


def test_org_settings_lead_here_and_say_the_state(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    page = text_of(signed_in(cast["global.admin"]).get("/settings/org"))  # type: ignore[arg-type]

    assert f'href="{ROOT}/properties"' in page
    assert "Enabled for: All" in page
    assert "Self-service password reset" in page


def test_licence_rule_is_told_where_licensing_is_on(cast: Cast) -> None:
    off = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/properties"))  # type: ignore[arg-type]
    type(cast.tenant).objects.filter(pk=cast.tenant.pk).update(licensing_mode="microsoft")
    on = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/properties"))  # type: ignore[arg-type]

    assert "Licensing is off" in off
    assert "SSPR_0012" in on


def test_try_it_shows_masked_methods_and_sends_nothing(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    before = AuditEvent.objects.count()

    client = signed_in(cast["global.admin"])
    found = text_of(client.get(f"{ROOT}/try-it?search=adele"))  # type: ignore[arg-type]
    page = text_of(client.get(f"{ROOT}/try-it?person={cast['adele.vance'].pk}"))  # type: ignore[arg-type]

    assert f"?person={cast['adele.vance'].pk}" in found
    assert "They can reset their password with 1 method." in page
    assert "a•••@mail.example" in page and "adele.vance.contoso@mail.example" not in page
    assert "+46 70 174 06 05" not in page
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("who", "code"),
    [("diego.siciliani", "SSPR_0014"), ("isaiah.langer", "SSPR_X102"), ("guest.person", "SSPR_X104")],
)
def test_try_it_says_why_somebody_cannot(cast: Cast, who: str, code: str) -> None:
    policy_for(cast, reach=Reach.ALL)

    page = text_of(signed_in(cast["security.reader"]).get(f"{ROOT}/try-it?person={cast[who].pk}"))  # type: ignore[arg-type]

    assert code in page
    assert "They cannot reset their password" in page


@pytest.mark.parametrize("is_told", [False, True])
def test_try_it_tells_what_they_would_read(cast: Cast, is_told: bool) -> None:
    policy_for(cast, reach=Reach.ALL, explain_reason=is_told)
    address = f"{ROOT}/try-it?person={cast['diego.siciliani'].pk}"

    page = text_of(signed_in(cast["global.admin"]).get(address))  # type: ignore[arg-type]

    assert ("They would read the reason" in page) is is_told
    assert ("They would see the same pages as everybody else" in page) is not is_told


def test_try_it_shows_the_two_gates_of_an_administrator(cast: Cast) -> None:
    policy_for(cast, reach=Reach.NONE)
    knows(cast, "helpdesk.admin", email="helpdesk@home.example")

    lacking = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/try-it?person={cast['helpdesk.admin'].pk}"))  # type: ignore[arg-type]
    registers(cast, "helpdesk.admin", MethodKind.AUTHENTICATOR)
    ready = text_of(signed_in(cast["global.admin"]).get(f"{ROOT}/try-it?person={cast['helpdesk.admin'].pk}"))  # type: ignore[arg-type]

    assert "one more is missing" in lacking
    assert "The administrator policy holds" in ready
    assert "They can reset their password with 2 different methods." in ready


def test_try_it_tells_the_licence_rule_and_the_group(cast: Cast) -> None:
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())
    address = f"{ROOT}/try-it?person={cast['adele.vance'].pk}"
    policy_for(cast, reach=Reach.SELECTED, group=pilot)

    outside = text_of(signed_in(cast["global.admin"]).get(address))  # type: ignore[arg-type]
    policy_for(cast, reach=Reach.ALL)
    type(cast.tenant).objects.filter(pk=cast.tenant.pk).update(licensing_mode="microsoft")
    unlicensed = text_of(signed_in(cast["global.admin"]).get(address))  # type: ignore[arg-type]

    assert "SSPR_0013" in outside
    assert "SSPR_0012" in unlicensed


def test_try_it_knows_nobody_of_another_tenant(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    for person in (str(other["adele.vance"].pk), "x"):
        answer = signed_in(cast["global.admin"]).get(f"{ROOT}/try-it", {"person": person})
        assert answer.status_code == 422
        assert "There is no such person." in text_of(answer)  # type: ignore[arg-type]


def test_pages_stay_within_their_queries(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    client = signed_in(cast["global.admin"])

    for route in ("sspr:settings-properties", "sspr:settings-authentication-methods", "sspr:try-it"):
        with within_budget(route):
            client.get(reverse(route))
    with within_budget("sspr:try-it person"):
        client.get(reverse("sspr:try-it"), {"person": cast["adele.vance"].pk})
