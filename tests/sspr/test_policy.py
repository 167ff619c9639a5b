"""Changing the settings of self-service: who may, what can be, what is kept of it, and what is not written over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.models import Gate, Reach, SsprPolicy
from sspr.policy_settings import OFFERED_GATES, SETTINGS, Blade, columns_of, is_link
from sspr.rules import policy_of
from sspr.services.policy import LockOutNotConfirmed, SettingsChanged, SettingsRefused, change_policy
from sspr.settings_words import BLADE_NAMES, FAULTS, WORDS
from tests.cast import Cast, make_cast
from tests.sspr.self_service import policy_for
from users.models import Group
from users.roles import Role
from users.services.groups import delete_group
from users.services.people import Refused
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
CHANGES = "Self-service password reset policy changes"
ALLOWED = ("global.admin", "authentication.policy.admin")
EMAIL, SMS, APP, QUESTIONS = Gate.EMAIL.value, Gate.MOBILE_SMS.value, Gate.APP.value, Gate.QUESTIONS.value


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def change(cast: Cast, *, who: str = "global.admin", accepted: int = 0, version: int = 0, **values: Any) -> list[str]:
    with within(cast.tenant):
        return change_policy(
            actor=cast.actor(who),
            values=values,
            version=version or policy_of(cast.tenant).version,
            accepted=accepted,
            now=clock.now(),
        )


@pytest.mark.parametrize("who", ALLOWED)
def test_change_is_stored_with_its_old_and_new_values_in_the_audit_log(cast: Cast, who: str) -> None:
    changed = change(cast, who=who, reach=Reach.ALL.value, reconfirm_days=90)

    policy = SsprPolicy.objects.get(tenant=cast.tenant)
    assert sorted(changed) == ["reach", "reconfirm_days"]
    assert (policy.reach, policy.reconfirm_days, policy.version) == (Reach.ALL, 90, 2)
    (row,) = AuditEvent.objects.filter(activity=CHANGES, actor_id=cast[who].pk)
    assert row.result == "success"
    assert row.targets[0]["modified"] == [
        {"name": "sspr.enabled", "old": "none", "new": "all"},
        {"name": "sspr.reconfirm_days", "old": "180", "new": "90"},
    ]


@pytest.mark.parametrize(
    "role",
    [role for role in Role if role.value.lower().replace("administrator", "admin").replace(" ", ".") not in ALLOWED],
)
def test_every_other_role_is_refused_and_the_refusal_is_kept(cast: Cast, role: Role) -> None:
    who = role.value.lower().replace("administrator", "admin").replace(" ", ".")

    with pytest.raises(Refused) as refusal:
        change(cast, who=who, reach=Reach.ALL.value)

    assert refusal.value.decision.code == "NO_RIGHT_SSPR_SETTINGS_WRITE"
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()
    (row,) = AuditEvent.objects.filter(activity=CHANGES)
    assert (row.result, row.reason) == ("failure", "NO_RIGHT_SSPR_SETTINGS_WRITE")


def test_proof_that_is_too_old_changes_nothing(cast: Cast) -> None:
    actor = cast.actor("global.admin")

    with within(cast.tenant), pytest.raises(Refused) as refusal:
        change_policy(
            actor=actor, values={"reach": Reach.ALL.value}, version=1, now=clock.now() + timedelta(minutes=11)
        )

    assert refusal.value.decision.code == "RESET_STEP_UP"
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


def test_colleagues_newer_change_is_not_written_over(cast: Cast) -> None:
    change(cast, reconfirm_days=90)

    with pytest.raises(SettingsChanged):
        change(cast, version=1, reconfirm_days=30)

    assert SsprPolicy.objects.get(tenant=cast.tenant).reconfirm_days == 90


def test_saving_what_is_there_already_writes_nothing(cast: Cast) -> None:
    assert change(cast, reconfirm_days=180) == []
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()
    assert not AuditEvent.objects.filter(activity=CHANGES).exists()


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"reach": "some"}, "reach", "range"),
    ({"reach": Reach.SELECTED.value}, "group_id", "no_group"),
    ({"gates": []}, "gates", "no_method"),
    ({"gates": [APP]}, "gates", "app_needs_one"),
    ({"gates": [APP, EMAIL], "gates_required": 2}, "gates", "app_needs_two"),
    ({"gates": [EMAIL], "gates_required": 2}, "gates", "too_few"),
    ({"gates": [QUESTIONS]}, "gates", "questions_alone"),
    ({"gates": ["push"]}, "gates", "range"),
    ({"gates": [EMAIL, EMAIL]}, "gates", "range"),
    ({"gates": [EMAIL, Gate.RECOVERY_CODE.value]}, "gates", "range"),
    ({"gates": [EMAIL, Gate.OFFICE_VOICE.value]}, "gates", "no_voice"),
    ({"gates_required": 3}, "gates_required", "range"),
    ({"gates_required": 0}, "gates_required", "range"),
    ({"gates_required": True}, "gates_required", "range"),
    ({"questions_to_register": 3, "questions_to_reset": 4}, "questions_to_reset", "more_than_registered"),
    ({"questions_to_register": 2}, "questions_to_register", "range"),
    ({"questions_to_register": 6}, "questions_to_register", "range"),
    ({"reconfirm_days": 731}, "reconfirm_days", "range"),
    ({"reconfirm_days": -1}, "reconfirm_days", "range"),
    ({"sms_countries": ["NO", "XX"]}, "sms_countries", "country"),
    ({"code_minutes": 1}, "code_minutes", "range"),
    ({"code_minutes": 11}, "code_minutes", "range"),
    ({"customize_helpdesk": True}, "helpdesk_link", "no_link"),
    ({"customize_helpdesk": True, "helpdesk_link": "http://help.example/"}, "helpdesk_link", "link"),
]


@pytest.mark.parametrize(
    ("values", "column", "code"), REFUSED, ids=[f"{each[1]}-{each[2]}-{n}" for n, each in enumerate(REFUSED)]
)
def test_setting_that_cannot_be_is_named_and_nothing_is_changed(
    cast: Cast, values: dict[str, Any], column: str, code: str
) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        change(cast, **values)

    assert refusal.value.faults == {column: code}
    assert code in FAULTS
    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"gates": [APP, EMAIL]},
        {"gates": [EMAIL]},
        {"gates": [APP, EMAIL, SMS], "gates_required": 2},
        {"gates": [QUESTIONS], "questions_alone": True},
        {"questions_to_register": 3, "questions_to_reset": 3},
        {"reconfirm_days": 0},
        {"reconfirm_days": 730},
        {"sms_countries": ["DK", "NO", "SE"]},
        {"customize_helpdesk": True, "helpdesk_link": "help@contoso.example"},
        {"customize_helpdesk": True, "helpdesk_link": "https://help.contoso.example/reset?from=portal"},
    ],
    ids=str,
)
def test_setting_at_the_border_is_taken(cast: Cast, values: dict[str, Any]) -> None:
    assert change(cast, **values)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://",
        "https://somebody:secret@help.example/",
        "//help.example",
        "https://help.example/ now",
        'https://help.example/"onclick=',
        "https://help.example:99999/",
        "help",
        "@",
        "mailto:help@contoso.example",
    ],
)
def test_what_is_no_address_is_no_helpdesk(text: str) -> None:
    assert not is_link(text)


def test_method_whose_channel_went_away_stays_ticked_and_counts_for_nothing(cast: Cast, settings: Settings) -> None:
    policy_for(cast, gates=[SMS, APP])
    settings.SMS_CHANNEL_URL = ""

    with pytest.raises(SettingsRefused) as refusal:
        change(cast, reconfirm_days=90)
    change(cast, gates=[SMS, APP, EMAIL])

    assert refusal.value.faults == {"gates": "app_needs_one"}
    assert SsprPolicy.objects.get(tenant=cast.tenant).gates == [SMS, APP, EMAIL]


def test_group_of_another_tenant_does_not_exist(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        foreign = Group.objects.get(name="Break glass")

    for group_id in (foreign.pk, uuid4()):
        with pytest.raises(SettingsRefused) as refusal:
            change(cast, reach=Reach.SELECTED.value, group_id=group_id)
        assert refusal.value.faults == {"group_id": "no_such_group"}


def test_group_is_kept_by_name_in_the_audit_log_and_dropped_with_selected(cast: Cast) -> None:
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())

    change(cast, reach=Reach.SELECTED.value, group_id=pilot.pk)
    change(cast, reach=Reach.ALL.value, group_id=pilot.pk)

    first, second = AuditEvent.objects.filter(activity=CHANGES).order_by("pk")
    assert {"name": "sspr.group", "old": "", "new": "Pilot"} in first.targets[0]["modified"]
    assert {"name": "sspr.group", "old": "Pilot", "new": ""} in second.targets[0]["modified"]
    assert SsprPolicy.objects.get(tenant=cast.tenant).group_id is None


def test_group_that_decides_who_may_reset_cannot_be_deleted(cast: Cast) -> None:
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())
        policy_for(cast, reach=Reach.SELECTED, group=pilot)

        with pytest.raises(Refused) as refusal:
            delete_group(actor=cast.actor("global.admin"), group_id=pilot.pk, now=clock.now())

        assert refusal.value.decision.code == "GROUP_IN_USE"
        assert Group.objects.filter(pk=pilot.pk).exists()
        policy_for(cast, reach=Reach.ALL)
        delete_group(actor=cast.actor("global.admin"), group_id=pilot.pk, now=clock.now())
        assert not Group.objects.filter(pk=pilot.pk).exists()


def test_administrator_who_lost_the_role_meanwhile_changes_nothing(cast: Cast) -> None:
    actor = cast.actor("global.admin")
    with within(cast.tenant):
        type(actor.user).objects.filter(pk=actor.id).update(account_enabled=False)

        with pytest.raises(Refused):
            change_policy(actor=actor, values={"reach": Reach.ALL.value}, version=1, now=clock.now())

    assert not SsprPolicy.objects.filter(tenant=cast.tenant).exists()


def test_change_that_locks_people_out_waits_for_their_number(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)  # adele has an alternate address and a mobile phone, nobody else has anything

    with pytest.raises(LockOutNotConfirmed) as missing:
        change(cast, gates=[APP, QUESTIONS])
    with pytest.raises(LockOutNotConfirmed):
        change(cast, accepted=missing.value.lock_out.count + 1, gates=[APP, QUESTIONS])
    assert SsprPolicy.objects.get(tenant=cast.tenant).version == 1
    change(cast, accepted=missing.value.lock_out.count, gates=[APP, QUESTIONS])

    assert missing.value.lock_out.people == (cast["adele.vance"],)
    assert SsprPolicy.objects.get(tenant=cast.tenant).gates == [APP, QUESTIONS]
    (row,) = AuditEvent.objects.filter(activity=CHANGES, result="success")
    assert row.details["LeftUnableToReset"] == "1"


def test_every_setting_has_words_and_stands_on_one_blade() -> None:
    assert sorted(WORDS) == sorted(SETTINGS)
    assert sorted(column for blade in Blade for column in columns_of(blade)) == sorted(SETTINGS)
    assert set(BLADE_NAMES) == set(Blade)
    assert Gate.RECOVERY_CODE not in OFFERED_GATES
