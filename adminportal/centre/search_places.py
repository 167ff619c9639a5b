"""Pages and settings that the search in the top bar finds: those that this reader may open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext

from adminportal.centre import org_settings_form
from adminportal.centre.search_hits import Hit, is_said
from adminportal.shell import nav
from sspr import policy_settings, settings_words
from sspr.views.settings_frame import blade_groups
from users.actors import Actor
from users.services.tenant_settings import readable_settings

Place = tuple[Hit, str]
"""Where a hit leads, and everything by which it is found."""


def find_places(request: HttpRequest, actor: Actor, words: tuple[str, ...]) -> list[Hit]:
    """Return the pages, blades and sections of settings that match, each address once; no query."""
    found: dict[str, Hit] = {}
    for places in (_of_navigation(request), _of_blades(actor), _of_org_settings(actor)):
        for hit, text in places:
            if is_said(words, text):
                found.setdefault(hit.url, hit)
    return list(found.values())


def _of_navigation(request: HttpRequest) -> Iterator[Place]:
    for group in nav.entries_for(request):
        for link in group.links:
            yield Hit(label=str(link.label), url=link.url, note=str(group.label)), str(link.label)


def _of_blades(actor: Actor) -> Iterator[Place]:
    settings_of = {
        reverse(f"sspr:settings-{blade}"): [
            settings_words.WORDS[each.column][0]
            for each in policy_settings.SETTINGS.values()
            if each.blade is blade and each.column in settings_words.WORDS
        ]
        for blade in policy_settings.Blade
    }
    for group in blade_groups(actor, route=""):
        for link in group.links:
            hit = Hit(label=str(link.label), url=link.url, note=gettext("Password reset"))
            yield hit, _text(link.label, settings_of.get(link.url, ()))


def _of_org_settings(actor: Actor) -> Iterator[Place]:
    readable = readable_settings(actor)
    url = reverse("centre:org-settings")
    for code, (heading, columns) in org_settings_form.SECTIONS.items():
        if not readable.intersection(columns):
            continue
        hit = Hit(label=str(heading), url=f"{url}#section-{code}", note=gettext("Org settings"))
        yield hit, _text(heading, (org_settings_form.WORDS[column][0] for column in columns))


def _text(heading: str | Promise, labels: Iterable[str | Promise]) -> str:
    return " ".join(str(each) for each in (heading, *labels))
