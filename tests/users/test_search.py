"""Search over people: what is found, what is not, and what a query can never do."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.cast import Cast, make_tenant, signed_in
from users.models import User
from users.roles import Role
from users.search import LONGEST_SEARCH, SearchTooLong, matching, words_of
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("global.admin", roles=(Role.GLOBAL_ADMINISTRATOR,))
    cast.add("reader", display_name="Zoe Reader", roles=(Role.DIRECTORY_READERS,))
    cast.add("oyvind", display_name="Øyvind Ødegård", alternate_email="sea.breeze@mail.example")
    cast.add("strauss", display_name="Jörg Strauß", details={"office": "Ålesund 7"})
    cast.add("under_score", display_name="Percent 100%sure")
    cast.add("underxscore", display_name="Anne-Lise O'Hara")
    return cast


def found(cast: Cast, typed: str, *, by: str = "global.admin") -> list[str]:
    client = signed_in(cast[by])
    response = client.get("/users/active", {"search": typed})
    assert response.status_code == 200
    return [row.user.user_principal_name.partition("@")[0] for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Øyvind", ["oyvind"]),
        ("ODEGARD", ["oyvind"]),
        ("ødegård øyvind", ["oyvind"]),
        ("degar", ["oyvind"]),
        ("strauß", ["strauss"]),
        ("STRAUSS", ["strauss"]),
        ("jorg", ["strauss"]),
        ("ales", ["strauss"]),
        ("breeze@mail", ["oyvind"]),
        ("o'hara", ["underxscore"]),
        ("  anne-lise \t ", ["underxscore"]),
        ("øyvind strauß", []),
        ("nobody", []),
    ],
)
def test_fragments_are_found_whatever_case_accent_and_order(cast: Cast, typed: str, expected: list[str]) -> None:
    assert found(cast, typed) == expected


def test_masked_address_of_a_role_holder_is_no_way_to_find_them(cast: Cast) -> None:
    """A helpdesk sees ordinary people's addresses, and only a mask of those of whom it may not reset."""
    cast.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    cast.add(
        "boss", display_name="Sea Boss", alternate_email="sea.shore@mail.example", roles=(Role.BILLING_ADMINISTRATOR,)
    )
    cast.add("synced", alternate_email="sea.shell@mail.example", details={"on_premises_sync_enabled": True})

    assert found(cast, "sea.breeze", by="helpdesk") == ["oyvind"]
    assert found(cast, "sea.s", by="helpdesk") == []
    assert found(cast, "sea boss", by="helpdesk") == ["boss"]


def test_reader_who_sees_addresses_masked_finds_nobody_by_them(cast: Cast) -> None:
    assert found(cast, "sea.breeze") == ["oyvind"]
    assert found(cast, "sea.breeze", by="reader") == []
    assert found(cast, "Øyvind", by="reader") == ["oyvind"]


def test_fragments_under_three_characters_are_beginnings_of_words(cast: Cast) -> None:
    assert found(cast, "ød") == ["oyvind"]
    assert found(cast, "yv") == []
    assert found(cast, "s") == ["strauss", "oyvind"]
    assert found(cast, "7") == ["strauss"]


def test_like_characters_are_taken_literally(cast: Cast) -> None:
    assert found(cast, "der_sco") == ["under_score"]
    assert found(cast, "0%s") == ["under_score"]
    assert found(cast, "p%t") == []
    assert found(cast, "a\\b") == []


@pytest.mark.parametrize("typed", ["%", "_", "%%%", "\\", "' --", "\x01", "\u0301"])
def test_a_text_without_letters_finds_nobody_and_breaks_nothing(cast: Cast, typed: str) -> None:
    assert found(cast, typed) == []


def test_control_characters_are_blanks(cast: Cast) -> None:
    assert words_of("øyvind\x00ødegård") == ("oyvind", "odegard")
    assert found(cast, "øyvind\x01ødegård") == ["oyvind"]


def test_an_empty_search_shows_everybody(cast: Cast) -> None:
    assert len(found(cast, " \t")) == len(cast.people)


def test_a_search_over_the_cap_asks_the_database_for_nobody() -> None:
    words_of("x" * LONGEST_SEARCH)

    with pytest.raises(SearchTooLong):
        words_of("x" * (LONGEST_SEARCH + 1))


def test_changing_a_name_changes_what_finds_it(cast: Cast) -> None:
    person = cast["strauss"]
    with within(cast.tenant):
        person.display_name = "Jörg Nyberg"
        person.fold()
        person.save(update_fields=["display_name", "sort_name", "search_names", "search_text"])

    assert found(cast, "nyberg") == ["strauss"]


@pytest.mark.postgres
@pytest.mark.parametrize(("in_contacts", "index"), [(True, "user_search "), (False, "user_search_names ")])
def test_search_is_answered_from_the_trigram_index(cast: Cast, in_contacts: bool, index: str) -> None:
    with across_tenants():
        fragment = User.objects.filter(matching(words_of("degar"), in_contacts=in_contacts))
        start = User.objects.filter(matching(words_of("od"), in_contacts=in_contacts))
        with connection.cursor() as cursor:
            # So few rows are otherwise read from front to back, whatever indexes there are.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
            plans = [fragment.explain(), start.explain()]

    assert [index in plan for plan in plans] == [True, True], plans
