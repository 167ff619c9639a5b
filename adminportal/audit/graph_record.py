"""An audit row as one line of JSON: a record of Microsoft Graph, and beside it what its hash is made of.

Each fact stands once, so that whoever recomputes the hash from a line has judged all that the line says.
``verify_export.py`` reads these lines without the portal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from adminportal.audit.canonical import rfc3339
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.record import StoredTarget

CHECKPOINT_KEY = "portalCheckpoint"
"""What a line of a checkpoint holds instead of a record."""


def record_line(row: AuditEvent) -> str:
    """Return the row as JSON without line end, in ASCII; the hash fields are empty until it is sealed."""
    return json.dumps(_record(row), separators=(",", ":"), sort_keys=True)


def checkpoint_line(point: AuditCheckpoint) -> str:
    """Return the checkpoint as JSON without line end: what was signed, the signature, and the name of the key."""
    return json.dumps({CHECKPOINT_KEY: checkpoint_facts(point)}, separators=(",", ":"), sort_keys=True)


def checkpoint_facts(point: AuditCheckpoint) -> dict[str, object]:
    """Return a checkpoint as it is sent and downloaded."""
    return {
        "isStart": point.is_start,
        "keyId": point.key_id,
        "madeAt": rfc3339(point.made_at),
        "rowHash": point.row_hash,
        "seq": point.seq,
        "signature": point.signature,
        "tenantId": _text(point.tenant_id),
    }


def _record(row: AuditEvent) -> dict[str, object]:
    return {
        "id": row.public_id,
        "category": row.category,
        "correlationId": str(row.correlation_id),
        "result": row.result,
        "resultReason": row.reason,
        "activityDisplayName": row.activity,
        "activityDateTime": _seven_digits(row.occurred_at),
        "loggedByService": row.service,
        "operationType": row.operation,
        "initiatedBy": _initiator(row),
        "targetResources": [_target(target) for target in row.targets],
        "additionalDetails": [{"key": key, "value": value} for key, value in sorted(row.details.items())],
        "userAgent": row.user_agent,
        "portal": {
            "actorKind": row.actor_kind,
            "prevHash": row.prev_hash,
            "redaction": row.redaction,
            "rowHash": row.row_hash,
            "salt": row.salt,
            "seq": row.seq,
            "subjectId": _text(row.subject_id),
            "tenantId": _text(row.tenant_id),
        },
    }


def _initiator(row: AuditEvent) -> dict[str, dict[str, str | None] | None]:
    is_person = row.actor_kind == "user"
    names = {
        "id" if is_person else "appId": _text(row.actor_id),
        "displayName": row.actor_display_name,
        "userPrincipalName": row.actor_user_principal_name,
        "ipAddress": row.ip_address,
    }
    return {"user": names if is_person else None, "app": None if is_person else names}


def _target(target: StoredTarget) -> dict[str, object]:
    return {
        "id": target["id"],
        "displayName": target["display_name"],
        "type": target["type"],
        "userPrincipalName": target["user_principal_name"],
        "modifiedProperties": [
            {"displayName": change["name"], "oldValue": change["old"], "newValue": change["new"]}
            for change in target["modified"]
        ],
        "groupType": None,
    }


def _seven_digits(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
