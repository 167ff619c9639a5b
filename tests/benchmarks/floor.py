"""The floor of a bulk reset: bare hashes of argon2-cffi, with nothing of the portal around them."""

from __future__ import annotations

import secrets
import time

from argon2 import PasswordHasher
from django.conf import settings

hasher = PasswordHasher(
    time_cost=settings.ARGON2_TIME,
    memory_cost=settings.ARGON2_MEMORY_KIB,
    parallelism=settings.ARGON2_PARALLELISM,
)


def hash_many(*, number: int) -> float:
    """Make so many hashes one after the other, each of another password; returns the seconds."""
    passwords = [secrets.token_urlsafe(9) for _ in range(number)]
    started = time.perf_counter()
    for password in passwords:
        hasher.hash(password)
    return time.perf_counter() - started


OPERATIONS = (hash_many,)
"""What the process can be asked for, by the names of these functions."""
