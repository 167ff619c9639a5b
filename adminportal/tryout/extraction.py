"""Finds every text that is given to gettext in Python and in templates, without system gettext."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

PACKAGES: Final = ("adminportal", "users", "passwords", "sspr")
TEMPLATES: Final = "templates"
KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
"""Names that mark a text, and which of their arguments hold it; ``c`` is the context."""


def find_texts(root: Path) -> Catalog:
    """Return a catalogue without translations of all that the sources below ``root`` contain."""
    found = Catalog(project="adminportal", charset="utf-8")
    for path in sorted(_sources(root)):
        text = path.read_text(encoding="utf-8")
        python = text if path.suffix == ".py" else _as_python(text, origin=str(path))
        # The line is left out: it would change every catalogue with every edit above it.
        where = [(path.relative_to(root).as_posix(), 0)]
        for _line, message, comments, context in extract(
            "python", io.BytesIO(python.encode()), keywords=KEYWORDS, comment_tags=("Translators:",)
        ):
            found.add(message, locations=where, auto_comments=comments, context=context)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (root / package).rglob("*.py") if "migrations" not in path.parts)
    yield from (path for path in (root / TEMPLATES).rglob("*") if path.suffix in {".html", ".txt"})


def _as_python(template: str, *, origin: str) -> str:
    # What stands around the tags comes out as words of X; without indentation they are Python's to read.
    return "\n".join(line.strip() for line in templatize(template, origin=origin).splitlines())
