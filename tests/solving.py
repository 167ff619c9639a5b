"""Answers challenges of public pages as a browser or a person would."""

from __future__ import annotations

import html
import json
import re

from altcha import Challenge, Payload, solve_challenge
from django.http import HttpResponse

from adminportal import captcha, clock

WORK = re.compile(r'data-proof="([^"]*)"')
TOKEN = re.compile(r'name="captcha" value="([^"]*)"')


def work_of(challenge: str) -> str:
    """Do the work that a challenge asks for and return what the browser would send."""
    given = Challenge.from_dict(json.loads(challenge))
    solution = solve_challenge(given)
    assert solution is not None
    return Payload(given, solution).to_base64()


def solved(page: HttpResponse) -> dict[str, str]:
    """Return the fields by which a browser with scripts answers the challenge of a page."""
    found = WORK.search(page.content.decode())
    assert found is not None, "the page asks for no work"
    return {captcha.WORK_FIELD: work_of(html.unescape(found[1]))}


def read_aloud(page: HttpResponse) -> dict[str, str]:
    """Return the fields by which a person without scripts answers the picture of a page."""
    found = TOKEN.search(page.content.decode())
    assert found is not None, "the page shows no picture"
    return {
        captcha.PICTURE_FIELD: found[1],
        captcha.TEXT_FIELD: captcha.text_of(found[1], now=clock.now()),
    }
