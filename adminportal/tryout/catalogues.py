"""Keeps the message catalogues of ``locale/`` with Babel, so that no system gettext is needed.

``python -m adminportal.tryout.catalogues`` brings the catalogues in step with the sources, compiles them and
says what still wants a translation.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent.parent
LANGUAGES: Final = {"nb": "Norwegian Bokmål", "sv": "Swedish", "da": "Danish"}
LINE_WIDTH: Final = 110
HEADER: Final = """# {name} texts of adminportal.
# `make messages` keeps this file in step with the sources; only the msgstr lines are written by hand.
msgid ""
msgstr ""
"Project-Id-Version: adminportal\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
"""Without dates and names of translators, so that nothing changes where no text did."""


def compile_catalogues(folder: Path) -> list[Path]:
    """Compile every ``.po`` below ``folder`` that is newer than its ``.mo``; return what was written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as binary:
            write_mo(binary, read_catalogue(source))
        draft.replace(target)
        written.append(target)
    return written


def read_catalogue(path: Path) -> Catalog:
    """Read a ``.po`` whose folder names its language."""
    with path.open("rb") as text:
        return read_po(text, locale=path.parent.parent.name)


def path_of(folder: Path, language: str) -> Path:
    """Return where the catalogue of a language is kept."""
    return folder / language / "LC_MESSAGES" / "django.po"


def update_catalogue(path: Path, *, texts: Catalog) -> Catalog:
    """Give a catalogue exactly these texts, keep what is translated, write it where it changed."""
    language = path.parent.parent.name
    catalogue = Catalog(locale=language)
    old = read_catalogue(path) if path.exists() else catalogue
    for text in texts:
        if text.id:
            kept = old.get(key_of(text), context=text.context)
            catalogue.add(
                text.id,
                _fitting(kept, text),
                locations=text.locations,
                flags=text.flags,
                auto_comments=text.auto_comments,
                user_comments=kept.user_comments if kept else (),
                context=text.context,
            )
    _write(path, catalogue, name=LANGUAGES.get(language, language))
    return catalogue


def missing(catalogue: Catalog) -> list[Message]:
    """Return what has no translation, or not in every plural form."""
    wanted = [message for message in catalogue if message.id]
    return [message for message in wanted if message.fuzzy or not all(forms_of(message))]


def main() -> int:
    """Update and compile every catalogue; 1 when a text has no translation."""
    from adminportal.tryout.extraction import find_texts

    texts = find_texts(ROOT)
    folder = ROOT / "locale"
    count = 0
    for language in LANGUAGES:
        path = path_of(folder, language)
        for message in missing(update_catalogue(path, texts=texts)):
            count += 1
            print(f"{language}: not translated: {key_of(message)}")
    compile_catalogues(folder)
    print(f"{len(texts)} texts in {len(LANGUAGES)} languages, {count} not translated.")
    return 1 if count else 0


def key_of(message: Message) -> str:
    """Return the singular of a text."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    """Return the translation in all its plural forms; one form where the text has no plural."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def _fitting(kept: Message | None, text: Message) -> str | tuple[str, ...]:
    # A text that got or lost a plural is a new one: half a translation would be worse than none.
    if kept is None or bool(kept.pluralizable) != bool(text.pluralizable):
        return ""
    return forms_of(kept) if text.pluralizable else forms_of(kept)[0]


def _write(path: Path, catalogue: Catalog, *, name: str) -> None:
    body = io.BytesIO()
    write_po(body, catalogue, width=LINE_WIDTH, sort_output=True, include_lineno=False, omit_header=True)
    written = (
        HEADER.format(name=name, language=catalogue.locale, plural=catalogue.plural_forms)
    ).encode() + body.getvalue()
    if path.exists() and path.read_bytes() == written:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".po.new")
    draft.write_bytes(written)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
