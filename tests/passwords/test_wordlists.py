"""The block list, the global list and the files that larger ones come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from passwords import banned
from passwords.wordlists import ListUnreadable


@pytest.mark.parametrize("text", ["password", "PassWord", "p@ssw0rd", "QWERTY", "iloveyou"])
def test_common_password_is_on_the_blocklist(text: str) -> None:
    assert banned.is_on_blocklist(text)


@pytest.mark.parametrize("text", ["password-of-nobody", "xpassword", "zK8wqv3mRt"])
def test_other_password_is_not_on_the_blocklist(text: str) -> None:
    assert not banned.is_on_blocklist(text)


def test_blocklist_holds_all_common_passwords_that_django_ships() -> None:
    assert len(banned._blocklist()) > 19_000


def test_list_of_terms_is_read_without_its_notes_in_matching_form(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("# our words\nZ0rbul\n", encoding="utf-8")

    assert banned.read_terms(path) == ("zorbul",)


def test_list_with_a_term_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("zorbul\nabc\n", encoding="utf-8")

    with pytest.raises(ListUnreadable, match="'abc'"):
        banned.read_terms(path)
