"""Fresh proof of who is signed in, asked before what must not be done with a stolen session."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock, correlation
from adminportal.sealing import Secret
from adminportal.throttle import Throttled
from adminportal.throttle.meter import source_of
from users import cookies
from users.access import open_to_unregistered, own_account
from users.request import PortalRequest
from users.services.fresh_proof import NoSuchWay, ProofWay, list_ways, prove_by_code, send_code
from users.services.sign_in import prove_again
from users.views.sign_in import later, safe_target


@own_account
@open_to_unregistered
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PortalRequest) -> HttpResponse:
    """Take the password, a code of an app or a code that was sent as fresh proof, and go back to where it was asked."""
    if request.method != "POST":
        return _page(request, _way(request) if "way" in request.GET else None)
    way = _way(request)
    try:
        key = _prove(request, way)
    except Throttled as limit:
        return later(request, limit)
    except NoSuchWay:
        return _page(request, ProofWay.PASSWORD, status=422)
    if key is None:
        return _page(request, way, is_wrong=True, status=422)
    response = HttpResponseRedirect(_target(request) or reverse("centre:home"))
    cookies.set_session(response, key)
    rotate_token(request)
    return response


@own_account
@require_POST
def send(request: PortalRequest) -> HttpResponse:
    """Send a code to what the person proved earlier, and ask for it."""
    way = _way(request)
    try:
        was_sent = send_code(request.session_row, way, now=clock.now())
    except Throttled as limit:
        return later(request, limit)
    except NoSuchWay:
        way, was_sent = ProofWay.PASSWORD, False
    return HttpResponseRedirect(_address(request, way, sent="1" if was_sent else "0"))


@sensitive_variables()
def _prove(request: PortalRequest, way: ProofWay) -> Secret | None:
    if way is not ProofWay.PASSWORD:
        return prove_by_code(request.session_row, way=way, typed=request.POST.get("code", ""), now=clock.now())
    return prove_again(
        request.session_row,
        password=Secret(request.POST.get("password", "")),
        source=source_of(correlation.current().ip_address),
        now=clock.now(),
    )


def _page(request: PortalRequest, way: ProofWay | None, *, is_wrong: bool = False, status: int = 200) -> HttpResponse:
    """Ask for a proof in this way; in the person's default one where none is named."""
    offers = {offer.way: offer for offer in list_ways(request.session_row, now=clock.now())}
    first = next(iter(offers.values()))
    offer = first if way is None else offers.get(way) or offers[ProofWay.PASSWORD]
    others = [(each, _address(request, each.way)) for each in offers.values() if each is not offer]
    page = {
        "next": _target(request),
        "offer": offer,
        "others": others,
        "sent": request.GET.get("sent", ""),
        "is_wrong": is_wrong,
    }
    return render(request, "users/confirm.html", page, status=status)


def _way(request: PortalRequest) -> ProofWay:
    asked = request.POST.get("way") or request.GET.get("way") or ""
    return ProofWay(asked) if asked in list(ProofWay) else ProofWay.PASSWORD


def _target(request: PortalRequest) -> str:
    return safe_target(request.POST.get("next") or request.GET.get("next") or "")


def _address(request: PortalRequest, way: ProofWay, **more: str) -> str:
    return f"{reverse('users:confirm')}?{urlencode({'next': _target(request), 'way': way.value} | more)}"
