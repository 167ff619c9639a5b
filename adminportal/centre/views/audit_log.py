"""The audit log: list with filter, one event, CSV; the whole of the tenant, or only what oneself did."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from adminportal import clock
from adminportal.audit.export import export_csv
from adminportal.audit.export_json import checkpoint_document, export_json
from adminportal.audit.reading import note_reading
from adminportal.audit.selectors import get_event, list_events, page_of
from adminportal.centre.audit_filter import AuditFilterForm
from adminportal.centre.audit_presenter import event_facts, event_lines
from users.access import Permission, requires
from users.request import PortalRequest

FORMATS = {
    "csv": (export_csv, "csv", "text/csv; charset=utf-8"),
    "json": (export_json, "jsonl", "application/x-ndjson"),
}
"""Maker, ending and media type of each form of export."""


@require_GET
@requires(Permission.AUDIT_READ)
def audit(request: PortalRequest) -> HttpResponse:
    """Show what happened in the tenant."""
    answer = _list(request, only_actor_id=None)
    note_reading(tenant_id=request.tenant.pk, actor=request.actor.for_audit(), now=clock.now())
    return answer


@require_GET
@requires(Permission.ADMIN_ENTER)
def own_audit(request: PortalRequest) -> HttpResponse:
    """Show what this administrator did."""
    return _list(request, only_actor_id=request.actor.id)


@require_GET
@requires(Permission.AUDIT_READ)
def event(request: PortalRequest, uid: UUID) -> HttpResponse:
    """Show everything about one event."""
    note_reading(tenant_id=request.tenant.pk, actor=request.actor.for_audit(), now=clock.now())
    return _event(request, uid, only_actor_id=None)


@require_GET
@requires(Permission.ADMIN_ENTER)
def own_event(request: PortalRequest, uid: UUID) -> HttpResponse:
    """Show everything about one event that this administrator caused."""
    return _event(request, uid, only_actor_id=request.actor.id)


@require_POST
@requires(Permission.AUDIT_READ)
def export(request: PortalRequest) -> HttpResponse:
    """Send the filtered list as CSV or JSON lines; a POST, because it leaves a row in the log."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return _page(request, form, only_actor_id=None, status=422)
    make, suffix, kind = FORMATS["json" if request.POST.get("format") == "json" else "csv"]
    now = clock.now()
    pieces = make(tenant_id=request.tenant.pk, matching=form.wanted(), actor=request.actor.for_audit(), now=now)
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="audit-{now:%Y-%m-%d}.{suffix}"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer


@require_GET
@requires(Permission.AUDIT_READ)
def checkpoints(request: PortalRequest) -> HttpResponse:
    """Send the signed checkpoints of the tenant and the key that verifies them."""
    now = clock.now()
    document = checkpoint_document(tenant_id=request.tenant.pk, now=now)
    response = HttpResponse(document, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="audit-checkpoints-{now:%Y-%m-%d}.json"'
    return response


def _list(request: PortalRequest, *, only_actor_id: UUID | None) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    return _page(request, form, only_actor_id=only_actor_id, status=200 if form.is_valid() else 422)


def _event(request: PortalRequest, uid: UUID, *, only_actor_id: UUID | None) -> HttpResponse:
    row = get_event(tenant_id=request.tenant.pk, uid=uid, only_actor_id=only_actor_id)
    if row is None:
        raise Http404
    context = {"event": event_facts(row), "close_url": _with_query(request, _list_url(only_actor_id))}
    if _wants_fragment(request):
        return render(request, "centre/_audit_event.html", context)
    form = AuditFilterForm(request.GET)
    form.is_valid()
    return _page(request, form, only_actor_id=only_actor_id, status=200, more=context)


def _page(
    request: PortalRequest,
    form: AuditFilterForm,
    *,
    only_actor_id: UUID | None,
    status: int,
    more: dict[str, object] | None = None,
) -> HttpResponse:
    after, rows, next_url = request.GET.get("after", ""), [], ""
    if form.is_valid():
        events = list_events(tenant_id=request.tenant.pk, only_actor_id=only_actor_id, matching=form.wanted())
        try:
            page = page_of(events, after=after)
        except ValueError:
            raise Http404 from None
        rows = page.rows
        next_url = _with_query(request, _list_url(only_actor_id), after=page.next_after) if page.next_after else ""
    context = {
        "form": form,
        "lines": event_lines(rows, event_url=lambda row: _with_query(request, _event_url(row.uid, only_actor_id))),
        "next_url": next_url,
        "first_url": _with_query(request, _list_url(only_actor_id), after="") if after else "",
        "list_url": _list_url(only_actor_id),
        "export_url": "" if only_actor_id else _with_query(request, reverse("centre:audit-export"), after=""),
        "own_only": only_actor_id is not None,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "centre/audit_log.html", context | (more or {}), status=status)


def _list_url(only_actor_id: UUID | None) -> str:
    return reverse("centre:audit-own" if only_actor_id else "centre:audit")


def _event_url(uid: UUID, only_actor_id: UUID | None) -> str:
    return reverse("centre:audit-own-event" if only_actor_id else "centre:audit-event", args=[uid])


def _with_query(request: HttpRequest, url: str, *, after: str | None = None) -> str:
    query = request.GET.copy()
    if after is not None:
        query["after"] = after
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"{url}?{query.urlencode()}" if query else url


def _wants_fragment(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
