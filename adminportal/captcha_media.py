"""Draws and speaks digits for whoever cannot run scripts; made anew each time it is asked for."""

from __future__ import annotations

from functools import cache

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha

WIDTH = 280
HEIGHT = 90
"""Pixels of the picture; it fits the narrowest screen."""
INK = (255, 255, 255, 255)
PAPER = (24, 24, 24)
"""White on dark in every theme: the library paints dark ink so thin that it could hardly be read."""


def picture(text: str) -> bytes:
    """Draw a text as a PNG."""
    return _painter().generate(text, bg_color=PAPER, fg_color=INK).getvalue()


def sound(text: str) -> bytes:
    """Speak the digits of a text as a WAV file."""
    return bytes(_speaker().generate(text))


@cache
def _painter() -> ImageCaptcha:
    return ImageCaptcha(width=WIDTH, height=HEIGHT)


@cache
def _speaker() -> AudioCaptcha:
    speaker = AudioCaptcha()
    speaker.load()
    return speaker
