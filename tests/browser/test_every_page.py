"""Every page in each of its states: axe finds nothing, and it fits every window.

Every second page is looked at in its first state; the others, their other states, and all in the dark, take the time of
the long tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser import atlas
from tests.browser.portal import EDGES, Portal, misfits, violations
from tests.browser.sheets import NO_PAGES, PARTS
from tests.cast import Cast

ERROR = "shown-error"
WHOLE = {ERROR, "sspr:step"}
"""Routes whose states are pages of their own: errors, and the steps of Forgot password."""


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


def test_every_route_is_looked_at_or_draws_no_page() -> None:
    looked_at = {sheet.route for sheets in PARTS.values() for sheet in sheets}

    assert set(_names(get_resolver("adminportal.urls"))) == (looked_at | NO_PAGES.keys()) - {ERROR}


@pytest.mark.browser
@pytest.mark.urls(atlas.__name__)
@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_and_nothing_overflows(portal: Portal, cast: Cast, part: str) -> None:
    assert _faults(portal, cast, _taken(part)) == []


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.urls(atlas.__name__)
@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_on_the_others(portal: Portal, cast: Cast, part: str) -> None:
    taken = _taken(part)

    assert _faults(portal, cast, [sheet for sheet in PARTS[part] if sheet not in taken]) == []


def _taken(part: str) -> list[atlas.Sheet]:
    first = {sheet.route: sheet for sheet in reversed(PARTS[part])}
    return [sheet for sheet in PARTS[part] if sheet.route in WHOLE or first[sheet.route] is sheet][::2]


def _faults(portal: Portal, cast: Cast, sheets: Iterable[atlas.Sheet]) -> list[str]:
    faults: list[str] = []
    for sheet, tab in _walk(portal, cast, sheets):
        faults += [f"{sheet.name}: {fault}" for fault in violations(tab)]
        for width, height in EDGES:
            tab.set_viewport_size({"width": width, "height": height})
            faults += [f"{sheet.name} at {width}: {fault}" for fault in misfits(tab)]
    return faults


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.urls(atlas.__name__)
@pytest.mark.parametrize("part", PARTS)
def test_colours_can_be_read_in_the_dark_on_every_page(portal: Portal, cast: Cast, part: str) -> None:
    faults: list[str] = []
    for sheet, tab in _walk(portal, cast, PARTS[part]):
        tab.emulate_media(color_scheme="dark", reduced_motion="reduce")
        faults += [f"{sheet.name}: {fault}" for fault in violations(tab, only_colours=True)]

    assert faults == []


def _walk(portal: Portal, cast: Cast, sheets: Iterable[atlas.Sheet]) -> Iterator[tuple[atlas.Sheet, Page]]:
    atlas.warm_up(cast)
    for sheet in (sheet for sheet in sheets if not sheet.is_letter):
        tab = portal.next_tab(cast[sheet.who] if sheet.who else None)
        tab.emulate_media(reduced_motion="reduce")
        sheet.way(tab, cast)
        yield sheet, tab
