"""Until the wizard exists: a page that tells whom to ask and sends nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from users.access import public


@public
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Tell whom to ask; the same page for everybody."""
    return render(request, "sspr/whom_to_ask.html")
