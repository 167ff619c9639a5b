"""People of every kind for tests of self-service settings and reports, and the settings themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adminportal import clock
from sspr.models import SecurityAnswer, SsprPolicy
from tests.cast import Cast
from users.models import AuthenticationMethod, Contact, ContactKind, MethodKind, User
from users.tenancy import within


def policy_for(cast: Cast, **values: Any) -> SsprPolicy:
    """Store settings of the tenant as they are asked for; nobody has to register unless they say so."""
    SsprPolicy.objects.filter(tenant=cast.tenant).delete()
    return SsprPolicy.objects.create(tenant=cast.tenant, **{"must_register": False, **values})


def knows(cast: Cast, name: str, *, email: str = "", mobile: str = "", office: str = "") -> User:
    """Give somebody contact data as an administrator would."""
    user = cast[name]
    kinds = {
        ContactKind.ALTERNATE_EMAIL: email,
        ContactKind.MOBILE_PHONE: mobile,
        ContactKind.OFFICE_PHONE: office,
    }
    with within(cast.tenant):
        for kind, value in kinds.items():
            if value:
                defaults = {"tenant": cast.tenant, "value": value, "changed_at": clock.now()}
                Contact.objects.update_or_create(user=user, kind=kind, defaults=defaults)
    return user


def registers(cast: Cast, name: str, kind: MethodKind, value: str = "") -> User:
    """Let somebody have registered a method."""
    user = cast[name]
    with within(cast.tenant):
        AuthenticationMethod.objects.create(
            tenant=cast.tenant, user=user, kind=kind, value=value, created_at=clock.now(), proven_at=clock.now()
        )
    return user


def answers(cast: Cast, name: str, stored: Mapping[str, str]) -> User:
    """Let somebody have answered security questions; the answers are given as they are stored."""
    user, now = cast[name], clock.now()
    with within(cast.tenant):
        for question, answer in stored.items():
            SecurityAnswer.objects.create(
                tenant=cast.tenant, user=user, question=question, answer=answer, created_at=now
            )
    return user
