"""Argon2id with the portal's parameters, behind a bound on hashes at once.

One hash holds about 19 MiB and a core for 10 to 40 ms: a burst of sign-ins must be answered "come back later"
before memory runs out, so every hash of the process passes through :class:`HashSlots`.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
import unicodedata
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher, get_hasher
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables


class HashingBusy(Exception):
    """No slot for a hash became free in time; ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"All slots for password hashes are taken; try again in {retry_after} s.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class HashLoad:
    """What the guard of this process counts."""

    made: int
    in_flight: int
    high_water: int
    refused: int


class HashSlots:
    """Lets at most ``HASH_SLOTS`` hashes run at once; ``HASH_QUEUE`` more wait, first come first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._in_flight = self._high_water = self._made = self._refused = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold one slot inside the block.

        :raises HashingBusy: when the queue is full, or ``HASH_WAIT_SECONDS`` passed without a free slot.
        """
        self._enter()
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._made += 1
                if self._waiting:
                    self._changed.notify_all()

    def load(self) -> HashLoad:
        """Return the counters of this process."""
        with self._changed:
            return HashLoad(
                made=self._made, in_flight=self._in_flight, high_water=self._high_water, refused=self._refused
            )

    def reset_high_water(self) -> None:
        """Start the high-water mark anew from what is in flight."""
        with self._changed:
            self._high_water = self._in_flight

    def _enter(self) -> None:
        with self._changed:
            if self._waiting or self._in_flight >= settings.HASH_SLOTS:
                self._wait()
            self._in_flight += 1
            self._high_water = max(self._high_water, self._in_flight)

    def _wait(self) -> None:
        """Wait behind those who came before; with the lock held."""
        if self._in_flight >= settings.HASH_SLOTS and len(self._waiting) >= settings.HASH_QUEUE:
            raise self._refusal()
        ticket = object()
        self._waiting.append(ticket)
        try:
            free = self._changed.wait_for(lambda: self._is_next(ticket), timeout=settings.HASH_WAIT_SECONDS)
        finally:
            self._waiting.remove(ticket)
            self._changed.notify_all()
        if not free:
            raise self._refusal()

    def _is_next(self, ticket: object) -> bool:
        return self._in_flight < settings.HASH_SLOTS and self._waiting[0] is ticket

    def _refusal(self) -> HashingBusy:
        self._refused += 1
        return HashingBusy(retry_after=max(1, math.ceil(settings.HASH_WAIT_SECONDS)))


guard = HashSlots()
"""The one guard of this process."""


@sensitive_variables("password")
def hashed_form(password: str) -> str:
    """Return what is hashed: NFC, so that a password matches however its accents were typed (NIST SP 800-63B-4).

    Half of a surrogate pair, which only a hand-made request carries, becomes a question mark instead of an error.
    """
    return unicodedata.normalize("NFC", password.encode("utf-8", "replace").decode())


SALT_BYTES = 16
"""Length of a salt before it is written as text (RFC 9106, section 3.1)."""


class PortalArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with memory, time and lanes from settings; a hash made with others is renewed at sign-in."""

    @property
    def memory_cost(self) -> int:  # type: ignore[override]  # Django has constants here, the portal settings
        """Return the memory of one hash in KiB."""
        return int(settings.ARGON2_MEMORY_KIB)

    @property
    def time_cost(self) -> int:  # type: ignore[override]
        """Return the passes over the memory."""
        return int(settings.ARGON2_TIME)

    @property
    def parallelism(self) -> int:  # type: ignore[override]
        """Return the lanes of one hash."""
        return int(settings.ARGON2_PARALLELISM)

    def salt(self) -> str:
        """Return 128 bits by chance, drawn at once: Django draws each of as many characters alone."""
        return secrets.token_urlsafe(SALT_BYTES)

    @sensitive_variables("password")
    def encode(self, password: str, salt: str) -> str:
        """Hash ``password``; costs one slot.

        :raises HashingBusy: when no slot becomes free.
        """
        with guard.taken():
            return str(super().encode(hashed_form(password), salt))

    @sensitive_variables("password")
    def verify(self, password: str, encoded: str) -> bool:
        """Compare ``password`` with a hash; costs one slot.

        :raises HashingBusy: when no slot becomes free.
        """
        with guard.taken():
            return bool(super().verify(hashed_form(password), encoded))


class CheapHasher(BasePasswordHasher):
    """One round of SHA-256, so that tests that are not about hashing are quick; counted by the same guard."""

    algorithm = "cheap"

    def __init__(self) -> None:
        if getattr(settings, "PORTAL_ENV", "") != "test":
            raise ImproperlyConfigured("CheapHasher protects nothing: it is for PORTAL_ENV=test alone.")

    def encode(self, password: str, salt: str) -> str:
        """Hash ``password`` without any cost that protects it."""
        with guard.taken():
            return self._digest(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare ``password`` with a hash."""
        with guard.taken():
            return constant_time_compare(encoded, self._digest(password, self.decode(encoded)["salt"]))

    def decode(self, encoded: str) -> dict[str, Any]:
        """Split a hash into its parts."""
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def safe_summary(self, encoded: str) -> Any:
        """Return what may be shown of a hash."""
        return {"algorithm": self.algorithm}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: there is no cost to even out."""

    def _digest(self, password: str, salt: str) -> str:
        return f"{self.algorithm}${salt}${hashlib.sha256((salt + hashed_form(password)).encode()).hexdigest()}"


class BuildKind(StrEnum):
    """Where the Argon2 bindings come from; the hash is the same, its time is not."""

    BUILT_HERE = "built here"
    WHEEL = "wheel"
    UNKNOWN = "unknown"


PUBLISHED_PLATFORMS = ("manylinux", "musllinux", "-win")
"""Platform tags that only a published wheel carries; a build on a Linux machine is tagged ``linux_…``."""


def build_kind() -> BuildKind:
    """Say whether the Argon2 bindings were compiled on this machine or came as a published wheel."""
    try:
        text = metadata.distribution("argon2-cffi-bindings").read_text("WHEEL") or ""
    except metadata.PackageNotFoundError:
        return BuildKind.UNKNOWN
    tags = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Tag:")]
    if any(mark in tag for tag in tags for mark in PUBLISHED_PLATFORMS):
        return BuildKind.WHEEL
    return BuildKind.BUILT_HERE if any("-linux_" in tag for tag in tags) else BuildKind.UNKNOWN


def hashes_made() -> int:
    """Return how many hashes this process has made, for tests that count work."""
    return guard.load().made


@sensitive_variables("password")
def verify_dummy(password: str) -> None:
    """Cost exactly one hash of today's parameters, for an account that is not there.

    :raises HashingBusy: when no slot becomes free.
    """
    get_hasher().encode(password, secrets.token_hex(11))
