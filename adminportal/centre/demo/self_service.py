"""Self-service in the demo: switched on for the first tenant, with some people who have registered already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sspr.models import Reach, Registration, SsprPolicy
from users.models import AuthenticationMethod, Contact, ContactKind, MethodKind, Tenant, User

ONE_IN: Final = 3
"""Every so many of those with contact data registered it themselves."""
DAYS: Final = 20
"""They did so within so many days before the demo was made."""
KIND_OF: Final = {
    ContactKind.ALTERNATE_EMAIL.value: MethodKind.EMAIL,
    ContactKind.MOBILE_PHONE.value: MethodKind.MOBILE_PHONE,
}


def add_self_service(tenant: Tenant, fresh: Sequence[User], *, now: datetime) -> None:
    """Enable reset for all, unless settings are there already; inside the scope.

    Nobody has to register: the demo's sign-in would be interrupted for everybody who tries it out.
    """
    SsprPolicy.objects.get_or_create(tenant=tenant, defaults={"reach": Reach.ALL, "must_register": False})
    contacts = Contact.objects.filter(user__in=[user.pk for user in fresh], kind__in=KIND_OF).order_by(
        "user__upn_folded"
    )
    people: dict[UUID, list[Contact]] = {}
    for contact in contacts:
        people.setdefault(contact.user_id, []).append(contact)
    registered = list(people.values())[::ONE_IN]
    moments = [now - timedelta(days=place % DAYS, hours=place % 9) for place in range(len(registered))]
    AuthenticationMethod.objects.bulk_create(
        AuthenticationMethod(
            tenant=tenant,
            user_id=contact.user_id,
            kind=KIND_OF[contact.kind],
            value=contact.value,
            is_default=place == 0,
            created_at=moment,
            proven_at=moment,
        )
        for own, moment in zip(registered, moments, strict=True)
        for place, contact in enumerate(own)
    )
    Registration.objects.bulk_create(
        Registration(tenant=tenant, user_id=own[0].user_id, registered_at=moment, reviewed_at=moment)
        for own, moment in zip(registered, moments, strict=True)
    )
