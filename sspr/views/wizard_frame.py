"""What the pages of the wizard share: how they are drawn, where a step leads, what a form must name."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from sspr.models import RecoveryAttempt
from sspr.wizard_page import SAID, progress_of
from users.support import with_home

LONGEST_MOVES: Final = 4
"""Digits of a number of moves; an attempt ends long before."""
NO_MOVES: Final = -1


def draw(
    request: HttpRequest, template: str, attempt: RecoveryAttempt, page: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Draw a page about an attempt; nothing of it tells whether anybody has the name."""
    number, steps, names = progress_of(attempt)
    frame = {
        "attempt": attempt,
        "moves": attempt.moves,
        "support_code": str(attempt.pk),
        "step_number": number,
        "step_count": steps,
        "step_names": names,
        "said": SAID.get(request.GET.get("said", ""), ""),
    }
    return render(request, f"sspr/{template}.html", frame | page, status=status)


def to_step(*, said: str = "", method: str = "") -> HttpResponseRedirect:
    """Lead to the page of the step that the attempt is at."""
    query = urlencode({name: value for name, value in (("method", method), ("said", said)) if value})
    return HttpResponseRedirect(reverse("sspr:step") + (f"?{query}" if query else ""))


def to_start(request: HttpRequest, *, said: str = "") -> HttpResponseRedirect:
    """Lead to page 1."""
    return HttpResponseRedirect(with_home(request, reverse("sspr:start"), said=said))


def moves_of(request: HttpRequest) -> int:
    """Return the number that the form names, or one that no attempt has."""
    text = request.POST.get("moves", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_MOVES else NO_MOVES
