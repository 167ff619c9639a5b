"""What the search in the top bar shows: hits under headings, and when a name counts as said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from users.names import fold_text
from users.search import FRAGMENT

FIRST_HITS: Final = 5
"""Hits of a heading before its link to the whole list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line that leads somewhere; ``note`` stands beside it."""

    label: str
    url: str
    note: str = ""
    in_panel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One heading with its hits; ``more_url`` leads to the whole list, where there is one."""

    heading: str | Promise
    icon: str
    hits: list[Hit]
    more_url: str = ""


def is_said(words: tuple[str, ...], text: str) -> bool:
    """Tell whether every word is found in a text, by the rule by which people are found; no word finds nothing."""
    folded = f" {fold_text(text)}"
    return bool(words) and all((word if len(word) >= FRAGMENT else f" {word}") in folded for word in words)
