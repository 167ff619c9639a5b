"""Export users: the list as it is seen, as a file."""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_POST

from adminportal import clock
from users.access import Permission, requires
from users.grid_columns import columns_of
from users.grid_query import BadQuery, read_wanted
from users.grid_views import default_view
from users.request import PortalRequest
from users.services.user_export import export_users
from users.views.active_users import show_people


@requires(Permission.USER_READ)
@require_POST
def export(request: PortalRequest) -> HttpResponse:
    """Send the people of a view and a search as CSV; a POST, because it leaves a row in the audit log."""
    now = clock.now()
    try:
        wanted = read_wanted(request.POST, actor=request.actor, now=now, usual=default_view(request.actor))
    except BadQuery:
        return show_people(request, request.POST)
    pieces = export_users(actor=request.actor, wanted=wanted, columns=columns_of(request.actor.user), now=now)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="users-{now:%Y-%m-%d}.csv"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer
