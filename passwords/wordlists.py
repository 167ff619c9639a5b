"""Files of words, pure: read one entry a line, and find the common passwords that Django ships."""

from __future__ import annotations

import gzip
import zlib
from importlib.util import find_spec
from pathlib import Path

SHIPPED_TERMS = Path(__file__).with_name("banned_terms.txt")
"""The product's own list of base words, for the score."""


class ListUnreadable(Exception):
    """A list file could not be used; nothing of it was taken over."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}. The list in use is unchanged.")
        self.path = path


def read_lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 file, plain or ``.gz``, trimmed and without the empty ones.

    :raises ListUnreadable: when the file is missing, damaged or not UTF-8.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise ListUnreadable(path, "not readable as UTF-8 text") from problem
    return [line.strip() for line in text.split("\n") if line.strip()]


def common_passwords() -> list[str]:
    """Return the common passwords that Django ships.

    :raises ListUnreadable: when Django's file is not where it belongs.
    """
    # Found by its place: importing django.contrib.auth would want settings, and these rules have none.
    package = find_spec("django")
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise ListUnreadable(Path("django"), "the package with the common passwords is not installed")
    return read_lines(Path(folders[0]) / "contrib" / "auth" / "common-passwords.txt.gz")
