"""What the frame knows on every page, error pages included: no query is made for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from adminportal.shell import nav
from adminportal.shell.templatetags.portal import initials

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person in the account menu."""

    name: str
    user_name: str
    role: str
    initials: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of one page."""

    tenant_name: str
    brand_colour: str
    person: SignedIn | None
    demo: bool
    second_factor_off: bool
    navigation: object


def shell(request: HttpRequest) -> dict[str, object]:
    """Give every template the frame as ``shell``."""
    tenant = getattr(request, "tenant", None)
    colour = str(getattr(tenant, "brand_color", "") or "")
    required = getattr(tenant, "admin_mfa_required", None)
    person = _person(request)
    frame = Shell(
        tenant_name=str(getattr(tenant, "name", "") or ""),
        brand_colour=colour if HEX_COLOUR.fullmatch(colour) else "",
        person=person,
        demo=bool(getattr(settings, "DEMO", False)),
        # Only whoever holds a role can be asked for one, and only they can do something about it.
        second_factor_off=required is False and person is not None and bool(person.role),
        navigation=SimpleLazyObject(lambda: nav.entries_for(request)),
    )
    return {"shell": frame}


def _person(request: HttpRequest) -> SignedIn | None:
    actor = getattr(request, "actor", None)
    if actor is None:
        return None
    name = str(getattr(actor, "display_name", "") or "")
    return SignedIn(
        name=name,
        user_name=str(getattr(actor, "user_principal_name", "") or ""),
        role=str(getattr(actor, "role_label", "") or ""),
        initials=initials(name),
    )
