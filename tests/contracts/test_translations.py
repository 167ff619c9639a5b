"""Every text is translatable and translated, and what comes out in a language is in that language."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django import forms
from django.utils import translation
from django.utils.functional import Promise

from adminportal.tryout import catalogues
from adminportal.tryout.catalogues import ROOT, forms_of, key_of, path_of, read_catalogue
from adminportal.tryout.extraction import PACKAGES, find_texts
from tests.contracts.shown_text import untranslated_texts
from users.access import Decision
from users.refusals import sentence
from users.role_names import NAMES, role_name
from users.roles import Role, Standing

LANGUAGES = tuple(catalogues.LANGUAGES)
LOCALE = ROOT / "locale"
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|<[^>]+>")
SAME_IN_ENGLISH = {"%(first)s–%(last)s of %(total)s", "%(name)s (%(user_name)s)", "NIST SP 800-63B-4"}
"""Texts of more than two words that may read the same in another language."""
DRAWN_BY_HAND = {"ConfirmForm.leave_out_faulty", "ConfirmForm.gives_licence"}
"""Fields whose label stands in the template."""


def _texts() -> Catalog:
    return find_texts(ROOT)


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return _texts()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalogue(language: str) -> Catalog:
    return read_catalogue(path_of(LOCALE, language))


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _ids(catalogue: Catalog) -> set[tuple[str | None, tuple[str, ...]]]:
    return {
        (message.context, (message.id,) if isinstance(message.id, str) else tuple(message.id))
        for message in _messages(catalogue)
    }


def _pairs(message: Message) -> list[tuple[str, str]]:
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    return list(zip(sources, forms_of(message), strict=True))


def test_catalogue_holds_exactly_what_the_sources_say(texts: Catalog, catalogue: Catalog) -> None:
    assert _ids(texts) - _ids(catalogue) == set(), "run `make messages` and translate"
    assert _ids(catalogue) - _ids(texts) == set(), "run `make messages`"
    assert not catalogue.obsolete


def test_every_text_is_translated_in_every_plural_form(catalogue: Catalog) -> None:
    assert [key_of(message) for message in catalogues.missing(catalogue)] == []
    assert all(len(forms_of(message)) == catalogue.num_plurals for message in catalogue if message.pluralizable)


def test_placeholders_and_markup_survive_translation(catalogue: Catalog) -> None:
    for message in _messages(catalogue):
        for source, translated in _pairs(message):
            assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(source)), source
            if "%(" in source:
                assert translated % defaultdict(lambda: "1")


def test_translations_keep_the_manner_of_the_source(catalogue: Catalog) -> None:
    for message in _messages(catalogue):
        for source, translated in _pairs(message):
            assert translated == translated.strip(), source
            assert "!" not in translated.replace("! #", ""), source
            assert "  " not in translated, source
            assert translated.endswith(".") == source.endswith("."), source
            if len(source.split()) > 2 and source not in SAME_IN_ENGLISH:
                assert translated != source, source


def test_catalogue_is_compiled_into_what_is_shown(language: str, catalogue: Catalog) -> None:
    with translation.override(language):
        for message in _messages(catalogue):
            forms_shown = forms_of(message)
            if message.pluralizable:
                shown = tuple(translation.ngettext(*message.id, number) for number in (1, 2))
            elif message.context:
                shown = (translation.pgettext(message.context, message.id),)
            else:
                shown = (translation.gettext(message.id),)
            assert shown == forms_shown


def test_update_keeps_translations_and_drops_what_the_sources_dropped(tmp_path: Path) -> None:
    path = path_of(tmp_path, "nb")
    before, after = Catalog(), Catalog()
    before.add("Users")
    before.add("Gone")
    after.add("Users")
    after.add(("%(n)s user", "%(n)s users"))
    written = catalogues.update_catalogue(path, texts=before)
    written["Users"].string = "Brukere"
    catalogues._write(path, written, name="Norwegian Bokmål")

    updated = catalogues.update_catalogue(path, texts=after)

    assert updated["Users"].string == "Brukere"
    assert updated.get("Gone") is None
    assert [key_of(message) for message in catalogues.missing(updated)] == ["%(n)s user"]
    assert _ids(read_catalogue(path)) == _ids(after)
    stamp = path.stat().st_mtime_ns
    catalogues.update_catalogue(path, texts=after)
    assert path.stat().st_mtime_ns == stamp


def test_extraction_finds_every_way_to_mark_a_text(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "users" / "names.py").write_text(
        'a = _("One")\nb = ngettext("%(n)s row", "%(n)s rows", n)\nc = pgettext("pager", "Next")\nd = "plain"\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{% comment %}{% translate "Silent" %}{% endcomment %}<p title="{% translate "Two" %}">it\'s\n'
        '    {% include "a.html" with label=_("Three") only %}{{ value|default:_("Four") }}\n'
        "  {% blocktranslate trimmed with name=x %}\n    Hello {{ name }},\n    100% of it\n  {% endblocktranslate %}\n"
        '{% translate "Next" context "pager" %}{% translate "Five" as five %}\n'
        "{% blocktranslate count n=n asvar all %}{{ n }} user{% plural %}{{ n }} users{% endblocktranslate %}</p>"
    )

    assert _ids(find_texts(tmp_path)) == {
        (None, ("One",)),
        (None, ("%(n)s row", "%(n)s rows")),
        ("pager", ("Next",)),
        *((None, (word,)) for word in ("Two", "Three", "Four", "Five")),
        (None, ("Hello %(name)s, 100%% of it",)),
        (None, ("%(n)s user", "%(n)s users")),
    }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_template_shows_no_text_outside_translation(template: Path) -> None:
    assert untranslated_texts(template) == []


def test_words_outside_translation_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}<p title="Plain title" class="unseen">{% translate "Fine" %} Plain words {{ value }}</p>'
        '{% blocktranslate %}Fine too{% endblocktranslate %}{% include "x.html" with label="Plain label" only %}'
    )

    assert untranslated_texts(page) == ["Plain title", "Plain words", 'label="Plain label']


def _form_classes() -> list[type[forms.BaseForm]]:
    found, waiting = [], [forms.Form]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        waiting += subclasses
        found += [form for form in subclasses if form.__module__.split(".")[0] in PACKAGES]
    return found


def test_labels_and_help_of_every_form_are_translatable() -> None:
    import adminportal.urls  # noqa: F401  # every form is imported by a view

    fields = [(form, name, field) for form in _form_classes() for name, field in form.base_fields.items()]
    plain = [
        f"{form.__qualname__}.{name}"
        for form, name, field in fields
        if not field.widget.is_hidden
        and not (isinstance(field.label, Promise) and (not field.help_text or isinstance(field.help_text, Promise)))
    ]

    assert fields
    assert set(plain) == DRAWN_BY_HAND


def test_role_names_in_english_are_those_of_the_catalogue_of_roles() -> None:
    with translation.override("en"):
        assert {held: role_name(held) for held in (*Role, *Standing)} == {
            held: held.value for held in (*Role, *Standing)
        }
    assert set(NAMES) == {*Role, *Standing}


def test_refusal_names_roles_in_the_language_of_the_reader() -> None:
    names = ", ".join((Role.GLOBAL_READER, Role.REPORTS_READER))
    values = {
        "user": "Adele Vance",
        "role": names,
        "best": Role.HELPDESK_ADMINISTRATOR,
        "enough": "Global Administrator",
    }
    decision = Decision(allowed=False, code="RESET_TARGET_ROLE", values=values)

    with translation.override("nb"):
        told = sentence(decision)

    assert "Global leser, Rapportleser" in told
    assert "Brukerstøtteadministrator" in told
    assert "Global administrator" in told
    assert decision.values["role"] == "Global Reader, Reports Reader"
