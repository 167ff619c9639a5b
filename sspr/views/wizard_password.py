"""The last step: choose a new password, or unlock the account; neither signs anybody in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from adminportal import clock
from adminportal.sealing import Secret
from sspr.cookie import find_attempt, read_key, set_key
from sspr.flow import State
from sspr.new_password_form import TYPED, NewPasswordForm, password_page
from sspr.services.complete import Ended
from sspr.services.complete import finish as set_password
from sspr.services.complete import unlock as open_account
from sspr.services.waiting import Waited
from sspr.services.waiting import go_on as end_wait
from sspr.views.wizard_frame import draw, moves_of, to_start, to_step
from users.access import public


@public
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Set the new password, or show every rule that it breaks."""
    now, form = clock.now(), NewPasswordForm(request.POST)
    attempt = find_attempt(request, now=now)
    if attempt is None:
        return to_start(request, said="over")
    if attempt.state != State.NEW_PASSWORD:
        return to_step(said="stale")
    if not form.is_valid():
        return draw(request, "wizard_password", attempt, password_page(attempt, form), status=422)
    end = set_password(attempt, password=form.password(), moves=moves_of(request), now=now)
    if end.ended is not Ended.UNFIT:
        response, key = to_step(said="stale" if end.ended is Ended.STALE else ""), read_key(request)
        if end.ended is Ended.BACK and key is not None:
            set_key(response, key, attempt, now=now)  # an attempt that waits lives longer than its cookie was told
        return response
    form.refuse(end.violations, code=end.code, values=end.values)
    return draw(request, "wizard_password", attempt, password_page(attempt, form), status=422)


@public
@never_cache
@require_POST
def go_on(request: HttpRequest) -> HttpResponse:
    """Lead an administrator on whose reset nobody stopped in time."""
    now = clock.now()
    attempt = find_attempt(request, now=now)
    if attempt is None:
        return to_start(request, said="over")
    waited = end_wait(attempt, moves=moves_of(request), now=now)
    return to_step(said=waited.value if waited in (Waited.EARLY, Waited.STALE) else "")


@public
@never_cache
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Clear the lock of an account whose password its owner knows."""
    now = clock.now()
    attempt = find_attempt(request, now=now)
    if attempt is None:
        return to_start(request, said="over")
    end = open_account(attempt, moves=moves_of(request), now=now)
    return to_step(said="stale" if end is Ended.STALE else "")


@public
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def live_rules(request: HttpRequest) -> HttpResponse:
    """Answer live ticks for a typed password while one is chosen; nothing is kept."""
    attempt = find_attempt(request, now=clock.now())
    if attempt is None or attempt.state != State.NEW_PASSWORD:
        raise Http404
    page = password_page(attempt, typed=Secret(request.POST.get(TYPED, "")))
    return render(request, "components/rule_ticks.html", page)
