"""``load_blocklist``: a larger list of refused passwords, shared by every process and followed at once."""

from __future__ import annotations

import gzip
import json
import random
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from adminportal.sealing import Secret
from passwords import banned, blocklist_file
from passwords.policy import PersonWords, Profile, judge, rules_of

TORN = gzip.compress(b"word-of-a-bad-file\n" * 50)[:-12]
GARBLED = gzip.compress(b"word-of-a-bad-file")[:10] + b"\xff" * 20


@pytest.fixture(autouse=True)
def var_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path / "var"
    return Path(settings.VAR_DIR)


def _load(folder: Path, *lines: str, name: str = "list.txt") -> str:
    path = folder / name
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    out = StringIO()
    call_command("load_blocklist", path, json=True, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["list.txt", "list.txt.gz"])
def test_password_of_the_file_is_refused_in_every_spelling(tmp_path: Path, name: str) -> None:
    assert not banned.is_on_blocklist("Zorbul-Kv1tter")

    told = json.loads(_load(tmp_path, "zorbul-kvltter", "Ångström99", "", name=name))

    assert told["passwords"] == 2
    for text in ("Zorbul-Kvltter", "Z0RBUL-kv1tter", "A\u030angstro\u0308m99", "password"):
        assert banned.is_on_blocklist(text), text
    assert not banned.is_on_blocklist("zorbul-kvitterX")


def test_whole_word_is_lowered_where_a_sign_alone_would_differ(tmp_path: Path) -> None:
    _load(tmp_path, "οδοσοδος")  # ends in the final form of sigma

    assert banned.is_on_blocklist("ΟΔΟΣΟΔΟΣ")


def test_policy_refuses_it(tmp_path: Path) -> None:
    rules = rules_of(Profile.MICROSOFT_365, banned_scoring=False)
    person = PersonWords(first_name="", last_name="", user_name="adele@contoso.example", product_name="adminportal")
    typed = Secret("Harbour-Lantern-58")
    assert judge(typed, rules=rules, person=person) == ()

    _load(tmp_path, "harbour-lantern-58")

    assert [found.values for found in judge(typed, rules=rules, person=person)] == [{"reason": "blocklist"}]


def test_every_entry_of_a_long_list_is_found_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = {f"{chance.getrandbits(60):x}" for _ in range(6_000)}
    loaded, others = sorted(words)[:3_000], sorted(words)[3_000:]

    _load(tmp_path, *loaded, *loaded)

    assert all(blocklist_file.is_in_file(word) for word in loaded)
    assert not any(blocklist_file.is_in_file(word) for word in others)


def test_second_list_takes_the_place_of_the_first_at_once(tmp_path: Path) -> None:
    _load(tmp_path, "first-of-lists")
    assert banned.is_on_blocklist("first-of-lists")

    _load(tmp_path, "second-of-lists")

    assert not banned.is_on_blocklist("first-of-lists")
    assert banned.is_on_blocklist("second-of-lists")


@pytest.mark.parametrize(
    "content",
    [b"word-of-a-bad-file\n\xff\xfe\n", b"", b"\n\n", None, TORN, GARBLED],
    ids=["not UTF-8", "empty", "blank lines", "missing", "torn", "garbled"],
)
def test_file_that_cannot_be_used_leaves_the_list_in_use(tmp_path: Path, var_dir: Path, content: bytes | None) -> None:
    _load(tmp_path, "first-of-lists")
    bad = tmp_path / ("bad.gz" if content in (TORN, GARBLED) else "bad.txt")
    if content is not None:
        bad.write_bytes(content)

    with pytest.raises(CommandError, match="The list in use is unchanged"):
        call_command("load_blocklist", bad)

    assert banned.is_on_blocklist("first-of-lists")
    assert not banned.is_on_blocklist("word-of-a-bad-file")
    assert [path.name for path in var_dir.iterdir()] == [blocklist_file.NAME]


def test_file_of_another_kind_is_no_list(var_dir: Path) -> None:
    var_dir.mkdir()
    for content in (b"something else altogether" * 4, b""):
        (var_dir / blocklist_file.NAME).write_bytes(content)

        assert not banned.is_on_blocklist("zorbul")


def test_password_does_not_rest_in_the_file(tmp_path: Path, var_dir: Path) -> None:
    _load(tmp_path, "zorbul-zorbul")

    assert b"zorbul" not in (var_dir / blocklist_file.NAME).read_bytes()


def test_folder_that_takes_no_file_is_named_and_nothing_is_lost(tmp_path: Path, settings: Settings) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("")
    settings.VAR_DIR = occupied / "var"

    with pytest.raises(CommandError, match=r"cannot be kept in .*occupied"):
        _load(tmp_path, "Zorbul-Kv1tter")
