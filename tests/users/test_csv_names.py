"""Lists of user names: encodings, separators, the column that is read, and what is refused."""

from __future__ import annotations

import io

import pytest

from users.csv_layout import CsvRefused
from users.csv_names import MOST_NAMES, read_names


def names(text: str, encoding: str = "utf-8") -> list[tuple[int, str]]:
    return list(read_names(io.BytesIO(text.encode(encoding))))


def refusal(source: bytes) -> str:
    with pytest.raises(CsvRefused) as refused:
        list(read_names(io.BytesIO(source)))
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_name_a_line_is_read_in_every_encoding(encoding: str, end: str) -> None:
    assert names(f"anna@contoso.example{end}{end}ÅSE@contoso.example{end}", encoding) == [
        (1, "anna@contoso.example"),
        (3, "ÅSE@contoso.example"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_column_user_name_is_read_wherever_it_stands(separator: str) -> None:
    rows = [("Display Name", "USER  name", "Office"), ("Anna", "anna@contoso.example", ""), ("Bo", "", "2")]

    assert names("\n".join(separator.join(row) for row in rows)) == [(2, "anna@contoso.example")]


def test_single_column_with_its_header_is_read_without_the_header() -> None:
    assert names("User Name\nanna@contoso.example") == [(2, "anna@contoso.example")]


def test_control_characters_and_endless_names_are_made_harmless() -> None:
    (first, second) = names("an\x00na@contoso.example\n" + "x" * 500)

    assert first == (1, "an\N{REPLACEMENT CHARACTER}na@contoso.example")
    assert len(second[1]) < 200


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"User Name\n", "empty"),
        (b"Name,Office\nanna@contoso.example,2", "column"),
        (b"anna@contoso.example,Anna\n", "column"),
        (b"\xff\xfe\x00\xd8", "encoding"),
        (b"\xc3\x28@contoso.example", "encoding"),
        (b'"anna@contoso.example', "quotes"),
        (b"x" * 200_000, "field"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(source: bytes, code: str) -> None:
    assert refusal(source) == code


def test_more_names_than_one_job_takes_are_refused() -> None:
    assert refusal(b"a@contoso.example\n" * (MOST_NAMES + 1)) == "rows"
