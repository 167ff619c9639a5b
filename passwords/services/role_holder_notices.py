"""What Global Administrators are told of a colleague's new password: one mail for each role holder of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adminportal import correlation
from adminportal.outbox.enqueue import Draft
from passwords.models import PasswordReset
from passwords.services.reset_messages import NOTICE_LIVES, lane_of, language_of
from users.models import Tenant, User
from users.moments import tell_moment
from users.roles import Role, Standing
from users.services.people import list_global_admins
from users.targets import TargetFacts

TEMPLATE = "role_holder_was_reset"


def list_watchers(targets: Sequence[TargetFacts]) -> list[User]:
    """Return the Global Administrators, where any of these people holds a role; one query at most, in the scope."""
    return list_global_admins() if any(map(is_role_holder, targets)) else []


def is_role_holder(target: TargetFacts) -> bool:
    """Tell whether a person holds a role, beyond being protected by a group."""
    return any(isinstance(held, Role) or held is Standing.OTHER for held in target.held)


def notices_of(
    tenant: Tenant, user: User, reset: PasswordReset, watchers: Sequence[User], *, now: datetime
) -> list[Draft]:
    """Plan a mail to every Global Administrator other than the two whom it is about."""
    others = [admin for admin in watchers if admin.pk not in (user.pk, reset.starter_id)]
    return [_notice(tenant, user, reset, admin=admin, now=now) for admin in others]


def _notice(tenant: Tenant, user: User, reset: PasswordReset, *, admin: User, now: datetime) -> Draft:
    language = language_of(admin, tenant)
    return Draft(
        tenant_id=tenant.pk,
        template=TEMPLATE,
        channel="email",
        to=admin.mail or admin.user_principal_name,
        language=language,
        about_user_id=user.pk,
        context={
            "tenant_name": tenant.name,
            "display_name": user.display_name,
            "user_name": user.user_principal_name,
            "starter_name": reset.starter_name,
            "source": correlation.current().ip_address,
            "created_at": tell_moment(reset.created_at, tenant=tenant, language=language),
        },
        not_after=now + NOTICE_LIVES,
        lane=lane_of(reset),
        correlation_id=reset.correlation_id,
    )
