"""Whom an attempt is about, without saying so: somebody may type a password where a user name belongs."""

from __future__ import annotations

from adminportal import sealing

SUBJECT_PURPOSE = "sspr-subject"


def subject_of(folded_upn: str) -> str:
    """Return the keyed digest of a folded user name, known or not: what limits and locks are counted against."""
    return sealing.keyed_digest(SUBJECT_PURPOSE, folded_upn)


def subjects_of(folded_upn: str) -> list[str]:
    """Return the same under every sealing key, newest first: a rotation of keys opens no lock."""
    return sealing.digests_of_all_keys(SUBJECT_PURPOSE, folded_upn)
