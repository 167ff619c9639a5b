"""Tests of erasing a person: the names go, the chain stays, and nothing else can hide behind it."""

from __future__ import annotations

import json
import uuid

import pytest
from django.core import serializers

from adminportal import correlation
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Target
from adminportal.audit.redact import redact_person
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.verify import verify_chain
from tests.adminportal.audit_cast import ADA, CONTOSO, FABRIKAM, KARI, KARI_ID, NOON, guards_off, write

pytestmark = pytest.mark.django_db
OFFICER = Actor(kind="operator", id=None, display_name="officer", user_principal_name="")


def _redact(user_id: uuid.UUID | None = KARI_ID) -> int:
    assert user_id is not None
    return redact_person(tenant_id=CONTOSO, user_id=user_id, actor=OFFICER, reason="asked for", now=NOON)


def _dump() -> str:
    return serializers.serialize("json", AuditEvent.objects.order_by("pk")).casefold()


def test_erased_person_is_gone_and_the_chain_intact() -> None:
    group = Target(id=uuid.uuid4(), display_name="Night shift", type="Group")
    write(3, details={"Reason": "Kari forgot it", "Entrance": "panel"})
    write(targets=(group, KARI))
    seal_waiting_rows()
    before = list(AuditEvent.objects.order_by("seq").values_list("row_hash", flat=True))

    assert _redact() == 4
    seal_waiting_rows()

    report = verify_chain(tenant_id=CONTOSO, now=NOON)
    assert report.is_intact
    assert report.intact_to == 5
    assert list(AuditEvent.objects.order_by("seq").values_list("row_hash", flat=True))[:4] == before
    assert "kari" not in _dump()
    row = AuditEvent.objects.get(seq=1)
    assert row.details == {"Reason": "[redacted]", "Entrance": "panel"}
    assert row.actor_display_name == "Ada Ærlig"
    assert (row.subject_id, row.salt) == (KARI_ID, "")


def test_erasure_is_a_row_that_names_every_changed_row() -> None:
    write(2)
    seal_waiting_rows()

    _redact()

    note = AuditEvent.objects.get(activity="Audit redacted")
    others = AuditEvent.objects.exclude(pk=note.pk)
    assert {target["id"] for target in note.targets} == {str(row.uid) for row in others}
    assert note.details == {"Reason": "asked for", "Rows": "2"}


def test_two_people_of_one_row_are_erased_one_after_the_other() -> None:
    with correlation.bound(correlation.RequestFacts(uuid.uuid4(), "192.0.2.7", "Browser/1")):
        write()
    seal_waiting_rows()

    assert _redact() == 1
    assert "ærlig" in json.loads(_dump())[0]["fields"]["actor_display_name"]
    assert _redact(ADA.id) == 1

    seal_waiting_rows()
    assert verify_chain(tenant_id=CONTOSO, now=NOON).is_intact
    row = AuditEvent.objects.get(seq=1)
    assert (row.actor_display_name, row.ip_address, row.user_agent) == ("[redacted]",) * 3


def test_second_erasure_of_the_same_person_changes_nothing() -> None:
    write()
    seal_waiting_rows()

    assert (_redact(), _redact()) == (1, 0)
    assert AuditEvent.objects.filter(activity="Audit redacted").count() == 1


def test_rows_that_wait_for_the_sealer_can_be_erased_too() -> None:
    write()

    _redact()
    seal_waiting_rows()

    assert verify_chain(tenant_id=CONTOSO, now=NOON).is_intact


def test_other_tenant_keeps_its_rows() -> None:
    write(tenant_id=FABRIKAM)

    assert _redact() == 0
    assert AuditEvent.objects.get().targets[0]["display_name"] == "Kari Nordmann"


def test_salt_that_led_to_an_erased_value_is_gone() -> None:
    write()
    seal_waiting_rows()

    _redact()

    redaction = AuditEvent.objects.get(seq=1).redaction
    assert "targets.0.display_name" in redaction["digests"]
    assert not set(redaction["digests"]) & set(redaction["salts"])


@pytest.mark.parametrize("text", ["Somebody else", ""])
def test_text_put_where_a_value_was_erased_is_found(text: str) -> None:
    write(2)
    seal_waiting_rows()
    _redact()

    row = AuditEvent.objects.get(seq=1)
    row.targets[0]["display_name"] = text
    with guards_off():
        row.save(update_fields=["targets"])

    assert verify_chain(tenant_id=CONTOSO, now=NOON).broken_seq == 1


def test_erasure_without_its_row_is_found() -> None:
    write(2)
    seal_waiting_rows()
    _redact()

    with guards_off():
        AuditEvent.objects.filter(activity="Audit redacted").delete()

    report = verify_chain(tenant_id=CONTOSO, now=NOON)
    assert not report.is_intact
    assert len(report.redactions_without_record) == 2
