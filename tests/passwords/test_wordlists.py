"""The block list, the global list and the files that larger ones come from."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from passwords import banned
from passwords.banned import score
from passwords.wordlists import ListUnreadable


@pytest.fixture(autouse=True)
def lists_put_back() -> Iterator[None]:
    """Leave the shipped lists behind, whatever a test loaded."""
    yield
    banned._loaded_terms.clear()
    banned._blocklist.cache_clear()


@pytest.mark.parametrize("text", ["password", "PassWord", "p@ssw0rd", "QWERTY", "iloveyou"])
def test_common_password_is_on_the_blocklist(text: str) -> None:
    assert banned.is_on_blocklist(text)


@pytest.mark.parametrize("text", ["password-of-nobody", "xpassword", "zK8wqv3mRt"])
def test_other_password_is_not_on_the_blocklist(text: str) -> None:
    assert not banned.is_on_blocklist(text)


def test_blocklist_holds_all_common_passwords_that_django_ships() -> None:
    assert len(banned._blocklist()) > 19_000


def test_larger_blocklist_loads_from_plain_and_packed_files(tmp_path: Path) -> None:
    plain, packed = tmp_path / "more.txt", tmp_path / "most.txt.gz"
    plain.write_text("Zorbul-Zorbul\nÅngström99\n\n", encoding="utf-8")
    packed.write_bytes(gzip.compress(b"kv1tter-kv1tter\r\n"))
    assert not banned.is_on_blocklist("zorbul-zorbul")

    added = banned.load_blocklist([plain, packed])

    assert added == 4  # three as they stand, and one whose matching form differs
    assert banned.is_on_blocklist("Z0RBUL-zorbul")
    assert banned.is_on_blocklist("A\u030angstro\u0308m99")
    assert banned.is_on_blocklist("kvltter-kv1tter")
    assert banned.is_on_blocklist("password")
    assert banned.load_blocklist([plain]) == 0


def test_blocklist_lowers_the_whole_word_where_a_sign_alone_would_differ(tmp_path: Path) -> None:
    path = tmp_path / "greek.txt"
    path.write_text("οδοσοδος\n", encoding="utf-8")  # ends in the final form of sigma
    banned.load_blocklist([path])

    assert banned.is_on_blocklist("ΟΔΟΣΟΔΟΣ")


def test_unreadable_blocklist_changes_nothing_and_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    torn, garbled = tmp_path / "torn.gz", tmp_path / "garbled.gz"
    good.write_text("zorbul-zorbul\n", encoding="utf-8")
    bad.write_bytes(b"\xff\xfe\xfa")
    torn.write_bytes(gzip.compress(b"word\n" * 50)[:-12])
    garbled.write_bytes(gzip.compress(b"word")[:10] + b"\xff" * 20)

    for path in (bad, torn, garbled, tmp_path / "missing.txt"):
        with pytest.raises(ListUnreadable, match=path.name):
            banned.load_blocklist([good, path])

    assert not banned.is_on_blocklist("zorbul-zorbul")


def test_global_list_is_replaced_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("# our words\nZ0rbul\n", encoding="utf-8")
    before = score("zorbul").value

    assert banned.load_global_terms(path) == 1

    assert before > 1
    assert score("zorbul").value == 1


def test_global_list_with_a_wrong_term_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("zorbul\nabc\n", encoding="utf-8")

    with pytest.raises(ListUnreadable, match="'abc'"):
        banned.load_global_terms(path)

    assert score("password").value == 1
