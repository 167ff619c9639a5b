"""One sentence for each way in which a list of user names cannot be read."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.csv_layout import CsvRefused

SENTENCES: Final[dict[str, Promise]] = {
    "empty": _("The list holds no user name. Nothing was changed."),
    "size": _("The file is larger than %(most)s MB. Nothing was changed. Split it into smaller files."),
    "encoding": _(
        "The file is not UTF-8 or UTF-16 text. Nothing was changed. "
        "In a spreadsheet, save it as “CSV UTF-8” and upload it again."
    ),
    "column": _(
        "The first row has several columns and none of them is called “User Name”. Nothing was changed. "
        "Name the column that holds the user names so."
    ),
    "quotes": _(
        "Row %(row)s cannot be read: a quotation mark is opened and not closed, or text follows a closed one. "
        "Nothing was changed."
    ),
    "field": _("Row %(row)s has a value that is far too long to be read. Nothing was changed."),
    "rows": _("The list has more than %(most)s rows. Nothing was changed. Split it into smaller lists."),
}


def list_refusal(refusal: CsvRefused) -> str:
    """Return why a list was refused, in the active language."""
    return str(SENTENCES[refusal.code]) % refusal.values
