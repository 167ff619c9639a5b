"""Tests that an export says of itself, far from the portal, whether it was changed."""

from __future__ import annotations

import hmac
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from adminportal.audit import verify_export
from adminportal.audit.checkpoints import public_key, sign_all
from adminportal.audit.export_json import checkpoint_document, export_json
from adminportal.audit.models import AuditEvent
from adminportal.audit.redact import redact_person
from adminportal.audit.retention import remove_old_rows
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.selectors import Filter
from adminportal.audit.tags import Activity, Result
from tests.adminportal.audit_cast import ADA, CONTOSO, FABRIKAM, KARI_ID, NOON, write

pytestmark = pytest.mark.django_db
Change = Callable[[list[dict[str, Any]]], object]


@pytest.fixture(autouse=True)
def _var_dir(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"


def _sealed(count: int = 1, **parts: Any) -> None:
    write(count, **parts)
    seal_waiting_rows()


def _signed(count: int = 4) -> None:
    write(count - 1, details={"Reason": "låst ute", "Entrance": "panel"})
    _sealed(1, result=Result.FAILURE, reason="no right")
    sign_all(now=NOON)


EVERYTHING = Filter()


def _lines(matching: Filter = EVERYTHING) -> list[str]:
    return "".join(export_json(tenant_id=CONTOSO, matching=matching, actor=ADA, now=NOON)).splitlines()


def _verify(folder: Path, lines: list[str], *more: str, key: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script as an auditor does: copied out, in a process that knows nothing of the portal."""
    outside = folder / "auditor"
    outside.mkdir(exist_ok=True)
    shutil.copy(verify_export.__file__, outside / "verify_export.py")
    (outside / "audit.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-I", "verify_export.py", "audit.jsonl", "--key", key or public_key(), *more]
    return subprocess.run(command, cwd=outside, env={}, capture_output=True, text=True, check=False)


def test_export_as_it_came_is_intact(tmp_path: Path) -> None:
    _signed(4)
    write(2)

    done = _verify(tmp_path, _lines())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "intact to row 4" in done.stdout
    # Two were waiting; the row of the export itself came later.
    assert "sealed rows: 4, not yet sealed: 2, missing: 0" in done.stdout
    assert "checkpoints: 1, mismatches: 0" in done.stdout


def _in_record(change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(bodies: list[dict[str, Any]]) -> None:
        change(next(body for body in bodies if body.get("portal", {}).get("seq") == 2))

    return apply


PROPERTY = {"displayName": "displayName", "oldValue": "forged", "newValue": "forged"}
CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "result": lambda row: row.update(result="failure"),
    "reason": lambda row: row.update(resultReason="forged"),
    "time": lambda row: row.update(activityDateTime="2030-01-01T00:00:00.0000000Z"),
    "seventh digit": lambda row: row.update(activityDateTime="2031-05-04T12:00:00.0000001Z"),
    "activity": lambda row: row.update(activityDisplayName="Add user"),
    "service": lambda row: row.update(loggedByService="Password Portal", id=f"PORTAL_{row['id'][5:]}"),
    "prefix": lambda row: row.update(id=f"PORTAL_{row['id'][5:]}"),
    "correlation": lambda row: row.update(correlationId=str(KARI_ID)),
    "operation": lambda row: row.update(operationType="Delete"),
    "category": lambda row: row.update(category="Policy"),
    "browser": lambda row: row.update(userAgent="forged"),
    "actor": lambda row: row["initiatedBy"]["user"].update(displayName="Somebody Else"),
    "actor id": lambda row: row["initiatedBy"]["user"].update(id=str(KARI_ID)),
    "second actor": lambda row: row["initiatedBy"].update(app={"displayName": "forged"}),
    "address": lambda row: row["initiatedBy"]["user"].update(ipAddress="203.0.113.7"),
    "target": lambda row: row["targetResources"][0].update(userPrincipalName="other@contoso.example"),
    "target group": lambda row: row["targetResources"][0].update(groupType="forged"),
    "second target": lambda row: row["targetResources"].append(dict(row["targetResources"][0])),
    "change": lambda row: row["targetResources"][0]["modifiedProperties"].append(PROPERTY),
    "old value": lambda row: row["targetResources"][0]["modifiedProperties"][0].update(oldValue="forged"),
    "detail": lambda row: row["additionalDetails"][1].update(value="forged"),
    "detail twice": lambda row: row["additionalDetails"].insert(0, {"key": "Reason", "value": "forged"}),
    "detail gone": lambda row: row["additionalDetails"].clear(),
    "more": lambda row: row.update(note="forged"),
    "subject": lambda row: row["portal"].update(subjectId=None),
    "kind": lambda row: row["portal"].update(actorKind="operator"),
    "erased without digest": lambda row: row.update(resultReason="[redacted]"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_row_that_was_changed_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    _signed(4)
    bodies = [json.loads(line) for line in _lines()]
    _in_record(change)(bodies)

    chains: dict[str, verify_export.Chain] = {}
    key = verify_export.read_key(public_key())
    for number, body in enumerate(bodies, start=1):
        verify_export.take_line(chains, number, json.dumps(body), key)
    for chain in chains.values():
        verify_export.walk(chain)

    assert not all(chain.is_intact for chain in chains.values())
    assert chains[f"of tenant {CONTOSO}"].intact_to == 1


def _drop(*seqs: int) -> Change:
    return lambda bodies: bodies.__setitem__(
        slice(None), [body for body in bodies if body.get("portal", {}).get("seq") not in seqs]
    )


def _forge_point(bodies: list[dict[str, Any]]) -> None:
    next(body for body in bodies if "portalCheckpoint" in body)["portalCheckpoint"]["rowHash"] = "0" * 64


def _erase(bodies: list[dict[str, Any]]) -> None:
    """Blank the target of row 2 as the portal would, keeping the digest, but without the row that tells of it."""
    row = next(body for body in bodies if body.get("portal", {}).get("seq") == 2)
    portal, target = row["portal"], row["targetResources"][0]
    path = "targets.0.display_name"
    values = dict(verify_export._personal(row, verify_export._initiator(row)))
    salts = {name: hmac.digest(bytes.fromhex(portal["salt"]), name.encode(), "sha256") for name in values}
    digest = hmac.digest(salts[path], target["displayName"].encode(), "sha256").hex()
    kept = {name: salt.hex() for name, salt in salts.items() if name != path}
    portal.update(salt="", redaction={"digests": {path: digest}, "salts": kept})
    target["displayName"] = "[redacted]"


def _rehash(bodies: list[dict[str, Any]]) -> None:
    """Change row 3 and everything behind it so that the chain fits again, as one with the code but no key could."""
    before = ""
    for body in bodies:
        portal = body.get("portal", {})
        if (portal.get("seq") or 0) < 3:
            before = portal.get("rowHash", before)
            continue
        body["resultReason"] = "forged"
        portal["prevHash"] = before
        content = verify_export.canonical(body)
        portal["rowHash"] = before = verify_export.hashlib.sha256(bytes.fromhex(before) + content).hexdigest()


FORGERIES: dict[str, tuple[Change, str]] = {
    "row in the middle": (_drop(2, 3), "first broken row: Rows 2 to 3 are missing."),
    "first row": (_drop(1), "first broken row: Rows 1 to 1 are missing."),
    "end": (_drop(4), "first broken row: Rows 4 to 4 are missing."),
    "checkpoint": (_forge_point, "The checkpoint of row 4 was not signed by this key."),
    "chain made anew": (_rehash, "The checkpoint of row 4 holds another hash than the row."),
    "erasure": (_erase, "Row 2 was erased without an Audit redacted row."),
    "no JSON": (lambda bodies: bodies.insert(2, "what"), "first broken row: Line 3 has lost its form."),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("forge", "told"), FORGERIES.values(), ids=FORGERIES)
def test_forgery_is_named_with_exit_code_1(tmp_path: Path, forge: Change, told: str) -> None:
    _signed(4)
    bodies = [json.loads(line) for line in _lines()]
    forge(bodies)

    done = _verify(tmp_path, [json.dumps(body) for body in bodies])

    assert done.returncode == 1, done.stdout + done.stderr
    assert told in done.stdout


def test_end_that_was_cut_off_with_its_checkpoints_is_found_by_an_older_download(tmp_path: Path) -> None:
    _signed(4)
    lines = _lines()
    download = checkpoint_document(tenant_id=CONTOSO, now=NOON)
    kept = [line for line in lines if '"seq":4' not in line]
    kept[0] = kept[0].replace('"lastSeq": 4', '"lastSeq": 3')
    older = tmp_path / "older.jsonl"
    older.write_text(
        "".join(json.dumps({"portalCheckpoint": point}) + "\n" for point in json.loads(download)["checkpoints"])
    )

    alone = _verify(tmp_path, kept)
    beside = _verify(tmp_path, kept, "--checkpoints", str(older))

    assert (alone.returncode, beside.returncode) == (0, 1)
    assert "Rows 4 to 4 are missing." in beside.stdout
    assert json.loads(download)["publicKey"] == public_key()


def test_downloaded_document_of_checkpoints_is_read_as_it_is(tmp_path: Path) -> None:
    _signed(4)
    document = tmp_path / "checkpoints.json"
    document.write_text(checkpoint_document(tenant_id=CONTOSO, now=NOON))

    kept = [line for line in _lines() if '"seq":4' not in line]
    done = _verify(tmp_path, kept, "--checkpoints", str(document))

    assert done.returncode == 1
    assert "checkpoints: 1," in done.stdout


def test_filtered_export_is_judged_row_by_row(tmp_path: Path) -> None:
    _signed(4)
    lines = _lines(Filter(result="failure"))

    done = _verify(tmp_path, lines)
    as_whole = _verify(tmp_path, lines, "--whole")

    assert done.returncode == 0, done.stdout
    assert "missing rows cannot be seen" in done.stdout
    assert (as_whole.returncode, "Rows 1 to 3 are missing." in as_whole.stdout) == (1, True)


def test_erased_person_and_retired_rows_leave_the_export_intact(tmp_path: Path) -> None:
    _signed(4)
    later = NOON + timedelta(days=40)
    remove_old_rows(tenant_id=CONTOSO, keep=timedelta(days=30), now=later)
    _sealed(3, now=later, reason="because")
    redact_person(tenant_id=CONTOSO, user_id=KARI_ID, actor=ADA, reason="asked for", now=later)
    seal_waiting_rows()

    done = _verify(tmp_path, _lines())

    assert done.returncode == 0, done.stdout
    assert "sealed rows: 4," in done.stdout
    assert "intact to row 8" in done.stdout


@pytest.mark.parametrize(
    ("lines", "key", "more"),
    [
        ([], "", ()),
        (["{}"], "not-a-key", ()),
        (["{}"], "", ("--checkpoints", "nowhere.jsonl")),
        (["{}"], "", ("--unknown",)),
    ],
    ids=["empty", "key", "file", "option"],
)
def test_wrong_use_is_exit_code_2(tmp_path: Path, lines: list[str], key: str, more: tuple[str, ...]) -> None:
    done = _verify(tmp_path, lines, *more, key=key)

    assert done.returncode == 2
    assert done.stderr
    assert done.stdout == ""


def test_export_is_itself_a_row_and_holds_no_other_tenant(settings: Settings) -> None:
    _sealed(2)
    _sealed(1, tenant_id=FABRIKAM)

    lines = _lines(Filter(text="kari"))

    row = AuditEvent.objects.get(activity=Activity.EXPORTED_AUDIT)
    assert row.details == {"Format": "json", "FilterText": "(given)"}
    assert {json.loads(line)["portal"]["tenantId"] for line in lines[1:]} == {str(CONTOSO)}


def test_row_sealed_while_the_export_runs_leaves_no_hole(tmp_path: Path) -> None:
    _sealed(2)
    write(2)
    pieces = export_json(tenant_id=CONTOSO, matching=Filter(), actor=ADA, now=NOON)
    begun = next(pieces)
    write(1)
    seal_waiting_rows()

    done = _verify(tmp_path, (begun + "".join(pieces)).splitlines())

    assert done.returncode == 0, done.stdout
    assert "sealed rows: 2, not yet sealed: 2" in done.stdout


def test_pieces_are_read_by_chunks(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    monkeypatch.setattr("adminportal.audit.export_json.CHUNK", 2)
    _sealed(5)
    write(3)

    pieces = export_json(tenant_id=CONTOSO, matching=Filter(), actor=ADA, now=NOON)
    # Three full or partial chunks and an empty one, likewise two and one, then the checkpoints.
    with django_assert_num_queries(4 + 3 + 1):
        lines = "".join(pieces).splitlines()

    assert len(lines) == 1 + 5 + 3
