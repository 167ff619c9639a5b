"""A larger list of refused passwords, as a file of sorted digests that every process of the machine shares.

However long the list is, a process holds none of it: a look-up reads some pages of the file. The file is replaced
whole, so a process that reads meanwhile sees the old list or the new one.
"""

from __future__ import annotations

import gzip
import hashlib
import mmap
import os
import secrets
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from passwords.banned import forms_of
from passwords.wordlists import ListUnreadable

NAME: Final = "blocklist.digests"
"""Name of the file in ``VAR_DIR``."""
HEAD: Final = b"adminportal blocklist 1\n"
DIGEST_BYTES: Final = 8
"""Bytes of a digest that are kept: of a hundred million entries one strange password in 10^11 meets one by chance."""
BUCKETS: Final = 256


@dataclass(slots=True)
class _Open:
    stamp: tuple[int, int, int]
    digests: Sequence[bytes]


class _Digests(Sequence[bytes]):
    """The sorted digests of a mapped file, read as they are asked for."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content

    def __len__(self) -> int:
        return (len(self._content) - len(HEAD)) // DIGEST_BYTES

    def __getitem__(self, place: int) -> bytes:  # type: ignore[override]  # no slices are asked for
        start = len(HEAD) + place * DIGEST_BYTES
        return self._content[start : start + DIGEST_BYTES]


_open: _Open | None = None


def is_in_file(form: str) -> bool:
    """Tell whether a password, in one of its forms, is on the list that was loaded on this machine."""
    digests = _digests()
    wanted = _digest(form)
    place = bisect_left(digests, wanted)
    return place < len(digests) and digests[place] == wanted


def load(path: Path) -> int:
    """Make the list of ``path`` (one a line in UTF-8, plain or ``.gz``) the one in use; return its passwords.

    It replaces the one that was loaded before; the list that ships stays beside it.

    :raises ListUnreadable: when the file cannot be used; then the list in use stays.
    """
    buckets = [array("Q") for _ in range(BUCKETS)]
    number = 0
    for line in _lines(path):
        number += 1
        for form in forms_of(line):
            digest = _digest(form)
            buckets[digest[0]].append(int.from_bytes(digest))
    if not number:
        raise ListUnreadable(path, "there is no password in it")
    _write(Path(settings.VAR_DIR) / NAME, buckets)
    return number


def _lines(path: Path) -> Iterator[str]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="\n") as file
        ):
            for line in file:
                if word := line.strip():
                    yield word
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise ListUnreadable(path, "not readable as UTF-8 text") from problem


def _write(target: Path, buckets: list[array[int]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("wb") as file:
            file.write(HEAD)
            for bucket in buckets:
                file.write(b"".join(number.to_bytes(DIGEST_BYTES) for number in sorted(set(bucket))))
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _digest(form: str) -> bytes:
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def _digests() -> Sequence[bytes]:
    """Return the digests of the file as it is now; none where nobody loaded a list."""
    global _open
    # No Path: this is asked twice for every password that is judged.
    path = f"{settings.VAR_DIR}/{NAME}"
    try:
        found = os.stat(path)
    except OSError:
        return ()
    if found.st_size < len(HEAD):
        return ()
    stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
    if _open is None or _open.stamp != stamp:
        with open(path, "rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        _open = _Open(stamp, _Digests(content) if content[: len(HEAD)] == HEAD else ())
    return _open.digests
