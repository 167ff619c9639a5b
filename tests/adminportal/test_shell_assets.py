"""Rules for what stands in templates, styles and scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from adminportal.centre.navigation import ENTRIES
from adminportal.shell.nav import NavEntry

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
PAGES = [path for path in TEMPLATES if "messages" not in path.relative_to(ROOT / "templates").parts]
"""Templates of pages; those of mails carry inline styles because mail readers know nothing else."""
LONGEST_SCRIPT = 150
READABLE = 4.5
"""Contrast that WCAG 2.2 asks of text (1.4.3)."""
PAIRS = (
    ("text", "canvas"),
    ("text", "surface"),
    ("text-2", "canvas"),
    ("text-3", "canvas"),
    ("text-3", "surface"),
    ("brand-text", "surface"),
    ("brand-text", "canvas"),
    ("on-brand", "brand"),
    ("on-brand", "brand-hover"),
    ("on-bar", "bar"),
    ("on-bar", "bar-hover"),
    ("on-bar-field", "bar-field"),
    ("good", "surface"),
    ("good", "good-soft"),
    ("bad", "surface"),
    ("bad", "bad-soft"),
    ("warn", "warn-soft"),
    ("info", "info-soft"),
    ("text", "surface-selected"),
    ("digit", "surface-2"),
    ("symbol", "surface-2"),
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_page_has_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|\|safe\b|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(src|href|action)=["']https?://""", text)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_icons_of_a_page_are_in_the_sprite(path: Path) -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/icons/sprite.svg").read_text(encoding="utf-8")))

    used = set(re.findall(r"""{% icon ["']([a-z-]+)["']""", path.read_text(encoding="utf-8")))
    used |= set(re.findall(r'\bicon="([a-z-]+)"', path.read_text(encoding="utf-8")))

    assert used <= drawn


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.url_name)
def test_icon_of_a_navigation_entry_is_in_the_sprite(entry: NavEntry) -> None:
    sprite = (ROOT / "static/icons/sprite.svg").read_text(encoding="utf-8")

    assert f'<symbol id="{entry.icon}"' in sprite


@pytest.mark.parametrize("path", sorted((ROOT / "templates/components").glob("*.html")), ids=named)
def test_component_starts_with_its_parameters(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("{% comment %}")


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script_is_short_and_evaluates_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= LONGEST_SCRIPT
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|https?://", text)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_style_uses_classes_and_tokens_only(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)

    assert "!important" not in text
    assert not re.search(r"(^|[\s,>+~])#[a-z][\w-]*\s*[,{]", text)
    if path.name not in ("tokens.css", "print.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", text)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_every_token_that_a_style_uses_is_defined(path: Path) -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(style.read_text(encoding="utf-8") for style in STYLES)))

    used = set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8")))

    assert {name for name in used if not name.startswith("--bs-")} <= defined


def colours(theme: str) -> dict[str, str]:
    text = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    block = text.split(f':root[data-theme="{theme}"] {{')[1].split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def test_dark_is_the_same_by_choice_and_by_device() -> None:
    text = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    by_device = text.split(":root:not([data-theme]) {")[1].split("}")[0]
    by_choice = text.split(':root[data-theme="dark"] {')[1].split("}")[0]

    assert by_device.split() == by_choice.split()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_is_readable_on_its_ground(theme: str, ink: str, ground: str) -> None:
    found = colours(theme)

    assert contrast(found[ink], found[ground]) >= READABLE


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
