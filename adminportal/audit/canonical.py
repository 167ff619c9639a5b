"""What exactly is hashed: canonical JSON of a row, in which personal values stand as salted digests.

A personal value enters as HMAC-SHA256 under a salt of its own, so that it can be erased later without breaking
the chain: the digest then stays in ``redaction`` and the salt that led to it is gone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from adminportal.audit.models import AuditEvent

GENESIS = "0" * 64
"""What stands in ``prev_hash`` of the first row of a chain."""

REDACTED = "[redacted]"
"""What stands where a personal value was."""


def personal_values(row: AuditEvent) -> Iterator[tuple[str, str]]:
    """Yield path and value of every personal value of the row that is not empty."""
    for name in ("actor_display_name", "actor_user_principal_name", "ip_address", "user_agent", "reason"):
        if value := getattr(row, name):
            yield name, value
    for place, target in enumerate(row.targets):
        for name in ("display_name", "user_principal_name"):
            if target[name]:
                yield f"targets.{place}.{name}", target[name]
        for turn, change in enumerate(target["modified"]):
            for name in ("old", "new"):
                if change[name]:
                    yield f"targets.{place}.modified.{turn}.{name}", change[name]
    for key, value in row.details.items():
        if value:
            yield f"details.{key}", value


def salt_of(row: AuditEvent, path: str) -> str:
    """Return the salt of one value as hex: derived from the row's, or kept aside when that was given up."""
    if row.salt:
        return hmac.digest(bytes.fromhex(row.salt), path.encode(), "sha256").hex()
    return str(row.redaction.get("salts", {}).get(path, ""))


def digest_of(row: AuditEvent, path: str, value: str) -> str:
    """Return the digest by which a personal value enters the hash."""
    erased = row.redaction.get("digests", {})
    if path in erased and value == REDACTED:
        return str(erased[path])
    return hmac.digest(bytes.fromhex(salt_of(row, path)), value.encode(), "sha256").hex()


def canonical(row: AuditEvent, *, seq: int) -> bytes:
    """Return the row as canonical JSON: sorted keys, UTF-8, no spaces, RFC 3339 times."""
    body = {
        "activity": row.activity,
        "actor_id": _text(row.actor_id),
        "actor_kind": row.actor_kind,
        "category": row.category,
        "correlation_id": _text(row.correlation_id),
        "detail_names": sorted(row.details),
        "id": _text(row.uid),
        "occurred_at": rfc3339(row.occurred_at),
        "operation": row.operation,
        "personal": {path: digest_of(row, path, value) for path, value in personal_values(row)},
        "result": row.result,
        "seq": seq,
        "service": row.service,
        "subject_id": _text(row.subject_id),
        "targets": [
            {"id": target["id"], "modified": [change["name"] for change in target["modified"]], "type": target["type"]}
            for target in row.targets
        ],
        "tenant_id": _text(row.tenant_id),
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def row_hash(row: AuditEvent, *, seq: int, prev_hash: str) -> str:
    """Return SHA-256(prev_hash || canonical JSON) as hex; ``prev_hash`` enters as its 32 bytes."""
    return hashlib.sha256(bytes.fromhex(prev_hash) + canonical(row, seq=seq)).hexdigest()


def rfc3339(moment: datetime) -> str:
    """Return the moment in UTC with six fractional digits and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
