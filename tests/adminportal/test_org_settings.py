"""Org settings: who sees and who changes the switches of the organisation, and what is kept of a change."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.centre.org_settings_form import SECTIONS, WORDS
from tests.cast import Cast, make_cast, signed_in
from users.models import Tenant, User
from users.roles import Role
from users.services.people import Refused
from users.services.tenant_settings import SETTINGS, NotBetween, change_settings
from users.tenancy import within

pytestmark = pytest.mark.django_db
URL, SAVE = "/settings/org", "/settings/org/save"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def form(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "notify_user_on_admin_reset": "on",
        "fresh_contact_hours": 24,
        "step_up_minutes": 10,
        "trusted_device_days": 30,
        "lockout_threshold": 10,
        "lockout_seconds": 60,
        "lockout_hard_stop": 100,
        "shown": urlencode({column: Tenant._meta.get_field(column).default for column in SETTINGS}),
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_global_administrator_switches_the_password_into_the_mail_and_the_audit_log_says_so(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(password_in_mail="on"))

    assert answer.status_code == 302
    assert Tenant.objects.get(pk=cast.tenant.pk).password_in_mail
    (row,) = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, actor_id=cast["global.admin"].pk, result="success")
    assert row.targets[0]["modified"] == [{"name": "delivery.password_in_mail", "old": "False", "new": "True"}]


def test_saving_what_is_there_already_writes_nothing(cast: Cast) -> None:
    actor, before = cast.actor("global.admin"), AuditEvent.objects.count()

    with within(cast.tenant):
        changed = change_settings(actor=actor, values={"step_up_minutes": 10}, now=clock.now())

    assert changed == []
    assert AuditEvent.objects.count() == before


def test_reader_sees_the_settings_and_is_refused_by_post(cast: Cast) -> None:
    client = signed_in(cast["global.reader"])

    page = client.get(URL).content.decode()
    answer = client.post(SAVE, form(password_in_mail="on"))

    assert "Put the password in the e-mail" in page and "Save" not in page
    assert answer.status_code == 403
    assert not Tenant.objects.get(pk=cast.tenant.pk).password_in_mail


def test_helpdesk_administrator_does_not_see_the_settings(cast: Cast) -> None:
    assert signed_in(cast["helpdesk.admin"]).get(URL).status_code == 403


def test_number_outside_its_limits_is_named_and_nothing_is_changed(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(step_up_minutes=61, password_in_mail="on"))

    assert answer.status_code == 422
    assert "less than or equal to 60" in answer.content.decode()
    assert not Tenant.objects.get(pk=cast.tenant.pk).password_in_mail
    with within(cast.tenant), pytest.raises(NotBetween):
        change_settings(actor=cast.actor("global.admin"), values={"step_up_minutes": 61}, now=clock.now())


def test_old_proof_is_asked_for_again_before_anything_is_typed(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        asked = client.get(URL)
        refused = client.post(SAVE, form(password_in_mail="on"))

    assert asked.status_code == 302 and asked["Location"].startswith(reverse("users:confirm"))
    assert refused.status_code == 400
    assert "Confirm your own sign-in" in refused.content.decode()
    assert not Tenant.objects.get(pk=cast.tenant.pk).password_in_mail


def test_administrator_who_lost_the_role_meanwhile_changes_nothing(cast: Cast) -> None:
    actor = cast.actor("global.admin")

    with within(cast.tenant), pytest.raises(Refused):
        User.objects.filter(pk=actor.id).update(account_enabled=False)
        change_settings(actor=actor, values={"password_in_mail": True}, now=clock.now())
    assert AuditEvent.objects.filter(reason="NO_RIGHT_ORG_SETTINGS_WRITE", result="failure").count() == 1


def test_every_setting_stands_in_one_section_with_its_words() -> None:
    shown = [column for _heading, columns in SECTIONS.values() for column in columns]

    assert sorted(shown) == sorted(SETTINGS) == sorted(WORDS)


def test_newer_switch_of_a_colleague_is_not_written_over(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    shown = client.get(URL).context["form"]["shown"].value()
    with within(cast.tenant):
        change_settings(actor=cast.actor("global.admin"), values={"password_in_mail": True}, now=clock.now())

    refused = client.post(SAVE, form(lockout_threshold=20, shown=shown))
    unsaved = Tenant.objects.get(pk=cast.tenant.pk)
    page = refused.context["form"]
    again = client.post(
        SAVE,
        form(
            lockout_threshold=page["lockout_threshold"].value(),
            password_in_mail="on" if page["password_in_mail"].value() else None,
            shown=page["shown"].value(),
        ),
    )

    assert refused.status_code == 409
    text = (
        "Somebody else has changed this since you opened the page: Put the password in the e-mail. Nothing was saved."
    )
    assert text in refused.content.decode()
    assert (unsaved.password_in_mail, unsaved.lockout_threshold) == (True, 10)
    assert again.status_code == 302
    saved = Tenant.objects.get(pk=cast.tenant.pk)
    assert (saved.password_in_mail, saved.lockout_threshold) == (True, 20)


@pytest.mark.parametrize("shown", ["", "nonsense", "step_up_minutes=10", "x" * 3_000])
def test_form_without_what_it_showed_is_not_saved(cast: Cast, shown: str) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(password_in_mail="on", shown=shown))

    assert answer.status_code == 422
    assert not Tenant.objects.get(pk=cast.tenant.pk).password_in_mail


def test_page_says_whom_a_second_factor_would_meet_before_it_is_switched_on(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    holders = len(Role) + 1

    page = client.get(URL).content.decode()
    answer = client.post(SAVE, form(admin_mfa_required="on"))

    assert f"{holders} of {holders} people with a role have no app yet" in page
    assert answer.status_code == 302
    assert client.get(URL)["Location"].startswith("/signin/second-factor")
    (row,) = AuditEvent.objects.filter(activity="Update company", actor_id=cast["global.admin"].pk)
    assert row.targets[0]["modified"] == [{"name": "security.admin_mfa_required", "old": "False", "new": "True"}]
