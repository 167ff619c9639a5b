"""The navigation: who sees what, in which order, and what is marked as here."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from adminportal.shell import nav
from adminportal.shell.nav import NavEntry, Section


def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


_places = [path("", _page, name="home"), path("people", _page, name="people"), path("people/gone", _page, name="gone")]
urlpatterns = [path("", include((_places, "desk")))]
pytestmark = pytest.mark.urls(__name__)

HOME = NavEntry(section=Section.HOME, label="Home", url_name="desk:home", icon="home")
GONE = NavEntry(
    section=Section.USERS, label="Gone", url_name="desk:gone", icon="people", order=20, permission="see:gone"
)
PEOPLE = NavEntry(section=Section.USERS, label="People", url_name="desk:people", icon="people", order=10)
UNBUILT = NavEntry(section=Section.GROUPS, label="Groups", url_name="desk:groups", icon="group")


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nav, "_entries", {})
    for entry in (UNBUILT, GONE, PEOPLE, HOME):
        nav.register(entry)
    yield


def drawn(address: str, *permissions: str) -> list[tuple[str, bool]]:
    request = RequestFactory().get(address)
    request.actor = SimpleNamespace(permissions=frozenset(permissions))
    return [(str(link.label), link.current) for group in nav.entries_for(request) for link in group.links]


def test_entries_stand_by_section_and_then_by_order() -> None:
    assert [label for label, _here in drawn("/x", "see:gone")] == ["Home", "People", "Gone"]


def test_entry_without_its_permission_is_hidden() -> None:
    assert "Gone" not in [label for label, _here in drawn("/x")]


def test_entry_that_nothing_answers_to_is_left_out() -> None:
    assert "Groups" not in [label for label, _here in drawn("/x", "see:gone")]


def test_only_the_closest_entry_is_marked_as_here() -> None:
    assert drawn("/people/gone/7", "see:gone") == [("Home", False), ("People", False), ("Gone", True)]
    assert drawn("/people/7") == [("Home", False), ("People", True)]


def test_home_is_marked_on_its_own_page_only() -> None:
    assert drawn("/") == [("Home", True), ("People", False)]
    assert drawn("/peoples") == [("Home", False), ("People", False)]


def test_nobody_sees_no_navigation() -> None:
    request = RequestFactory().get("/")

    assert nav.entries_for(request) == ()
    request.actor = None
    assert nav.entries_for(request) == ()


def test_same_entry_twice_counts_once_and_another_one_is_refused() -> None:
    nav.register(HOME)

    with pytest.raises(ValueError, match="desk:home"):
        nav.register(NavEntry(section=Section.HELP, label="Other", url_name="desk:home", icon="help"))
    assert [label for label, _here in drawn("/x")].count("Home") == 1
