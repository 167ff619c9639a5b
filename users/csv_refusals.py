"""One sentence for each way in which a whole file cannot be read, the same on the page and at the shell."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.csv_layout import CsvRefused

SENTENCES: Final[dict[str, Promise]] = {
    "empty": _("The file is empty. Nobody was added. Start from the blank template."),
    "size": _("The file is larger than %(most)s MB. Nobody was added. Split it into smaller files."),
    "encoding": _(
        "The file is not UTF-8 or UTF-16 text. Nobody was added. "
        "In a spreadsheet, save it as “CSV UTF-8” and upload it again."
    ),
    "header": _(
        "Column %(position)s of the header reads “%(found)s”; it must read “%(expected)s”. "
        "Nobody was added. Copy the header from the blank template."
    ),
    "header_missing": _(
        "Column %(position)s of the header is missing; it must read “%(expected)s”. "
        "Nobody was added. Copy the header from the blank template."
    ),
    "header_extra": _(
        "The header has a column %(position)s, “%(found)s”, which the layout does not have. "
        "Nobody was added. Remove it, or copy the header from the blank template."
    ),
    "quotes": _(
        "Row %(row)s cannot be read: a quotation mark is opened and not closed, or text follows a closed one. "
        "Nobody was added. Write a quotation mark inside a value twice."
    ),
    "field": _("Row %(row)s has a value that is far too long to be read. Nobody was added."),
    "rows": _("The file has more than %(most)s rows. Nobody was added. Split it into smaller files."),
}


def refusal_sentence(refusal: CsvRefused) -> str:
    """Return why a file was refused, in the active language."""
    return str(SENTENCES[refusal.code]) % refusal.values
