"""Org settings: who sees and who changes the switches of the organisation, and what is kept of a change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.centre.org_settings_form import SECTIONS, WORDS
from tests.cast import Cast, make_cast, signed_in
from tests.contracts.matrix import give
from users.models import Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.people import Refused
from users.services.tenant_settings import (
    SETTINGS,
    NotAllowed,
    NotBetween,
    SourceMissing,
    Value,
    change_settings,
)
from users.support import support_for
from users.tenancy import within

pytestmark = pytest.mark.django_db
URL, SAVE = "/settings/org", "/settings/org/save"
AUTHENTICATION = Role.AUTHENTICATION_POLICY_ADMINISTRATOR


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def form(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "time_zone": "UTC",
        "notify_user_on_admin_reset": "on",
        "fresh_contact_hours": 24,
        "step_up_minutes": 10,
        "trusted_device_days": 30,
        "lockout_threshold": 10,
        "lockout_seconds": 60,
        "lockout_hard_stop": 100,
        "shown": urlencode({column: getattr(Tenant(), column) for column in SETTINGS}, doseq=True),
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def shown_of(page: HttpResponse) -> str:
    return str(page.context["form"]["shown"].value())


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


def test_time_zone_is_told_on_the_next_page_and_an_unknown_one_is_refused(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(freeze_at=datetime(2026, 1, 5, 12, tzinfo=UTC)):
        saved = signed_in(cast["global.admin"]).post(SAVE, form(time_zone="America/St_Johns"))
        page = signed_in(cast["global.admin"]).get("/account").content.decode()
    refused = client.post(SAVE, form(time_zone="Europe/Nowhere"))

    assert saved.status_code == 302 and "08:30" in page
    assert refused.status_code == 422
    with within(cast.tenant), pytest.raises(NotAllowed):
        change_settings(actor=cast.actor("global.admin"), values={"time_zone": "Europe/Nowhere"}, now=clock.now())
    assert Tenant.objects.get(pk=cast.tenant.pk).time_zone == "America/St_Johns"


@pytest.mark.parametrize(("typed", "status"), [(0, 302), (9, 422), (10, 302)])
def test_stop_of_an_account_is_off_or_at_least_ten_failures(cast: Cast, typed: int, status: int) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(lockout_hard_stop=typed))

    assert answer.status_code == status
    assert Tenant.objects.get(pk=cast.tenant.pk).lockout_hard_stop == (typed if status == 302 else 100)


def test_reader_sees_the_settings_and_is_refused_by_post(cast: Cast) -> None:
    client = signed_in(cast["global.reader"])

    page = client.get(URL).content.decode()
    answer = client.post(SAVE, form(password_in_mail="on"))

    assert "Put the password in the email" in page and "Save" not in page
    assert answer.status_code == 403
    assert not Tenant.objects.get(pk=cast.tenant.pk).password_in_mail


def test_helpdesk_administrator_does_not_see_the_settings(cast: Cast) -> None:
    assert signed_in(cast["helpdesk.admin"]).get(URL).status_code == 403


LOCKOUT = {"lockout_threshold": 20, "lockout_seconds": 90, "lockout_hard_stop": 0}


def test_authentication_policy_administrator_sees_and_changes_the_lockout_alone(cast: Cast) -> None:
    client = signed_in(cast["authentication.policy.admin"])

    page = client.get(URL)
    saved = client.post(SAVE, form(**LOCKOUT, password_in_mail="on", step_up_minutes=0, shown=shown_of(page)))

    text = page.content.decode()
    assert "Wrong passwords before an account locks" in text and ">Save<" in text
    assert page.context["form"].fields.keys() == {"shown", *LOCKOUT}
    assert not any(column in text for column in SETTINGS if column not in LOCKOUT)
    assert saved.status_code == 302
    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert {column: getattr(tenant, column) for column in LOCKOUT} == LOCKOUT
    assert (tenant.password_in_mail, tenant.step_up_minutes) == (False, 10)


def test_administrator_of_the_lockout_changes_nothing_else_by_the_service_either(cast: Cast) -> None:
    actor = cast.actor("authentication.policy.admin")

    for column in SETTINGS.keys() - LOCKOUT.keys():
        with within(cast.tenant), pytest.raises(Refused) as refused:
            value = getattr(Tenant(), column)
            change_settings(actor=actor, values={**LOCKOUT, column: value}, now=clock.now())
        assert refused.value.decision.code == "NO_RIGHT_ORG_SETTINGS_WRITE"
    assert Tenant.objects.get(pk=cast.tenant.pk).lockout_threshold == 10


def test_proof_is_asked_of_whoever_changes_the_lockout(cast: Cast) -> None:
    client = signed_in(cast["authentication.policy.admin"])
    shown = shown_of(client.get(URL))

    with clock.travel(timedelta(minutes=11)):
        asked, refused = client.get(URL), client.post(SAVE, form(**LOCKOUT, shown=shown))

    assert asked.status_code == 302 and asked["Location"].startswith(reverse("users:confirm"))
    assert refused.status_code == 400
    assert Tenant.objects.get(pk=cast.tenant.pk).lockout_threshold == 10


def test_reader_who_changes_the_lockout_reads_all_and_changes_no_more(cast: Cast) -> None:
    with within(cast.tenant):
        give(cast, cast["global.reader"], TEMPLATE_IDS[Role.AUTHENTICATION_POLICY_ADMINISTRATOR])
    client = signed_in(cast["global.reader"])

    page = client.get(URL)
    client.post(SAVE, form(**LOCKOUT, password_in_mail="on", shown=shown_of(page)))

    fields = page.context["form"].fields
    assert {column for column in SETTINGS if not fields[column].disabled} == LOCKOUT.keys()
    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert (tenant.lockout_threshold, tenant.password_in_mail) == (20, False)


@pytest.mark.parametrize("who", [role for role in Role if role not in (Role.GLOBAL_ADMINISTRATOR, AUTHENTICATION)])
def test_no_other_role_changes_the_lockout(cast: Cast, who: Role) -> None:
    local = who.value.lower().replace("administrator", "admin").replace(" ", ".")

    answer = signed_in(cast[local]).post(SAVE, form(**LOCKOUT))

    assert answer.status_code == 403
    assert Tenant.objects.get(pk=cast.tenant.pk).lockout_threshold == 10


def test_search_finds_of_the_settings_what_its_reader_may_see(cast: Cast) -> None:
    for who, expected in (("authentication.policy.admin", False), ("global.reader", True)):
        client = signed_in(cast[who])
        assert "#section-lockout" in client.get("/search?q=lockout").content.decode()
        assert ("#section-region" in client.get("/search?q=time+zone").content.decode()) is expected


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


MANAGED: dict[str, object] = {
    "managed_contacts": ["office_phone", "alternate_email"],
    "managed_by": " HR  system ",
    "managed_contact": "people@contoso.example",
}


def test_contact_data_looked_after_elsewhere_is_locked_for_its_owner_and_audited(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(**MANAGED))
    account = signed_in(cast["adele.vance"]).get("/account").content.decode()

    assert answer.status_code == 302
    assert Tenant.objects.get(pk=cast.tenant.pk).managed_contacts == ["alternate_email", "office_phone"]
    assert "Looked after by HR system." in account and "Ask people@contoso.example to change it." in account
    (row,) = AuditEvent.objects.filter(activity="Update company", actor_id=cast["global.admin"].pk)
    assert row.targets[0]["modified"] == [
        {"name": "contacts.managed", "old": "", "new": "alternate_email, office_phone"},
        {"name": "contacts.managed_by", "old": "", "new": "HR system"},
        {"name": "contacts.managed_contact", "old": "", "new": "people@contoso.example"},
    ]


def test_page_comes_back_with_what_is_looked_after_and_saves_it_unchanged(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    client.post(SAVE, form(**MANAGED))

    page = client.get(URL).context["form"]
    drawn = {column: page[column].value() for column in (*MANAGED, "shown")}
    unticked = client.post(SAVE, form(**drawn | {"managed_contacts": []}))

    assert drawn["managed_contacts"] == ["alternate_email", "office_phone"]
    assert unticked.status_code == 302
    rows = AuditEvent.objects.filter(activity="Update company", actor_id=cast["global.admin"].pk).order_by("pk")
    assert rows[1].targets[0]["modified"] == [
        {"name": "contacts.managed", "old": "alternate_email, office_phone", "new": ""}
    ]


def test_ticked_contact_data_asks_for_its_source(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(**MANAGED | {"managed_by": " "}, password_in_mail="on"))
    actor = cast.actor("global.admin")

    assert answer.status_code == 422
    assert "Write who looks after what is ticked." in answer.content.decode()
    with within(cast.tenant):
        with pytest.raises(SourceMissing):
            change_settings(actor=actor, values={"managed_contacts": ["mobile_phone"]}, now=clock.now())
        change_settings(actor=actor, values={"managed_contacts": ["mobile_phone"], "managed_by": "IT"}, now=clock.now())
        with pytest.raises(SourceMissing):
            change_settings(actor=actor, values={"managed_by": "\n"}, now=clock.now())
    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert (tenant.managed_contacts, tenant.managed_by, tenant.password_in_mail) == (["mobile_phone"], "IT", False)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"managed_contacts": ["salary"], "managed_by": "HR"}, NotAllowed),
        ({"managed_by": "x" * 129}, NotBetween),
        ({"managed_contact": "x" * 255}, NotBetween),
        ({"support_url": "http://help.contoso.example"}, NotAllowed),
        ({"support_url": "javascript:alert(1)"}, NotAllowed),
        ({"support_contact": "https://help.contoso.example"}, NotAllowed),
        ({"support_contact": "the help desk"}, NotAllowed),
        ({"support_contact": "help@contoso.example, more@contoso.example"}, NotAllowed),
        ({"support_contact": f"help@{'x' * 250}.example"}, NotBetween),
        ({"support_url": f"https://help.contoso.example/{'x' * 254}"}, NotBetween),
    ],
)
def test_words_that_no_setting_takes_are_refused_by_page_and_service(
    cast: Cast, values: dict[str, Any], fault: type[Exception]
) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(**values, password_in_mail="on"))

    assert answer.status_code == 422
    assert set(values) & set(answer.context["form"].errors)
    with within(cast.tenant), pytest.raises(fault):
        change_settings(actor=cast.actor("global.admin"), values=values, now=clock.now())
    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert not (tenant.password_in_mail or tenant.managed_contacts or tenant.managed_by)
    assert not (tenant.support_url or tenant.support_contact)


def test_support_page_is_linked_for_strangers(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(support_url="https://help.contoso.example/portal"))
    support = support_for("contoso.example")

    assert answer.status_code == 302
    assert support is not None and support.page_url == "https://help.contoso.example/portal"


@pytest.mark.parametrize(
    ("typed", "contact", "mail_url"),
    [
        (" help@contoso.example ", "help@contoso.example", "mailto:help@contoso.example"),
        ("+1 202  555 0188", "+1 202 555 0188", ""),
        ("0188 ext. 12", "0188 ext. 12", ""),
    ],
)
def test_support_contact_is_shown_to_strangers_and_audited(cast: Cast, typed: str, contact: str, mail_url: str) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(support_contact=typed))
    support = support_for("contoso.example")

    assert answer.status_code == 302
    assert support is not None and (support.contact, support.mail_url) == (contact, mail_url)
    (row,) = AuditEvent.objects.filter(activity="Update company", actor_id=cast["global.admin"].pk)
    assert row.targets[0]["modified"] == [{"name": "support.contact", "old": "", "new": contact}]


def test_newer_words_of_a_colleague_are_not_written_over(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    shown = client.get(URL).context["form"]["shown"].value()
    theirs: dict[str, Value] = {
        "managed_contacts": ["mobile_phone"],
        "managed_by": "Løn & HR=1",
        "managed_contact": "+1 202 555 0142",
    }
    with within(cast.tenant):
        change_settings(actor=cast.actor("global.admin"), values=theirs, now=clock.now())

    refused = client.post(SAVE, form(**MANAGED, shown=shown))
    page = refused.context["form"]
    drawn = {column: page[column].value() for column in (*theirs, "shown")}
    again = client.post(SAVE, form(**drawn, password_in_mail="on"))

    assert refused.status_code == 409
    assert "Looked after by HR or IT, Source, such as HR system, Whom to ask." in refused.content.decode()
    assert {column: drawn[column] for column in theirs} == theirs
    assert again.status_code == 302
    tenant = Tenant.objects.get(pk=cast.tenant.pk)
    assert (tenant.managed_by, tenant.password_in_mail) == ("Løn & HR=1", True)


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
    text = "Somebody else has changed this since you opened the page: Put the password in the email. Nothing was saved."
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
