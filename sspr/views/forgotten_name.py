"""Forgot your user name: an address, a challenge, and one answer whatever the address is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import captcha, clock, correlation
from adminportal.captcha import Answer, Purpose
from adminportal.shell.policy import plays_sound
from adminportal.throttle.meter import source_of
from sspr.services.forgotten_name import ask_for_names
from users.access import public
from users.addresses import LONGEST_ADDRESS, is_address
from users.challenge_page import challenge_page
from users.support import remembers_home


@public
@remembers_home
@never_cache
@plays_sound
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_name(request: HttpRequest) -> HttpResponse:
    """Ask for an address and keep the question; a worker looks whether anybody uses it."""
    if request.method != "POST":
        return _page(request, address="")
    address, now = request.POST.get("address", "").strip(), clock.now()
    if not is_address(address):
        return _page(request, address=address, address_error=_("Type an email address, such as name@mail.example."))
    answer = captcha.check_answer(Purpose.USER_NAME, request.POST, now=now)
    if answer is not Answer.RIGHT:
        return _page(request, address=address, answer=answer)
    source = source_of(correlation.current().ip_address)
    ask_for_names(address, source=source, language=get_language() or "en", now=now)
    return HttpResponseRedirect(reverse("sspr:forgotten-name-sent"))


@public
@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what happens now; the same for every address."""
    return render(request, "sspr/forgotten_name_sent.html")


def _page(request: HttpRequest, *, address: str, address_error: str = "", answer: Answer | None = None) -> HttpResponse:
    challenge = challenge_page(request, Purpose.USER_NAME, answer=answer, now=clock.now())
    page = {"address": address[:LONGEST_ADDRESS], "address_error": address_error} | challenge
    return render(request, "sspr/forgotten_name.html", page, status=422 if request.method == "POST" else 200)
