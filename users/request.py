"""The request as views see it."""

from __future__ import annotations

from django.http import HttpRequest

from users.actors import Actor
from users.models import Session, Tenant


class PortalRequest(HttpRequest):
    """A request with its session, tenant and actor; on public pages these are None."""

    session_row: Session
    tenant: Tenant
    actor: Actor
    htmx: object
