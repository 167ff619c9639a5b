"""Template tags of the frame: icons, initials, readable secrets, links into the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.templatetags.static import static
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.shell.spelling import Spelled, spell

register = template.Library()

CHARACTERS_A_GROUP = 4


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a secret and what colour it gets."""

    text: str
    kind: str


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """Draw an icon of the sprite, silent to screen readers; ``size`` in pixels."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" aria-hidden="true" focusable="false">'
        '<use href="{1}#{2}"></use></svg>',
        size,
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def panel_link(url: str) -> SafeString:
    """Make a link that opens its page in the panel, and as a page of its own without JavaScript."""
    return format_html('href="{0}" hx-get="{0}" hx-target="#panel" hx-push-url="true"', url)


@register.tag
def capture(parser: Parser, token: Token) -> CaptureNode:
    """Keep what stands between ``{% capture name %}`` and ``{% endcapture %}`` to be shown more than once."""
    name = token.split_contents()[1]
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return CaptureNode(name, nodelist)


class CaptureNode(template.Node):
    """Renders its content into a variable; blocks inside it can still be overridden."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        content = self.nodelist.render(context)
        context[self.name] = content if content.strip() else ""
        return SafeString("")


@register.filter
def initials(name: str) -> str:
    """Return at most two letters for the coin beside a name."""
    letters = [word[0] for word in str(name).split() if word[0].isalnum()]
    return (letters[0] + letters[-1] if len(letters) > 1 else "".join(letters)).upper()


@register.filter
def coin_shade(name: str) -> int:
    """Return which of eight coin colours a name always gets."""
    return sum(ord(letter) for letter in str(name)) % 8


@register.filter
def breakable(text: str) -> SafeString:
    """Let user names in a narrow column break behind their @."""
    return SafeString(conditional_escape(text).replace("@", "@<wbr>"))


@register.filter
def grouped(number: int) -> str:
    """Return a number as it is read in the active language: 12,345."""
    return number_format(number, force_grouping=True, use_l10n=True)


@register.filter
def met(ticks: Sequence[tuple[str, bool | None]]) -> int:
    """Return how many rules of a password hold."""
    return sum(1 for _sentence, holds in ticks if holds)


@register.filter
def zoned(moment: datetime) -> str:
    """Return a moment with the name of its zone, for where no foot of the page names it."""
    local = localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


@register.filter
def seconds_left(moment: datetime | None) -> int:
    """Return the whole seconds until a moment, 0 when it is over or unknown."""
    return max(0, int((moment - clock.now()).total_seconds())) if moment else 0


@register.filter
def character_groups(value: Secret | str) -> list[list[Character]]:
    """Split a secret into groups of four characters, each named letter, digit or symbol."""
    text = value.expose() if isinstance(value, Secret) else str(value)
    characters = [Character(letter, _kind(letter)) for letter in text]
    return [characters[start : start + CHARACTERS_A_GROUP] for start in range(0, len(characters), CHARACTERS_A_GROUP)]


@register.filter
def spelled(value: Secret | str) -> list[Spelled]:
    """Return how each character of a secret is said in the active language."""
    return spell(value.expose() if isinstance(value, Secret) else str(value))


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    return "letter" if letter.isalpha() else "symbol"
