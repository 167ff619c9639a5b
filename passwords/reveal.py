"""Show-once store: the sealed result of a reset, who may still open it, and what ends that.

A link lives exactly as long as the facts that it was made for: nothing has to remember to kill it. It is dead once
the password was replaced, used or changed, the sign-in blocked, the person deleted, or the address given up. A link
to an address that somebody typed also dies with the right of whoever typed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import sealing
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.queries import one_of, write
from adminportal.sealing import Secret
from passwords.models import PasswordReset, RevealLink
from users.access import Decision, can_reset, needs_fresh_proof
from users.actors import Actor, load_actor
from users.models import Contact, ContactKind, Tenant, User
from users.names import fold_upn
from users.snapshots import snapshot_of, target_of
from users.targets import load_facts
from users.tenancy import find_tenant, within

SEAL_PURPOSE = "temporary-password"  # noqa: S105  # the name of a purpose
SECRET_PURPOSE = SEAL_PURPOSE
"""What a message that carries the password names, so that the outbox has it opened at delivery."""
SEALED_FOR = timedelta(hours=24)
"""How long a temporary password rests sealed before it is wiped, shown or not."""
STEP_UP = "RESET_STEP_UP"
OF_NOBODY = ("cli", "demo")
"""Entrances whose resets no person starts, so that nobody's right can end."""


REPLACE = """
    UPDATE passwords_passwordreset SET replaced_at = %s, changed_at = %s, sealed_password = ''
    WHERE target_id {people} AND replaced_at IS NULL
"""
REPLACED_LINKS = """
    SELECT l.id FROM passwords_reveallink l JOIN passwords_passwordreset r ON r.id = l.reset_id
    WHERE r.target_id {people} AND r.replaced_at = %s
"""


class LinkState(StrEnum):
    """What a link can be; everything but READY shows a page that says why and whom to ask."""

    READY = "ready"
    OPENED = "opened"
    EXPIRED = "expired"
    REPLACED = "replaced"
    USED = "used"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """A link with everything its page shows."""

    state: LinkState
    message: OutboundMessage | None = None
    link: RevealLink | None = None
    tenant: Tenant | None = None

    @property
    def user(self) -> User | None:
        """Return the person whose password it is."""
        return self.link.reset.target if self.link else None


def find_link(token: Secret, *, now: datetime) -> FoundLink:
    """Look a token up without changing anything: mail scanners may do this as often as they like."""
    message = links.find_by_token(token)
    tenant = find_tenant(message.tenant_id) if message else None
    if message is None or tenant is None:
        return FoundLink(state=LinkState.UNKNOWN)
    with within(tenant):
        link = RevealLink.objects.select_related("reset__target", "reset__starter").filter(pk=message.pk).first()
        if link is None:
            return FoundLink(state=LinkState.UNKNOWN)
        return FoundLink(state=_state(message, link, tenant, now=now), message=message, link=link, tenant=tenant)


@sensitive_variables()
def open_link(token: Secret, *, now: datetime) -> tuple[FoundLink, Secret | None]:
    """Burn the link and return the password; of many at the same time one gets it."""
    found = find_link(token, now=now)
    if found.state is not LinkState.READY or not (found.message and found.link and found.tenant):
        return found, None
    with transaction.atomic(), within(found.tenant):
        reset = PasswordReset.objects.select_for_update(of=("self",)).get(pk=found.link.reset_id)
        found = find_link(token, now=now)
        if found.state is not LinkState.READY or not found.message or not links.mark_opened(found.message, now=now):
            return find_link(token, now=now), None
        record(_entry(Activity.TEMPORARY_PASSWORD_OPENED_BY_LINK, reset, reset.target, actor=_bearer()), now=now)
        return found, unseal_password(reset)


class ProofTooOld(Exception):
    """The password belongs to somebody who holds a role, and is for fresh proof alone; it rests where it is."""


@sensitive_variables()
def show_to_starter(reset_id: UUID, *, actor: Actor, now: datetime) -> Secret | None:
    """Return the password to the administrator who started the reset, once.

    None when it is gone, was shown, or the administrator may not reset this person any more.

    :raises ProofTooOld: when only fresh proof is missing; nothing was shown then.
    """
    with transaction.atomic():
        mine = PasswordReset.objects.filter(
            pk=reset_id, starter=actor.user, shown_at=None, is_blind=False, sealed_until__gt=now
        ).exclude(sealed_password="")  # noqa: S106  # an empty column
        reset = mine.select_related("target").first()
        if reset is None:
            return None
        decision = _judge(reset, actor=actor, now=now)
        if decision.allowed and mine.update(shown_at=now) != 1:
            return None
        activity, by = Activity.VIEWED_TEMPORARY_PASSWORD, actor.for_audit()
        record(_entry(activity, reset, reset.target, actor=by, refused=decision.code), now=now)
        if decision.allowed:
            return unseal_password(PasswordReset.objects.get(pk=reset_id))
    if decision.code == STEP_UP:
        raise ProofTooOld
    return None


def _judge(reset: PasswordReset, *, actor: Actor, now: datetime) -> Decision:
    """Ask again: since the reset the administrator may have lost a role, or the person have gained one."""
    facts = load_facts([reset.target])[reset.target_id]
    decision = can_reset(actor, facts)
    if decision.allowed and needs_fresh_proof(actor, facts, now=now):
        return Decision(allowed=False, code=STEP_UP)
    return decision


@sensitive_variables()
def show_to_operator(reset_id: UUID, *, now: datetime) -> Secret | None:
    """Return the password at the shell, once; None when it is gone or was shown."""
    with transaction.atomic():
        mine = PasswordReset.objects.filter(pk=reset_id, starter=None, entrance="cli", shown_at=None)
        if mine.exclude(sealed_password="").update(shown_at=now) != 1:  # noqa: S106  # an empty column
            return None
        return unseal_password(PasswordReset.objects.get(pk=reset_id))


def seal_purpose(job_id: UUID | None) -> str:
    """Return the purpose that a password is sealed for; every bulk job has its own, and with it a key of its own."""
    return f"{SEAL_PURPOSE}:{job_id}" if job_id else SEAL_PURPOSE


@sensitive_variables()
def unseal_password(reset: PasswordReset) -> Secret:
    """Open the sealed password of a reset.

    :raises SealBroken: when the key has left the ring or nothing is sealed any more.
    """
    return sealing.unseal(seal_purpose(reset.job_id), reset.sealed_password, context=str(reset.pk))


@sensitive_variables()
def open_for_mail(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """Return what a message that carries a password says of it, at the moment of its delivery; None when it is over."""
    tenant = find_tenant(message.tenant_id)
    if tenant is None:
        return None
    with within(tenant):
        link = RevealLink.objects.select_related("reset__target", "reset__starter").filter(pk=message.pk).first()
        if link is None or _state(message, link, tenant, now=now) is not LinkState.READY:
            return None
        return {"password": unseal_password(link.reset).expose()}


def withdraw(people: Iterable[User], *, now: datetime, was_changed: bool = False) -> None:
    """Wipe what is still sealed for these people and take back unsent links; inside the caller's transaction.

    ``was_changed`` when they chose passwords of their own instead.
    """
    ids = [user.pk for user in people]
    changed_at = now if was_changed else None
    # The reset before its messages, as in open_link: two that lock them the other way round would wait forever.
    if ids:
        of_people, values = one_of(ids)
        write(REPLACE.format(people=of_people), [now, changed_at, *values])
        links.close_found(REPLACED_LINKS.format(people=of_people), [*values, now], now=now)


def close_links(user_ids: Collection[UUID], now: datetime) -> None:
    """Kill the unopened links of people and take back the unsent ones, for good; inside the caller's transaction."""
    living = RevealLink.objects.filter(reset__target__in=list(user_ids), reset__replaced_at=None)
    links.close(*living.values_list("pk", flat=True), now=now)


def wipe_after_use(person: User, now: datetime) -> None:
    """Note the first sign-in with a password that was issued and wipe its seal; inside the sign-in's transaction."""
    reset = PasswordReset.objects.filter(target=person, replaced_at=None, first_used_at=None).first()
    if reset is None:
        return
    PasswordReset.objects.filter(pk=reset.pk).update(first_used_at=now, sealed_password="")  # noqa: S106
    close_links([person.pk], now)
    if reset.must_change:
        record(_entry(Activity.TEMPORARY_PASSWORD_USED, reset, person, actor=snapshot_of(person)), now=now)


def purge_expired(now: datetime) -> int:
    """Wipe seals whose time is over, in every tenant; returns how many."""
    from users.tenancy import across_tenants

    with across_tenants():
        over = PasswordReset.objects.filter(sealed_until__lte=now).exclude(sealed_password="")  # noqa: S106
        return over.update(sealed_password="")  # noqa: S106  # an empty column


def _state(message: OutboundMessage, link: RevealLink, tenant: Tenant, *, now: datetime) -> LinkState:
    reset, user = link.reset, link.reset.target
    rules = {
        LinkState.REPLACED: reset.replaced_at is not None and reset.changed_at is None,
        LinkState.USED: bool(reset.first_used_at or reset.changed_at),
        LinkState.OPENED: message.opened_at is not None,
        LinkState.WITHDRAWN: message.link_closed_at is not None
        or not user.account_enabled
        or user.deleted_at is not None
        or _is_address_given_up(link)
        or _is_starter_gone(link, tenant),
        LinkState.EXPIRED: reset.sealed_until is None or reset.sealed_until <= now or not reset.sealed_password,
    }
    return next((state for state, hit in rules.items() if hit), LinkState.READY)


def _is_address_given_up(link: RevealLink) -> bool:
    """Tell whether the link went to an alternate address that is not the person's any more."""
    if not link.is_alternate:
        return False
    contact = Contact.objects.filter(user=link.reset.target, kind=ContactKind.ALTERNATE_EMAIL).first()
    return contact is None or fold_upn(contact.value) != fold_upn(link.address)


def _is_starter_gone(link: RevealLink, tenant: Tenant) -> bool:
    """Tell whether the link went where an administrator wanted it who may not reset this person any more."""
    reset, starter = link.reset, link.reset.starter
    if link.is_alternate or reset.entrance in OF_NOBODY:
        return False
    if starter is None or not starter.account_enabled or starter.deleted_at is not None:
        return True
    actor = load_actor(starter, tenant=tenant)
    return not can_reset(actor, load_facts([reset.target])[reset.target_id]).allowed


def _entry(activity: Activity, reset: PasswordReset, person: User, *, actor: AuditActor, refused: str = "") -> Entry:
    """Return a row about a reset; ``refused`` is the code of what was not done."""
    return Entry(
        tenant_id=reset.tenant_id,
        activity=activity,
        actor=actor,
        targets=(target_of(person),),
        result=Result.FAILURE if refused else Result.SUCCESS,
        reason=refused,
        details={"RefusalCode": refused} if refused else {},
        correlation_id=reset.correlation_id,
    )


def _bearer() -> AuditActor:
    return AuditActor(kind="user", id=None, display_name="Holder of the one-time link", user_principal_name="")
