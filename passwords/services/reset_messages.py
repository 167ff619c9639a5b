"""Which messages a reset sends, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from adminportal import correlation
from adminportal.outbox.enqueue import Draft
from adminportal.outbox.models import Lane
from adminportal.queries import Question, fetch, one_of
from passwords.models import PasswordReset, RevealLink
from passwords.orders import ResetOptions
from passwords.reveal import SECRET_PURPOSE
from users.models import ContactKind, Tenant, User
from users.moments import tell_moment
from users.names import fold_upn
from users.services.method_changes import NOT_ME
from users.services.reach import Emails, addresses_of

LINK_PURPOSE = "reveal"
NOTICE_LIVES = timedelta(days=3)
"""How late a notice without a secret may still go out."""

ALTERNATES = "SELECT user_id, value FROM users_contact WHERE kind = %s AND user_id {users}"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The messages of one reset and the links among them; ``shows_password`` where they carry the password itself."""

    drafts: tuple[Draft, ...]
    links: tuple[RevealLink, ...]
    shows_password: bool = False


def alternates_of(user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Read the alternate addresses of people; one query."""
    ids = list(user_ids)
    return dict(fetch(*alternates_question(ids), uuid_columns=(0,)) if ids else ())


def alternates_question(user_ids: Sequence[UUID]) -> Question:
    """Return what :func:`alternates_of` asks, to be asked ahead."""
    of_users, values = one_of(user_ids)
    return ALTERNATES.format(users=of_users), (ContactKind.ALTERNATE_EMAIL.value, *values)


def usable_alternate(user: User, alternates: Mapping[UUID, str]) -> str:
    """Return the alternate address that a link may go to: not the mailbox that cannot be opened without it."""
    address = alternates.get(user.pk, "")
    return "" if fold_upn(address) in {fold_upn(user.mail), user.upn_folded} else address


def circular_address(user: User, addresses: Iterable[str]) -> str:
    """Return the typed address that is the person's own mailbox or user name, or nothing."""
    own = {fold_upn(user.user_principal_name), fold_upn(user.mail)} - {""}
    return next((address for address in addresses if fold_upn(address) in own), "")


def plan_delivery(
    tenant: Tenant, user: User, reset: PasswordReset, *, emails: Emails, options: ResetOptions, now: datetime
) -> Delivery:
    """Plan one link for each typed address, one for the alternate address, and notices to all others of the person."""
    alternate = emails.alternate
    links: dict[str, RevealLink] = {}
    drafts: list[Draft] = []
    for address in options.deliver_to:
        if fold_upn(address) != fold_upn(alternate):
            _add_link(links, drafts, tenant, user, reset, address=address, language=options.language, now=now)
    own_choice = options.deliver_to_alternate or options.blind
    wants_alternate = own_choice or fold_upn(alternate) in map(fold_upn, options.deliver_to)
    if alternate and wants_alternate and usable_alternate(user, {user.pk: alternate}):
        _add_link(
            links, drafts, tenant, user, reset, address=alternate, language=language_of(user, tenant), now=now, own=True
        )
    if options.notify and tenant.notify_user_on_admin_reset:
        linked = set(map(fold_upn, links))
        told = [address for address in addresses_of(user, emails) if fold_upn(address) not in linked]
        drafts += _notices(tenant, user, reset, addresses=told, now=now)
    shows_password = tenant.password_in_mail and not options.blind
    return Delivery(drafts=tuple(drafts), links=tuple(links.values()), shows_password=shows_password)


def language_of(user: User, tenant: Tenant) -> str:
    """Return the language in which a person is written to."""
    return user.preferred_language or tenant.language


def _add_link(
    links: dict[str, RevealLink],
    drafts: list[Draft],
    tenant: Tenant,
    user: User,
    reset: PasswordReset,
    *,
    address: str,
    language: str,
    now: datetime,
    own: bool = False,
) -> None:
    if address in links:
        return
    link = RevealLink(id=uuid4(), tenant=tenant, reset=reset, address=address, is_alternate=own)
    links[address] = link
    shows_password = tenant.password_in_mail and not reset.is_blind
    template = "temporary_password" if own else "sign_in_info"
    drafts.append(
        Draft(
            id=link.pk,
            tenant_id=tenant.pk,
            template=f"{template}_shown" if shows_password else template,
            channel="email",
            to=address,
            language=language,
            about_user_id=user.pk,
            context=_context(tenant, user, reset, language=language),
            not_after=reset.sealed_until or now,
            link_purpose="" if shows_password else LINK_PURPOSE,
            secret_purpose=SECRET_PURPOSE if shows_password else "",
            lane=lane_of(reset),
            correlation_id=reset.correlation_id,
        )
    )


def _notices(
    tenant: Tenant, user: User, reset: PasswordReset, *, addresses: Iterable[str], now: datetime
) -> list[Draft]:
    """Plan the same notice to each of these addresses, each with a button of its own."""
    language = language_of(user, tenant)
    context = _context(tenant, user, reset, language=language)
    return [
        Draft(
            tenant_id=tenant.pk,
            template="password_was_reset",
            channel="email",
            to=address,
            language=language,
            about_user_id=user.pk,
            context=context,
            not_after=now + NOTICE_LIVES,
            link_purpose=NOT_ME,
            lane=lane_of(reset),
            correlation_id=reset.correlation_id,
        )
        for address in addresses
    ]


def lane_of(reset: PasswordReset) -> Lane:
    """Return the lane of a reset's messages: those of a bulk job wait for those of single people."""
    return Lane.BULK if reset.job_id else Lane.SINGLE


def _context(tenant: Tenant, user: User, reset: PasswordReset, *, language: str) -> dict[str, str]:
    ends = reset.sealed_until
    return {
        "tenant_name": tenant.name,
        "display_name": user.display_name,
        "user_name": user.user_principal_name,
        "starter_name": reset.starter_name,
        "source": correlation.current().ip_address,
        "created_at": tell_moment(reset.created_at, tenant=tenant, language=language),
        "link_ends_at": tell_moment(ends, tenant=tenant, language=language) if ends else "",
        "must_change": "yes" if reset.must_change else "",
    }
