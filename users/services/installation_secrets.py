"""Secrets of the whole installation: made the first time they are asked for, and the same under every sealing key."""

from __future__ import annotations

import secrets
from typing import Final

from adminportal import sealing
from adminportal.sealing import SealBroken, Secret
from users.models import InstallationSecret

PURPOSE: Final = "installation-secret"
SECRET_BYTES: Final = 32
"""Entropy of a secret, in bytes."""


def secret_for(name: str) -> Secret:
    """Return the secret of this name; one query, but for the first time.

    Where the key that sealed it is lost, another one stands in, the same every time, until that key is put back.
    """
    sealed = _sealed(name) or _make(name)
    try:
        return sealing.unseal(PURPOSE, sealed, context=name)
    except SealBroken:
        return Secret(sealing.keyed_digest(PURPOSE, name, key_id=sealing.key_ids()[-1]))


def drawn() -> Secret:
    """Return a new secret."""
    return Secret(secrets.token_urlsafe(SECRET_BYTES))


def _sealed(name: str) -> str | None:
    return InstallationSecret.objects.filter(pk=name).values_list("sealed", flat=True).first()


def _make(name: str) -> str:
    """Keep the first of those who make it at once: the others read what it kept."""
    sealed = sealing.seal(PURPOSE, drawn(), context=name)
    InstallationSecret.objects.bulk_create([InstallationSecret(name=name, sealed=sealed)], ignore_conflicts=True)
    return _sealed(name) or sealed
