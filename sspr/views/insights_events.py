"""The events behind the charts of Usage & insights, as a list and as a file."""

from __future__ import annotations

from typing import Final, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from sspr.services.event_lists import Report, export_happened, list_happened
from sspr.views.insights import asked_of, choices
from sspr.views.settings_frame import blade_groups
from users.access import Permission, requires
from users.request import PortalRequest

HEADINGS: Final[dict[Report, tuple[str | Promise, str | Promise]]] = {
    Report.REGISTRATION: (_("Role"), _("Data registered")),
    Report.USAGE: (_("Feature"), _("Method used")),
}


@requires(Permission.SSPR_REPORT_READ)
@require_safe
def events(request: PortalRequest) -> HttpResponse:
    """List resets, or what people registered, each with its person."""
    tab, span, problem = asked_of(request)
    report, now, after = Report(tab), clock.now(), request.GET.get("after", "")
    try:
        page = list_happened(request.tenant, report, span=span, after=after, now=now)
    except ValueError:
        page, after = list_happened(request.tenant, report, span=span, now=now), ""
        problem = gettext("No page begins there. The first page is shown.")
    url = reverse("sspr:insights-events")
    asked = {"tab": tab, "span": span}
    context = {
        "groups": blade_groups(request.actor, route="sspr:insights"),
        **choices(url, tab, span),
        "headings": HEADINGS[report],
        "rows": page.rows,
        "first_url": f"{url}?{urlencode(asked)}" if after else "",
        "next_url": f"{url}?{urlencode({**asked, 'after': page.next_after})}" if page.next_after else "",
        "export_url": f"{reverse('sspr:insights-events-csv')}?{urlencode(asked)}",
        "charts_url": f"{reverse('sspr:insights')}?{urlencode(asked)}",
        "problem": problem,
    }
    return render(request, "sspr/insights_events.html", context, status=422 if problem else 200)


@requires(Permission.SSPR_REPORT_READ)
@require_POST
def events_csv(request: PortalRequest) -> HttpResponse:
    """Send the list as CSV; a POST, because it leaves a row in the audit log."""
    tab, span, _problem = asked_of(request)
    now = clock.now()
    pieces = export_happened(actor=request.actor, report=Report(tab), span=span, now=now)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{tab}-events-{span}-{now:%Y-%m-%d}.csv"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer
