"""Tests of writing to the audit log."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from adminportal import correlation
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, masked_contact
from adminportal.audit.tags import ACTIVITY_FACTS, ALIASES, Activity, Category, Service, UnknownActivity, activity_named
from adminportal.audit.wording import clean
from adminportal.sealing import Secret
from tests.adminportal.audit_cast import ADA, CONTOSO, KARI_ID, NOON, write

pytestmark = pytest.mark.django_db


def test_entry_is_stored_with_the_facts_of_its_activity_and_request() -> None:
    facts = correlation.RequestFacts(correlation_id=uuid.uuid4(), ip_address="192.0.2.7", user_agent="Browser/1")

    with correlation.bound(facts):
        write(details={"Entrance": "panel"}, reason="asked at the desk")

    row = AuditEvent.objects.get()
    assert (row.service, row.category, row.operation) == ("Core Directory", "UserManagement", "Update")
    assert (row.tenant_id, row.occurred_at, row.result) == (CONTOSO, NOON, "success")
    assert (row.correlation_id, row.ip_address, row.user_agent) == (facts.correlation_id, "192.0.2.7", "Browser/1")
    assert row.subject_id == KARI_ID
    assert row.targets[0]["modified"] == [{"name": "displayName", "old": "Kari N", "new": "Kari Nordmann"}]
    assert row.details == {"Entrance": "panel"}
    assert (row.seq, row.prev_hash, row.row_hash) == (None, "", "")
    assert row.public_id == f"CORE_{row.uid}"


def test_own_correlation_id_of_an_entry_wins() -> None:
    own = uuid.uuid4()

    write(correlation_id=own)

    assert AuditEvent.objects.get().correlation_id == own


def test_rollback_takes_the_rows_with_it() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        write()
        raise RuntimeError

    assert not AuditEvent.objects.exists()


def test_many_entries_cost_one_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1) as spent:  # type: ignore[operator]
        write(10)

    assert spent.captured_queries[0]["sql"].startswith(("COPY", "INSERT"))


@pytest.mark.parametrize("name", ["Reset the password", "reset user password", ""])
def test_unknown_activity_raises_and_writes_nothing(name: str) -> None:
    with pytest.raises(UnknownActivity):
        write(activity=name)

    assert not AuditEvent.objects.exists()


def test_unknown_result_and_unknown_kind_of_actor_raise() -> None:
    stranger = Actor(kind="robot", id=None, display_name="", user_principal_name="")

    with pytest.raises(ValueError, match="maybe"):
        write(result="maybe")
    with pytest.raises(ValueError, match="robot"):
        write(actor=stranger)
    assert not AuditEvent.objects.exists()


def test_secret_never_becomes_a_text_of_a_row() -> None:
    with pytest.raises(TypeError) as refused:
        write(details={"Reason": Secret("Correct-Horse-7")})

    assert "Correct-Horse-7" not in str(refused.value)
    assert not AuditEvent.objects.exists()


def test_control_characters_are_escaped_and_long_texts_cut() -> None:
    write(reason="one\ntwo\x00\u202eeerht\ud800", details={"Reason": "x" * 5_000})

    row = AuditEvent.objects.get()
    assert row.reason == "one\\u000atwo\\u0000\\u202eeerht\\ud800"
    assert len(row.details["Reason"]) == 1_024
    assert row.details["Reason"].endswith("…")
    assert len(clean("\n" * 1_024)) == 1_024
    assert clean("y" * 1_024) == "y" * 1_024


def test_contact_shows_as_mask_and_the_same_digest_however_it_is_typed() -> None:
    number, address = masked_contact("+47 400 00 012"), masked_contact("Kari.N@contoso.example")

    assert number.startswith("+47 ... 12 (hmac ")
    assert "400" not in number.partition("(")[0]
    assert number == masked_contact("+4740000012")
    assert address.startswith("k...@contoso.example (hmac ")
    assert address == masked_contact("kari.n@CONTOSO.example")
    assert address != masked_contact("kari.m@contoso.example")


def test_every_activity_has_facts_and_aliases_find_ours() -> None:
    assert set(ACTIVITY_FACTS) == set(Activity)
    assert len({name.casefold() for name in Activity}) == len(Activity)
    assert activity_named("Reset password") is Activity.RESET_USER_PASSWORD
    assert activity_named("set force change PASSWORD flag") is Activity.SET_FORCE_CHANGE_USER_PASSWORD
    assert activity_named("user started password reset") is Activity.USER_STARTED_PASSWORD_RESET
    for name in ("update POLICY", "Changed delivery settings"):
        assert activity_named(name) is Activity.UPDATE_COMPANY
    assert activity_named("Update StsRefreshTokenValidFrom Timestamp") is Activity.SIGNED_OUT_OF_ALL_SESSIONS
    assert all(activity_named(written) is written for written in set(Activity) - {*ALIASES})
    with pytest.raises(UnknownActivity):
        activity_named("Reset nothing")


def test_activities_stand_where_the_catalogue_puts_them() -> None:
    facts = ACTIVITY_FACTS

    writeback = facts[Activity.ENABLE_PASSWORD_WRITEBACK_FOR_DIRECTORY]
    assert (writeback.service, writeback.category) == (
        Service.SELF_SERVICE_PASSWORD_MANAGEMENT,
        Category.DIRECTORY_MANAGEMENT,
    )
    assert facts[Activity.SIGN_IN_FAILED].category == "SignIn"
    assert facts[Activity.ADD_MEMBER_TO_ROLE].operation == "Assign"
    assert facts[Activity.AUDIT_REDACTED].service == "Password Portal"


def test_actor_without_id_is_kept_by_name() -> None:
    operator = Actor(kind="operator", id=None, display_name="root", user_principal_name="")

    write(tenant_id=None, actor=operator)

    row = AuditEvent.objects.get()
    assert (row.tenant_id, row.actor_id, row.actor_display_name) == (None, None, "root")
    assert ADA.id is not None
