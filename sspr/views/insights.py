"""Usage & insights: two tabs of charts with their numbers, and the details of each person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from adminportal.audit.canonical import rfc3339
from adminportal.audit.export import BYTE_ORDER_MARK, safe_cell
from adminportal.audit.tags import Activity, Result
from adminportal.shell.charts import BarChart, bar_chart, shares
from sspr.services.insights import (
    OverTime,
    Registered,
    Span,
    count_events,
    count_failures,
    count_methods_used,
    count_registered,
)
from sspr.services.user_details import export_details, list_details, not_confirmed
from sspr.views.settings_frame import BladeLink, blade_groups, find_place
from users.access import Permission, requires
from users.request import PortalRequest


class Tab(StrEnum):
    """The two halves of the page."""

    REGISTRATION = "registration"
    USAGE = "usage"


TABS: Final[dict[Tab, str | Promise]] = {
    Tab.REGISTRATION: _("Registration"),
    Tab.USAGE: pgettext_lazy("report", "Usage"),
}
SPANS: Final[dict[Span, str | Promise]] = {
    Span.DAY: _("Last 24 hours"),
    Span.WEEK: _("Last 7 days"),
    Span.MONTH: _("Last 30 days"),
}
REGISTERED: Final = Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET
ADDED: Final = Activity.USER_REGISTERED_SECURITY_INFO
BY_THEMSELVES: Final = Activity.RESET_PASSWORD_SELF_SERVICE
BY_ADMIN: Final = Activity.RESET_PASSWORD_BY_ADMIN
UNLOCKED: Final = Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE
COUNTED: Final[dict[Tab, tuple[Activity, ...]]] = {
    Tab.REGISTRATION: (REGISTERED, ADDED),
    Tab.USAGE: (BY_THEMSELVES, BY_ADMIN, UNLOCKED),
}


@requires(Permission.SSPR_TOTALS_READ)
@require_safe
def insights(request: PortalRequest) -> HttpResponse:
    """Show how many people registered, or how self-service is used."""
    tab, span, problem = asked_of(request)
    now = clock.now()
    url = reverse("sspr:insights")
    context = {
        "groups": blade_groups(request.actor, route="sspr:insights"),
        "tab": tab,
        "span": span,
        **choices(url, tab, span),
        "events_url": f"{reverse('sspr:insights-events')}?{urlencode({'tab': tab, 'span': span})}",
        "csv_url": f"{reverse('sspr:insights-csv')}?{urlencode({'tab': tab, 'span': span})}",
        "may_see_names": request.actor.may(Permission.SSPR_REPORT_READ),
        "problem": problem,
    }
    events = count_events(request.tenant, COUNTED[tab], span=span, now=now)
    if tab is Tab.REGISTRATION:
        registered = count_registered(request.tenant)
        context |= {"registered": registered, "chart": _registrations(events)}
        context["methods"] = shares(dict(_methods(registered)))
    else:
        context |= {
            "chart": _resets(events),
            "methods": shares(count_methods_used(request.tenant, span=span, now=now)),
            "failures": shares(count_failures(request.tenant, span=span, now=now)),
        }
    return render(request, "sspr/insights.html", context, status=422 if problem else 200)


@requires(Permission.SSPR_TOTALS_READ)
@require_safe
def insights_csv(request: PortalRequest) -> HttpResponse:
    """Send the numbers of a chart as CSV; it holds no names."""
    tab, span, _problem = asked_of(request)
    now = clock.now()
    events = count_events(request.tenant, COUNTED[tab], span=span, now=now)
    text = io.StringIO()
    writer = csv.writer(text)
    kinds = [(activity, result) for activity in COUNTED[tab] for result in (Result.SUCCESS, Result.FAILURE)]
    writer.writerow(["From", *(safe_cell(f"{activity} ({result})") for activity, result in kinds)])
    columns = [events.series(*kind) for kind in kinds]
    for place, moment in enumerate(events.moments):
        writer.writerow([rfc3339(moment), *(column[place] for column in columns)])
    response = HttpResponse(BYTE_ORDER_MARK + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{tab}-{span}-{now:%Y-%m-%d}.csv"'
    return response


@requires(Permission.SSPR_REPORT_READ)
@require_safe
def users(request: PortalRequest) -> HttpResponse:
    """List everybody with what they registered."""
    after, problem = find_place(request.GET.get("after", ""))
    page = list_details(request.tenant, after=after)
    url = reverse("sspr:insights-users")
    context = {
        "groups": blade_groups(request.actor, route="sspr:insights"),
        "rows": page.rows,
        "first_url": url if after else "",
        "next_url": f"{url}?{urlencode({'after': page.next_after})}" if page.next_after else "",
        "problem": problem,
    }
    return render(request, "sspr/insights_users.html", context, status=422 if problem else 200)


@requires(Permission.SSPR_REPORT_READ)
@require_POST
def users_csv(request: PortalRequest) -> HttpResponse:
    """Send the list as CSV; a POST, because it leaves a row in the audit log."""
    now = clock.now()
    pieces = export_details(actor=request.actor, now=now)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="user-details-{now:%Y-%m-%d}.csv"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer


def _methods(registered: Registered) -> Iterator[tuple[str, int]]:
    """Name each method with how many have it, those apart whose address or number no code has confirmed."""
    for gate, number in registered.by_method.items():
        # Of a number that nothing is sent to, nobody asks whether a code has confirmed it.
        still_open = min(number, registered.open_by_method.get(gate, 0))
        if number > still_open:
            yield str(gate.label), number - still_open
        if still_open:
            yield not_confirmed(gate), still_open


def _registrations(events: OverTime) -> BarChart:
    series = {_("Registered for self-service"): events.series(REGISTERED), _("Methods added"): events.series(ADDED)}
    return bar_chart("registrations", _("Recent registrations"), labels=events.labels, series=series)


def _resets(events: OverTime) -> BarChart:
    series = {
        _("By themselves"): events.series(BY_THEMSELVES),
        _("By an administrator"): events.series(BY_ADMIN),
        _("Unlocked by themselves"): events.series(UNLOCKED),
    }
    return bar_chart("resets", _("Resets and unlocks"), labels=events.labels, series=series)


def asked_of(request: PortalRequest) -> tuple[Tab, Span, str]:
    """Return the half and the span that an address names, and what is said where it names none."""
    tab, span = request.GET.get("tab", Tab.REGISTRATION), request.GET.get("span", Span.WEEK)
    if tab in list(Tab) and span in list(Span):
        return Tab(tab), Span(span), ""
    return Tab.REGISTRATION, Span.WEEK, gettext("There is no such report. The last seven days are shown.")


def choices(url: str, tab: Tab, span: Span) -> dict[str, list[BladeLink]]:
    """Return the links to the halves and to the spans of a page."""
    return {
        "tabs": [_link(url, label, each, span, is_current=each is tab) for each, label in TABS.items()],
        "spans": [_link(url, label, tab, each, is_current=each is span) for each, label in SPANS.items()],
    }


def _link(url: str, label: str | Promise, tab: Tab, span: Span, *, is_current: bool) -> BladeLink:
    return BladeLink(label=label, url=f"{url}?{urlencode({'tab': tab, 'span': span})}", is_current=is_current)
