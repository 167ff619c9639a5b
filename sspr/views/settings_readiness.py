"""Recovery readiness: who could not get back in tomorrow and why, and the campaign that asks them to register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from sspr.reasons import NOT_MEANT_TO, WORDS, Reason
from sspr.services.campaign import NobodyToAsk, ResetIsOff, count_audience, list_progress, start_campaign
from sspr.services.readiness import Readiness, count_readiness, export_unready, list_unready, look_ahead
from sspr.views.settings_frame import blade_groups, find_place
from users.access import Permission, requires
from users.grid_query import with_query
from users.models import User
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM: Final = 422
DONE: Final[dict[str, str | Promise]] = {"asked": _("The campaign is started. Its messages are on their way.")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """One reason with its number, and the address of the list of those people."""

    label: str | Promise
    text: str | Promise
    count: int
    url: str
    is_current: bool
    is_meant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """One line of the list."""

    user: User
    label: str | Promise
    text: str | Promise


@requires(Permission.SSPR_REPORT_READ)
@require_safe
def readiness(request: PortalRequest) -> HttpResponse:
    """Show who could not get back in, and how the last campaigns fare."""
    return _page(request)


@requires(Permission.SSPR_REPORT_READ)
@require_POST
def export(request: PortalRequest) -> HttpResponse:
    """Send the list as CSV; a POST, because it leaves a row in the audit log."""
    now = clock.now()
    reason, problem = _reason(request.POST.get("reason", ""))
    if problem:
        return _page(request, problem=problem, status=REFUSED_FORM)
    pieces = export_unready(actor=request.actor, reason=reason, now=now)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="recovery-readiness-{now:%Y-%m-%d}.csv"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer


@requires(Permission.SSPR_REPORT_READ)
@require_POST
def ask(request: PortalRequest) -> HttpResponse:
    """Start a campaign."""
    url = reverse("sspr:readiness")
    try:
        start_campaign(actor=request.actor, now=clock.now())
    except Refused as refusal:
        if refusal.decision.code == "RESET_STEP_UP":
            return to_confirm(request, back_to=url)
        return _page(request, problem=sentence(refusal.decision), status=status_of(refusal.decision))
    except ResetIsOff:
        problem = gettext("Reset is enabled for nobody, so registering would help nobody. Enable it first.")
        return _page(request, problem=problem, status=REFUSED_FORM)
    except NobodyToAsk:
        problem = gettext("There is nobody to ask: all others were asked within the last seven days.")
        return _page(request, problem=problem, status=REFUSED_FORM)
    return HttpResponseRedirect(f"{url}?done=asked")


def _page(request: PortalRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    query = request.GET if request.method != "POST" else QueryDict()
    reason, no_reason = _reason(query.get("reason", ""))
    after, no_place = find_place(query.get("after", ""))
    problem = problem or no_reason or no_place
    outlook = look_ahead(request.tenant)
    totals, page = count_readiness(outlook), list_unready(outlook, reason=reason, after=after)
    url = reverse("sspr:readiness")
    keep = f"?{urlencode({'reason': reason})}" if reason else ""
    context = {
        "groups": blade_groups(request.actor, route="sspr:readiness"),
        "totals": totals,
        "lines": _lines(totals, url, reason),
        "reason": reason or "",
        "rows": [_listed(row.user, row.reason) for row in page.rows],
        "first_url": url + keep if after else "",
        "next_url": with_query(url, query, after=page.next_after, done="") if page.next_after else "",
        "audience": count_audience(outlook, now=clock.now()),
        "progress": list_progress(outlook),
        "may_ask": request.actor.may(Permission.SSPR_SETTINGS_WRITE),
        "problem": problem,
        "done": DONE.get(query.get("done", ""), ""),
    }
    return render(request, "sspr/settings_readiness.html", context, status=status if not problem else max(status, 422))


def _lines(totals: Readiness, url: str, current: Reason | None) -> list[ReasonLine]:
    return [
        ReasonLine(
            label=WORDS[reason][0],
            text=WORDS[reason][1],
            count=number,
            url=f"{url}?{urlencode({'reason': reason})}",
            is_current=reason is current,
            is_meant=reason not in NOT_MEANT_TO,
        )
        for reason, number in totals.reasons.items()
    ]


def _listed(user: User, reason: Reason | None) -> ListedPerson:
    label, text = WORDS[reason] if reason else ("", "")
    return ListedPerson(user=user, label=label, text=text)


def _reason(typed: str) -> tuple[Reason | None, str]:
    if not typed:
        return None, ""
    try:
        return Reason(typed), ""
    except ValueError:
        return None, gettext("There is no such reason. Everybody is shown.")
