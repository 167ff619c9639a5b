"""Compiles message catalogues with Babel, so that no system gettext is needed."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogues(folder: Path) -> list[Path]:
    """Compile every ``.po`` below ``folder`` that is newer than its ``.mo``; return what was written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name)
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as binary:
            write_mo(binary, catalogue)
        draft.replace(target)
        written.append(target)
    return written
