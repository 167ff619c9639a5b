"""What somebody typed into a search box, as a condition on the folded search text.

The column holds every word after a blank, so that " an" finds the beginnings of words; PostgreSQL answers both
forms from its trigram index. That index knows letters and digits only: a word without any is not searched for.
"""

from __future__ import annotations

import unicodedata

from django.db.models import Q

from users.names import fold_text

LONGEST_SEARCH = 200
"""Characters of a search that are looked at at all."""
FRAGMENT = 3
"""From this length a word is found anywhere; a shorter one only where a word begins."""


class SearchTooLong(Exception):
    """More was typed than is ever searched for; nothing was searched."""


def words_of(typed: str) -> tuple[str, ...]:
    """Return the folded words of a search, each once; a text without letters and digits gives no word.

    :raises SearchTooLong: when more than ``LONGEST_SEARCH`` characters were typed.
    """
    if len(typed) > LONGEST_SEARCH:
        raise SearchTooLong
    # A control character (NUL above all) is no letter of a name, and PostgreSQL refuses it.
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in typed)
    words = dict.fromkeys(fold_text(plain).split())
    return tuple(word for word in words if any(letter.isalnum() for letter in word))


def matching(words: tuple[str, ...], *, in_contacts: bool) -> Q:
    """Return the condition that every word is found; alternate addresses are looked at with ``in_contacts`` only.

    Who sees addresses masked must not find people by them: letter by letter the search would tell what the mask hides.
    """
    column = "search_text" if in_contacts else "search_names"
    found = Q()
    for word in words:
        found &= Q(**{f"{column}__contains": word if len(word) >= FRAGMENT else f" {word}"})
    return found
