"""Every page in each of its states: axe finds nothing, and it fits every window; in the dark in the long tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser import atlas
from tests.browser.portal import EDGES, Portal, misfits, violations
from tests.browser.sheets import NO_PAGES, PARTS
from tests.cast import Cast


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


def test_every_route_is_looked_at_or_draws_no_page() -> None:
    looked_at = {sheet.route for sheets in PARTS.values() for sheet in sheets}

    assert set(_names(get_resolver("adminportal.urls"))) == (looked_at | NO_PAGES.keys()) - {"shown-error"}


@pytest.mark.browser
@pytest.mark.urls(atlas.__name__)
@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_and_nothing_overflows(portal: Portal, cast: Cast, part: str) -> None:
    faults: list[str] = []
    for sheet, tab in _walk(portal, cast, part):
        faults += [f"{sheet.name}: {fault}" for fault in violations(tab)]
        for width, height in EDGES:
            tab.set_viewport_size({"width": width, "height": height})
            faults += [f"{sheet.name} at {width}: {fault}" for fault in misfits(tab)]

    assert faults == []


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.urls(atlas.__name__)
@pytest.mark.parametrize("part", PARTS)
def test_colours_can_be_read_in_the_dark_on_every_page(portal: Portal, cast: Cast, part: str) -> None:
    faults: list[str] = []
    for sheet, tab in _walk(portal, cast, part):
        tab.emulate_media(color_scheme="dark", reduced_motion="reduce")
        faults += [f"{sheet.name}: {fault}" for fault in violations(tab, only_colours=True)]

    assert faults == []


def _walk(portal: Portal, cast: Cast, part: str) -> Iterator[tuple[atlas.Sheet, Page]]:
    atlas.warm_up(cast)
    for sheet in (sheet for sheet in PARTS[part] if not sheet.is_letter):
        tab = portal.next_tab(cast[sheet.who] if sheet.who else None)
        tab.emulate_media(reduced_motion="reduce")
        sheet.way(tab, cast)
        yield sheet, tab
