"""Replaces the one call into Argon2, so that what is left of a request can be timed; alike on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn
from unittest import mock

from argon2.exceptions import VerifyMismatchError

PASSWORD = "Correct-Horse-77-Battery"
"""What everybody of the benchmark signs in with."""


@contextmanager
def without_hashes(*, made: str, is_right: bool = True) -> Iterator[None]:
    """Let every password be right, or none, and every new hash be the same as ``made``, at no cost."""
    raw = made.removeprefix("argon2").encode()  # what Django puts before it
    with ExitStack() as stack:
        verify = (lambda self, stored, password: True) if is_right else _refuse
        stack.enter_context(mock.patch("argon2.PasswordHasher.verify", verify))
        stack.enter_context(mock.patch("argon2.low_level.hash_secret", lambda *values, **options: raw))
        yield


def _refuse(_hasher: object, _stored: object, _password: object) -> NoReturn:
    raise VerifyMismatchError
