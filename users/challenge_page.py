"""What a page shows that tells people from programs by a challenge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.captcha import PICTURE_FIELD, TEXT_FIELD, Answer, Purpose, make

WORDS: Final[Mapping[Answer, str | Promise]] = {
    Answer.WRONG: _("That is not what the picture shows. Try again."),
    Answer.EXPIRED: _("That took too long, or was used already. Try again."),
}
"""What is said of an answer that was not right."""


def challenge_page(
    request: HttpRequest,
    purpose: Purpose,
    *,
    answer: Answer | None,
    level: int = 0,
    words: Mapping[Answer, str | Promise] = WORDS,
    now: datetime,
) -> dict[str, object]:
    """Return what ``components/captcha.html`` draws; a picture that was answered wrongly stays the same."""
    keep = request.POST.get(PICTURE_FIELD, "") if answer is Answer.WRONG else ""
    return {
        "captcha": make(purpose, level=level, now=now, keep=keep),
        "captcha_error": words.get(answer, "") if answer else "",
        "shows_picture": "picture" in request.GET or TEXT_FIELD in request.POST,
    }
