"""A tenant's own banned words, pure: from typed lines to terms."""

from __future__ import annotations

from unicodedata import normalize

from passwords.term_index import TERM_LENGTHS, matching_form

CUSTOM_TERMS_LIMIT = 1_000
"""Terms of a tenant's own list at most."""


class TermsRefused(ValueError):
    """Lines that are no terms: pairs of line number (from 1) and reason code, ``length`` or ``too_many``."""

    def __init__(self, problems: tuple[tuple[int, str], ...]) -> None:
        super().__init__(f"{len(problems)} lines were refused; the list was not changed.")
        self.problems = problems


def parse_custom_terms(text: str) -> tuple[str, ...]:
    """Read one term a line into matching form, without doubles and empty lines.

    :raises TermsRefused: when a line has not 4 to 16 characters, or a term comes after the thousandth.
    """
    terms: dict[str, None] = {}
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        term = matching_form(normalize("NFC", line.strip()))
        if term and len(term) not in TERM_LENGTHS:
            problems.append((number, "length"))
        elif term and term not in terms and len(terms) == CUSTOM_TERMS_LIMIT:
            problems.append((number, "too_many"))
        elif term:
            terms[term] = None
    if problems:
        raise TermsRefused(tuple(problems))
    return tuple(terms)
