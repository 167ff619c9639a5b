"""The block list, the global list and the files that larger ones come from."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", ["password", "PassWord", "p@ssw0rd", "QWERTY", "iloveyou"])
def test_common_password_is_on_the_blocklist(text: str) -> None:
    assert banned.is_on_blocklist(text)


@pytest.mark.parametrize("text", ["password-of-nobody", "xpassword", "zK8wqv3mRt"])
def test_other_password_is_not_on_the_blocklist(text: str) -> None:
    assert not banned.is_on_blocklist(text)


def test_blocklist_holds_all_common_passwords_that_django_ships() -> None:
    assert len(banned._blocklist()) > 19_000


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
