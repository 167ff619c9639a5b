"""What one row of an import must be: each column with its width and its kind, each fault with its sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.addresses import LONGEST_ADDRESS, is_address
from users.csv_layout import COLUMNS, CsvRow, shorten
from users.names import MAX_UPN, NameFault, check_upn

SHOWN: Final = 80
"""Characters of a wrong value that are shown and kept."""
PHONE_PATTERN: Final = re.compile(r"\+[0-9][0-9 ().\-/]{3,60}( ?(x|ext\.?) ?[0-9]{1,7})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one cell; ``values`` fill the sentence of the code."""

    column: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """Return the fault in the active language, with what is allowed."""
        return str(FAULTS[self.code]) % {**self.values, "column": self.column}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row with its cleaned values by column, and everything that is wrong with it."""

    number: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()


FAULTS: Final[dict[str, Promise]] = {
    "required": _("%(column)s is empty. Every row needs one."),
    "columns": _(
        "The row ends too early: it has %(found)s of 16 columns. Leave a column empty, but keep its separator."
    ),
    "columns_extra": _(
        "The row has %(found)s columns instead of 16. Put quotation marks around a value that contains the separator."
    ),
    "long": _("The text has %(found)s characters. At most %(most)s are allowed."),
    "control": _("The text contains control characters. Remove them."),
    "line_break": _("The text contains a line break. Line breaks are allowed in Address only."),
    "name_at": _("“%(value)s” is not a user name. It needs a name, one @ and a domain, such as anna@contoso.example."),
    "name_long": _("“%(value)s” is too long: at most 64 characters before the @, 48 after it and 113 in all."),
    "name_local": _(
        "“%(value)s” contains a character that is not allowed. Before the @ may stand a–z 0–9 ' . - _ ! # ^ ~."
    ),
    "name_dot": _("“%(value)s” has a full stop right before the @. Remove it."),
    "name_domain": _("“%(value)s” does not end in a domain name such as contoso.example."),
    "domain": _("“%(value)s” is not a domain of this organization. Allowed: %(domains)s."),
    "taken": _("The user name “%(value)s” is taken already, in this file or by somebody else. Choose another."),
    "phone": _("“%(value)s” is not a telephone number. Write + and the country code first, such as +46 70 174 06 05."),
    "email": _("“%(value)s” is not an email address. Write it like anna@mail.example."),
}

Check = Callable[[str, Collection[str]], tuple[str, str]]
"""Takes a trimmed value and the tenant's domains; returns the value to keep and the code of a fault or nothing."""


def _check_name(value: str, domains: Collection[str]) -> tuple[str, str]:
    try:
        folded = check_upn(value)
    except NameFault as fault:
        return value, f"name_{fault.code}"
    return value, "" if folded.partition("@")[2] in domains else "domain"


def _check_phone(value: str, domains: Collection[str]) -> tuple[str, str]:
    spaced = " ".join(value.split())
    number = normal_phone(spaced)
    return (number, "") if number else (value, "phone")


def _check_email(value: str, domains: Collection[str]) -> tuple[str, str]:
    return value, "" if is_address(value) else "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """How one column is checked; ``most`` is its width in characters."""

    most: int
    check: Check | None = None
    is_required: bool = False
    may_break: bool = False


RULES: Final[dict[str, _Column]] = {
    "User Name": _Column(most=MAX_UPN, check=_check_name, is_required=True),
    "First Name": _Column(most=64),
    "Last Name": _Column(most=64),
    "Display Name": _Column(most=256, is_required=True),
    "Job Title": _Column(most=128),
    "Department": _Column(most=64),
    "Office Number": _Column(most=128),
    "Office Phone": _Column(most=64, check=_check_phone),
    "Mobile Phone": _Column(most=64, check=_check_phone),
    "Fax": _Column(most=64),
    "Alternate email address": _Column(most=LONGEST_ADDRESS, check=_check_email),
    "Address": _Column(most=1024, may_break=True),
    "City": _Column(most=128),
    "State or Province": _Column(most=128),
    "ZIP or Postal Code": _Column(most=40),
    "Country or Region": _Column(most=128),
}


def check_row(row: CsvRow, *, domains: Collection[str]) -> CheckedRow:
    """Check every cell of a row; a formula is text like any other. The tenant's names are not asked here."""
    missing = _wrong_count(row)
    if missing:
        return CheckedRow(number=row.number, values=_shown(row), faults=(missing,))
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for column, typed in zip(COLUMNS, row.values, strict=False):
        values[column], fault = _check_cell(column, typed, domains)
        faults.extend([fault] if fault else [])
    return CheckedRow(number=row.number, values=_shown(row) if faults else values, faults=tuple(faults))


def taken(row: CheckedRow) -> CheckedRow:
    """Return a row whose user name turned out to belong to somebody already."""
    value = shorten(row.values["User Name"], SHOWN)
    return CheckedRow(
        number=row.number,
        values=row.values,
        faults=(Fault(column="User Name", code="taken", values={"value": value}),),
    )


def normal_phone(typed: str) -> str:
    """Return an international number with single spaces, or nothing when it is none."""
    if not PHONE_PATTERN.fullmatch(typed):
        return ""
    try:
        number = phonenumbers.parse(typed, None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    extension, number.extension = number.extension, None
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    plain = " ".join(re.sub(r"[^+0-9]+", " ", text).split())
    return f"{plain} x{extension}" if extension else plain


def _wrong_count(row: CsvRow) -> Fault | None:
    found = len(row.values)
    if found < len(COLUMNS):
        return Fault(column=COLUMNS[found], code="columns", values={"found": str(found)})
    if any(value.strip() for value in row.values[len(COLUMNS) :]):
        return Fault(column=COLUMNS[-1], code="columns_extra", values={"found": str(found)})
    return None


def _check_cell(column: str, typed: str, domains: Collection[str]) -> tuple[str, Fault | None]:
    rule = RULES[column]
    value = typed.strip().replace("\r\n", "\n").replace("\r", "\n")
    code = _plain_fault(rule, value)
    if not code and value and rule.check:
        value, code = rule.check(value, domains)
    if not code:
        return value, None
    shown = shorten(value.partition("@")[2] if code == "domain" else value, SHOWN)
    details = {"value": shown, "found": str(len(value)), "most": str(rule.most), "domains": _list(domains)}
    return value, Fault(column=column, code=code, values={key: details[key] for key in _used(code)})


def _plain_fault(rule: _Column, value: str) -> str:
    if not value:
        return "required" if rule.is_required else ""
    if len(value) > rule.most:
        return "name_long" if rule.check is _check_name else "long"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value.replace("\n", "")):
        return "control"
    return "line_break" if "\n" in value and not rule.may_break else ""


def _used(code: str) -> list[str]:
    """List the named values of a sentence, beside the column."""
    return [name for name in re.findall(r"%\((\w+)\)s", str(FAULTS[code])) if name != "column"]


def _list(domains: Collection[str]) -> str:
    names = sorted(domains)
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _shown(row: CsvRow) -> dict[str, str]:
    """Keep of a faulty row what is needed to recognise it."""
    return {column: shorten(value, SHOWN) for column, value in zip(COLUMNS, row.values, strict=False)}
