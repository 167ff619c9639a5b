"""Tests of sealing, checkpoints and verification: every way to tamper is found."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django import Settings

from adminportal import clock
from adminportal.audit import checkpoints, tenants
from adminportal.audit.canonical import GENESIS, canonical
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.verify import ChainReport, verify_chain
from tests.adminportal.audit_cast import CONTOSO, FABRIKAM, NOON, guards_off, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR, settings.AUDIT_KEY = tmp_path, ""
    return tmp_path


def _sealed(count: int = 5) -> None:
    write(count)
    assert seal_waiting_rows() == count


def _report(tenant_id: UUID | None = CONTOSO) -> ChainReport:
    return verify_chain(tenant_id=tenant_id, now=NOON)


def _command(*words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", *words, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_each_tenant_and_the_installation_has_a_chain_without_gaps() -> None:
    for tenant_id in (CONTOSO, FABRIKAM, None, CONTOSO, None, CONTOSO):
        write(tenant_id=tenant_id)

    assert seal_waiting_rows() == 6

    for tenant_id, length in ((CONTOSO, 3), (FABRIKAM, 1), (None, 2)):
        rows = list(AuditEvent.objects.filter(tenant_id=tenant_id).order_by("pk"))
        assert [row.seq for row in rows] == list(range(1, length + 1))
        assert [row.prev_hash for row in rows] == [GENESIS, *(row.row_hash for row in rows[:-1])]
        assert _report(tenant_id).is_intact
    assert seal_waiting_rows() == 0


def test_hash_is_sha256_of_the_hash_before_and_the_canonical_row() -> None:
    _sealed(2)

    row = AuditEvent.objects.get(seq=2)
    body = canonical(row, seq=2)
    assert row.row_hash == hashlib.sha256(bytes.fromhex(row.prev_hash) + body).hexdigest()
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert json.loads(body)["occurred_at"] == "2031-05-04T12:00:00.000000Z"


def test_personal_values_enter_the_hash_as_digests_only() -> None:
    _sealed(2)

    first, second = AuditEvent.objects.order_by("seq")
    body = canonical(first, seq=1).decode()
    assert "Kari" not in body
    assert "ada@contoso.example" not in body
    digests = json.loads(body)["personal"], json.loads(canonical(second, seq=2))["personal"]
    assert digests[0].keys() == digests[1].keys()
    assert not set(digests[0].values()) & set(digests[1].values())


def test_rows_sealed_in_several_goes_make_one_chain() -> None:
    for _ in range(3):
        _sealed(2)

    assert _report().intact_to == 6


def test_waiting_rows_are_counted_with_the_age_of_the_oldest() -> None:
    _sealed(2)
    write(now=NOON - timedelta(seconds=40))
    write(now=NOON - timedelta(seconds=10))

    report = _report()

    assert (report.sealed, report.not_sealed, report.oldest_not_sealed_seconds) == (2, 2, 40.0)
    assert report.is_intact


@pytest.mark.parametrize(
    "change",
    [
        {"result": "failure"},
        {"actor_display_name": "Somebody else"},
        {"occurred_at": NOON - timedelta(days=1)},
        {"details": {"Reason": "added later"}},
        {"targets": []},
        {"targets": [{"id": None}]},
        {"subject_id": None},
        {"salt": "00" * 16},
        {"ip_address": "192.0.2.99"},
        {"row_hash": "ab" * 32},
    ],
    ids=lambda change: "-".join(change),
)
def test_edited_row_is_named(change: dict[str, object]) -> None:
    _sealed()

    with guards_off():
        AuditEvent.objects.filter(seq=3).update(**change)

    report = _report()
    assert not report.is_intact
    assert (report.intact_to, report.broken_seq) == (2, 3)
    assert report.broken_id == AuditEvent.objects.get(seq=3).public_id


def test_removed_row_is_named_and_counted() -> None:
    _sealed()

    with guards_off():
        AuditEvent.objects.filter(seq__in=[2, 3]).delete()

    report = _report()
    assert (report.intact_to, report.broken_seq, report.missing) == (1, 4, 2)


def test_rows_removed_at_the_front_are_missed() -> None:
    _sealed()

    with guards_off():
        AuditEvent.objects.filter(seq__lte=2).delete()

    report = _report()
    assert (report.intact_to, report.missing, report.is_intact) == (0, 2, False)


def test_rows_that_changed_places_are_found() -> None:
    _sealed()

    with guards_off():
        AuditEvent.objects.filter(seq=2).update(seq=99)
        AuditEvent.objects.filter(seq=3).update(seq=2)
        AuditEvent.objects.filter(seq=99).update(seq=3)

    report = _report()
    assert (report.intact_to, report.broken_seq) == (1, 2)


def test_rows_cut_off_behind_a_checkpoint_are_missed() -> None:
    _sealed()
    checkpoints.sign_all(now=NOON)

    with guards_off():
        AuditEvent.objects.filter(seq__gte=4).delete()

    report = _report()
    assert (report.intact_to, report.broken_seq, report.missing) == (3, 4, 2)
    assert not report.is_intact


def test_cut_off_rows_stay_missed_after_the_chain_went_on() -> None:
    _sealed()
    checkpoints.sign_all(now=NOON)
    with guards_off():
        AuditEvent.objects.filter(seq__gte=4).delete()

    _sealed(1)

    report = _report()
    assert (report.missing, report.is_intact) == (2, False)


def test_chain_rebuilt_from_the_start_contradicts_the_checkpoint() -> None:
    _sealed()
    checkpoints.sign_all(now=NOON)
    with guards_off():
        AuditEvent.objects.filter(seq=2).update(result="failure")
        AuditEvent.objects.update(seq=None, prev_hash="", row_hash="")
        points = list(AuditCheckpoint.objects.all())
        AuditCheckpoint.objects.all().delete()
        seal_waiting_rows()
        AuditCheckpoint.objects.bulk_create(points)

    report = _report()

    assert report.broken == ""
    assert len(report.checkpoint_mismatches) == 1
    assert not report.is_intact


def test_checkpoint_that_we_did_not_sign_is_a_mismatch() -> None:
    _sealed()
    checkpoints.sign_all(now=NOON)

    with guards_off():
        AuditCheckpoint.objects.update(seq=4)

    assert "not signed by our key" in _report().checkpoint_mismatches[0]


def test_checkpoint_holds_under_the_public_key_that_is_shown() -> None:
    _sealed()

    assert checkpoints.sign_all(now=NOON) == 1
    assert checkpoints.sign_all(now=NOON) == 0

    point = AuditCheckpoint.objects.get()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(_command("--public-key")[1]))
    key.verify(base64.b64decode(point.signature), checkpoints.statement(point))
    assert (point.seq, point.row_hash) == (5, AuditEvent.objects.get(seq=5).row_hash)


def test_key_is_made_once_and_only_its_owner_reads_it(var_dir: Path) -> None:
    first = checkpoints.public_key()

    file = var_dir / "audit-checkpoint.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert checkpoints.public_key() == first
    assert list(var_dir.iterdir()) == [file]


def test_key_of_the_environment_is_used_and_a_wrong_one_refused(settings: Settings, var_dir: Path) -> None:
    settings.AUDIT_KEY = base64.b64encode(bytes(range(32))).decode()
    own = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()

    assert checkpoints.public_key() == base64.b64encode(own).decode()
    assert not list(var_dir.iterdir())

    settings.AUDIT_KEY = "not a key"
    with pytest.raises(ImproperlyConfigured, match="32 bytes"):
        checkpoints.public_key()


def test_command_says_intact_with_exit_code_0_and_leaves_a_row() -> None:
    _sealed(3)

    code, text = _command("--tenant", str(CONTOSO))

    assert code == 0
    assert "intact to row 3" in text
    assert AuditEvent.objects.filter(activity="Verified audit chain", tenant_id=CONTOSO, seq=None).count() == 1


def test_command_says_broken_with_exit_code_1() -> None:
    _sealed(3)
    with guards_off():
        AuditEvent.objects.filter(seq=2).update(reason="forged")

    code, text = _command("--tenant", str(CONTOSO), "--json")

    chain = json.loads(text)["chains"][0]
    assert code == 1
    assert (chain["is_intact"], chain["intact_to"], chain["broken_seq"]) == (False, 1, 2)
    assert AuditEvent.objects.get(activity="Verified audit chain").result == "failure"


@pytest.mark.parametrize(
    "words", [[], ["--installation", "--all"], ["--tenant", "nobody.example"], ["--tenant", str(FABRIKAM)]]
)
def test_command_used_wrongly_says_so_with_exit_code_2(words: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("verify_audit", *words)

    # Django's own parser ends with 2 on a command line, and raises inside a process.
    assert refused.value.returncode == 2 or "argument" in str(refused.value)
    assert not AuditEvent.objects.exists()


def test_command_with_an_unreadable_key_verifies_nothing(settings: Settings) -> None:
    settings.AUDIT_KEY = "not a key"

    with pytest.raises(CommandError, match="32 bytes in Base64") as refused:
        call_command("verify_audit", "--installation")

    assert refused.value.returncode == 2
    assert not AuditEvent.objects.exists()


def test_command_knows_tenants_by_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenants, "_lookup", None)
    tenants.register_tenant_lookup({"contoso.example": CONTOSO}.get)
    _sealed(3)

    assert "intact to row 3" in _command("--tenant", "contoso.example")[1]


def test_command_signs_on_demand_only_what_is_intact() -> None:
    write(3)
    with clock.travel(freeze_at=NOON):
        assert _command("--all", "--checkpoint")[0] == 0
    assert AuditCheckpoint.objects.get().seq == 3

    assert seal_waiting_rows() == 1
    with guards_off():
        AuditEvent.objects.filter(seq=1).update(reason="forged")
    assert _command("--all", "--checkpoint")[0] == 1
    assert AuditCheckpoint.objects.count() == 1
