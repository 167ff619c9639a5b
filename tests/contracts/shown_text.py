"""What people read of a page or a template: its text and the attributes that are read aloud or shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

SHOWN_ATTRIBUTES = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title", "label"})
SHOWN_DATA = ("data-copied", "data-copy-failed", "data-show", "data-hide", "data-ended", "data-one", "data-many")
SILENT = frozenset({"script", "style"})
GAP = "\x00"
"""Stands where a tag or a variable of Django stood."""
MARKUP = re.compile(r"""[\w-]+="[^"]*"|\?\w+=""")
"""Attributes inside a block of their own, and the begin of a query: nobody reads them."""
ATTRIBUTE_BLOCKS = ("block card_class", "block body_attributes")
"""Blocks of a frame that fill an attribute: a class and the like, which nobody reads either."""
GIVEN_WORDS = re.compile(r"""\b(?:label|title|text|summary|lead|error|action_label)=["'][^"']*[^\W\d_]""")
"""Words given to a component as they stand."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        wanted = SHOWN_ATTRIBUTES | set(SHOWN_DATA) | ({"value"} if tag == "button" else set())
        names = dict(attrs)
        if tag == "button" and "name" in names:
            wanted = wanted - {"value"}
        self.found += [value for name, value in attrs if name in wanted and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def texts_of_page(html: str) -> list[str]:
    """Return every text of a page as one line each."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [text for text in (" ".join(found.split()) for found in reader.found) if text]


def untranslated_texts(template: Path) -> list[str]:
    """Return the words of a template that stand outside everything that translates."""
    kept, given, inside = [], list[str](), ""
    for token in Lexer(template.read_text(encoding="utf-8")).tokenize():
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
        elif name in ("comment", "blocktranslate") or token.contents in ATTRIBUTE_BLOCKS:
            inside = name
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
        else:
            kept.append(GAP)
            given += GIVEN_WORDS.findall(token.contents) if name != "translate" else []
    whole = "".join(kept)
    lines = texts_of_page(whole) if template.suffix == ".html" else whole.splitlines()
    words = (MARKUP.sub(" ", line.replace(GAP, " ")).strip() for line in lines)
    return [line for line in words if re.search(r"[^\W\d_]{2,}", line)] + given
