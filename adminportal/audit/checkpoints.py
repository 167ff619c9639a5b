"""Signed checkpoints: what the end of a chain was, under an Ed25519 key that the database never sees."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from adminportal.audit.canonical import rfc3339
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.seal import last_link

KEY_FILE = "audit-checkpoint.key"
"""Name of the key's file in ``VAR_DIR``, used where ``AUDIT_KEY`` is not set."""

SEED_BYTES = 32
"""Length of an Ed25519 seed in bytes (RFC 8032)."""


def sign_checkpoint(*, tenant_id: UUID | None, now: datetime) -> AuditCheckpoint | None:
    """Sign the end of one chain; None when nothing was sealed since the last checkpoint."""
    seq, row_hash = last_link(tenant_id)
    if AuditCheckpoint.objects.filter(tenant_id=tenant_id, seq__gte=seq).exists() or not seq:
        return None
    point = AuditCheckpoint(tenant_id=tenant_id, seq=seq, row_hash=row_hash, made_at=now)
    save_signed(point)
    return point


def sign_all(*, now: datetime) -> int:
    """Sign the end of every chain that grew since its last checkpoint, and return how many did."""
    chains = AuditEvent.objects.filter(seq__isnull=False).values_list("tenant_id", flat=True).distinct()
    return sum(sign_checkpoint(tenant_id=tenant_id, now=now) is not None for tenant_id in list(chains))


def save_signed(point: AuditCheckpoint) -> None:
    """Sign the checkpoint and store it."""
    key = signing_key()
    point.key_id = key_id(key.public_key())
    point.signature = base64.b64encode(key.sign(statement(point))).decode()
    point.save(force_insert=True)


def statement(point: AuditCheckpoint) -> bytes:
    """Return what is signed, as canonical JSON."""
    body = {
        "is_start": point.is_start,
        "made_at": rfc3339(point.made_at),
        "row_hash": point.row_hash,
        "seq": point.seq,
        "tenant_id": str(point.tenant_id) if point.tenant_id else None,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def is_genuine(point: AuditCheckpoint) -> bool:
    """Return whether our key signed exactly this checkpoint."""
    try:
        signing_key().public_key().verify(base64.b64decode(point.signature), statement(point))
    except (InvalidSignature, ValueError):
        return False
    return True


def signing_key() -> Ed25519PrivateKey:
    """Return the key of ``AUDIT_KEY``, or the one in ``VAR_DIR`` that is made on first use.

    :raises ImproperlyConfigured: when the key is not 32 bytes in Base64 or cannot be read or made.
    """
    text = settings.AUDIT_KEY or _text_of_file(Path(settings.VAR_DIR) / KEY_FILE)
    try:
        seed = base64.b64decode(text, validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise ImproperlyConfigured("The audit key is not 32 bytes in Base64. Look at AUDIT_KEY or AUDIT_KEY_FILE.")
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key() -> str:
    """Return the public key as Base64 of its 32 bytes."""
    return base64.b64encode(_raw(signing_key().public_key())).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """Return 16 hex characters that name the key in a checkpoint."""
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text_of_file(path: Path) -> str:
    try:
        if not path.exists():
            _make_key(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"The audit key {path} cannot be read or made: {problem.strerror}.") from problem


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(SEED_BYTES)).decode() + "\n")
    # A link, unlike a rename, never replaces the key that another process made meanwhile.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
