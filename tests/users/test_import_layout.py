"""The CSV layout: encodings, separators, header, row numbers."""

from __future__ import annotations

import io
from codecs import BOM_UTF16_BE

import pytest

from tests.users.people_csv import csv_file, people, person
from users import csv_layout
from users.csv_layout import COLUMNS, CsvRefused, CsvRow, read_rows
from users.csv_refusals import SENTENCES, refusal_sentence
from users.csv_rules import CheckedRow, check_row

DOMAINS = frozenset({"contoso.example"})


def _read(content: bytes) -> list[CsvRow]:
    return list(read_rows(io.BytesIO(content)))


def _refusal(content: bytes) -> CsvRefused:
    with pytest.raises(CsvRefused) as refusal:
        _read(content)
    assert refusal_sentence(refusal.value)
    return refusal.value


def _check(**changed: str) -> CheckedRow:
    return check_row(CsvRow(number=2, values=tuple(person(1, **changed))), domains=DOMAINS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_every_encoding_separator_and_line_ending_gives_the_same_rows(encoding, separator, ending) -> None:
    rows = _read(csv_file(people(3), separator=separator, ending=ending, encoding=encoding))

    assert [row.number for row in rows] == [2, 3, 4]
    assert [list(row.values) for row in rows] == people(3)


def test_big_endian_with_a_byte_order_mark_is_read() -> None:
    assert len(_read(BOM_UTF16_BE + csv_file(people(2), encoding="utf-16-be"))) == 2


def test_quoted_line_breaks_and_separators_stay_inside_their_row() -> None:
    rows = _read(csv_file([person(1, Address="Flat 2\r\nStorgata 1, inner yard"), person(2)]))

    assert rows[0].values[COLUMNS.index("Address")] == "Flat 2\r\nStorgata 1, inner yard"
    assert [row.number for row in rows] == [2, 3]


def test_empty_rows_are_passed_over_and_counted_as_a_spreadsheet_does() -> None:
    content = csv_file([person(1), [""] * 16, person(2)]) + b"\r\n\r\n" + csv_file([person(3)]).split(b"\r\n")[1]

    assert [row.number for row in _read(content)] == [2, 4, 7]


def test_file_with_header_alone_has_no_rows() -> None:
    assert _read(csv_file([])) == []


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n", b"\xff\xfe"])
def test_empty_file_is_refused(content: bytes) -> None:
    assert _refusal(content).code == "empty"


def test_lower_case_header_is_refused_and_names_its_first_column() -> None:
    refusal = _refusal(csv_file(people(1), header=tuple(column.lower() for column in COLUMNS)))

    assert refusal_sentence(refusal).startswith("Column 1 of the header reads “user name”; it must read “User Name”.")


def test_header_in_wrong_order_names_the_first_column_that_differs() -> None:
    header = (*COLUMNS[:2], COLUMNS[3], COLUMNS[2], *COLUMNS[4:])

    refusal = _refusal(csv_file(people(1), header=header))

    assert refusal.values == {"position": "3", "expected": "Last Name", "found": "Display Name"}


def test_header_that_is_too_short_or_too_long_says_which_column() -> None:
    short, long = _refusal(csv_file([], header=COLUMNS[:-1])), _refusal(csv_file([], header=(*COLUMNS, "Shoe size")))

    assert (short.code, short.values["expected"]) == ("header_missing", "Country or Region")
    assert (long.code, long.values["found"]) == ("header_extra", "Shoe size")


@pytest.mark.parametrize("content", ["Navn;Blåbær".encode("cp1252"), b"\xff\xfeU\x00s", b"\x89PNG\r\n\x1a\n\x00\xff"])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    assert _refusal(content if content[:2] != b"\xff\xfe" else content + b"\x00").code in ("encoding", "header")


def test_other_encoding_in_the_middle_of_the_file_refuses_all_of_it() -> None:
    assert _refusal(csv_file(people(900)) + csv_file([person(1)], encoding="latin-1")).code == "encoding"


def test_quotation_mark_that_never_closes_names_its_row_and_swallows_nothing() -> None:
    content = csv_file(people(2)) + b'person.3@contoso.example,"Bj\r\n' + csv_file(people(4)).split(b"\r\n", 1)[1]

    assert (_refusal(content).code, _refusal(content).values) == ("quotes", {"row": "4"})


def test_field_beyond_what_can_be_read_names_its_row() -> None:
    refusal = _refusal(csv_file([person(1), person(2, City="x" * 140_000)]))

    assert (refusal.code, refusal.values) == ("field", {"row": "3"})


@pytest.mark.parametrize("row", [b"," * 200_000, b"a," * 100_000, b'"\n",' * 50_000])
def test_row_of_endless_cells_is_not_built_up_in_memory(row: bytes) -> None:
    refusal = _refusal(csv_file(people(1)) + row)

    assert (refusal.code, refusal.values) == ("field", {"row": "3"})


def test_more_rows_than_are_tested_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_layout, "MOST_ROWS", 3)

    assert len(_read(csv_file(people(3)))) == 3
    assert _refusal(csv_file(people(4))).code == "rows"


def test_file_beyond_the_limit_is_refused_before_all_of_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = csv_file(people(2000))
    monkeypatch.setattr(csv_layout, "MOST_BYTES", 20_000)
    source = io.BytesIO(content)

    with pytest.raises(CsvRefused) as refusal:
        list(read_rows(source))

    assert refusal.value.code == "size"
    assert source.tell() < len(content) / 2


def test_every_code_of_the_reader_has_a_sentence() -> None:
    used = {"empty", "size", "encoding", "header", "header_missing", "header_extra", "quotes", "field", "rows"}

    assert set(SENTENCES) == used


def test_good_row_keeps_every_value_with_numbers_in_one_form() -> None:
    row = _check(Mobile_Phone=" +46\u00a070-174 06  05 ", Office_Phone="+1 (425) 555-0100 ext 12", Last_Name=" Dahl ")

    assert row.faults == ()
    assert row.values["Mobile Phone"] == "+46 70 174 06 05"
    assert row.values["Office Phone"] == "+1 425 555 0100 x12"
    assert row.values["Last Name"] == "Dahl"


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://evil.example","x")', "@SUM(A1)", "+1", "-1", "<b>Å</b>", "{{ x }}"]
)
def test_display_name_that_looks_like_a_formula_or_markup_is_kept_as_it_is(text: str) -> None:
    row = _check(Display_Name=text)

    assert (row.faults, row.values["Display Name"]) == ((), text)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("User_Name", "not a user name", "name_at"),
        ("User_Name", "a@b@contoso.example", "name_at"),
        ("User_Name", "anna lund@contoso.example", "name_local"),
        ("User_Name", "anna.@contoso.example", "name_dot"),
        ("User_Name", "anna@contoso_example", "name_domain"),
        ("User_Name", f"{'a' * 65}@contoso.example", "name_long"),
        ("User_Name", "a" * 70_000, "name_long"),
        ("User_Name", "anna@fabrikam.example", "domain"),
        ("User_Name", "", "required"),
        ("User_Name", "an\0na@contoso.example", "control"),
        ("Display_Name", "  ", "required"),
        ("Display_Name", "x" * 257, "long"),
        ("Display_Name", "Anna\r\nBcc: x", "line_break"),
        ("Display_Name", "Anna\0", "control"),
        ("First_Name", "x" * 65, "long"),
        ("Job_Title", "x" * 70_000, "long"),
        ("Address", "x" * 1025, "long"),
        ("ZIP_or_Postal_Code", "x" * 41, "long"),
        ("Mobile_Phone", "call me maybe", "phone"),
        ("Mobile_Phone", "070 174 06 05", "phone"),
        ("Mobile_Phone", "0046 70 174 06 05", "phone"),
        ("Mobile_Phone", "+46 70", "phone"),
        ("Office_Phone", "+999 12345678", "phone"),
        ("Alternate_email_address", "nobody@@mail.example", "email"),
        ("Alternate_email_address", f"{'a' * 250}@mail.example", "long"),
    ],
)
def test_each_fault_is_named_with_its_column_and_what_is_allowed(column: str, value: str, code: str) -> None:
    row = _check(**{column: value})

    assert [(fault.column, fault.code) for fault in row.faults] == [(column.replace("_", " "), code)]
    assert "%(" not in row.faults[0].sentence()
    assert all(len(shown) <= 80 and "\0" not in shown for shown in row.values.values())


def test_several_faults_of_one_row_are_all_named() -> None:
    row = _check(User_Name="x", Display_Name="", Mobile_Phone="1", Alternate_email_address="2")

    assert [fault.column for fault in row.faults] == [
        "User Name",
        "Display Name",
        "Mobile Phone",
        "Alternate email address",
    ]


def test_address_keeps_its_line_breaks() -> None:
    assert _check(Address="Flat 2\r\nStorgata 1").values["Address"] == "Flat 2\nStorgata 1"


@pytest.mark.parametrize(
    ("count", "code", "column"), [(5, "columns", "Department"), (17, "columns_extra", COLUMNS[-1])]
)
def test_row_with_another_number_of_columns_is_faulty(count: int, code: str, column: str) -> None:
    values = (*person(1), "more")[:count]

    row = check_row(CsvRow(number=9, values=values), domains=DOMAINS)

    assert [(fault.column, fault.code, fault.values["found"]) for fault in row.faults] == [(column, code, str(count))]


def test_separators_behind_the_last_column_do_no_harm() -> None:
    assert check_row(CsvRow(number=2, values=(*person(1), "", " ")), domains=DOMAINS).faults == ()
