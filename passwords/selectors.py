"""Reads for the reset pages, all inside the tenant's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404

from adminportal.outbox.masking import mask
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset, RevealLink
from users.access import Decision, can_reset, needs_fresh_proof
from users.actors import Actor
from users.models import Contact, ContactKind, User
from users.refusals import sentence
from users.targets import load_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPanel:
    """What the Reset password panel shows of its person."""

    user: User
    decision: Decision
    reason: str
    alternate_email: str
    is_alternate_fresh: bool
    needs_proof: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """One recipient of a reset with the state of the message and the link."""

    message_id: UUID
    address: str
    state: str
    failure: str
    sent_at: datetime | None
    opened_at: datetime | None
    can_send_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetResult:
    """The result page of one reset."""

    reset: PasswordReset
    user: User
    can_show: bool
    state: str
    links: tuple[LinkLine, ...]
    notices: tuple[LinkLine, ...]


def get_reset_panel(user: User, *, actor: Actor, now: datetime) -> ResetPanel:
    """Read what the panel needs: the verdict with its sentence and the masked alternate address."""
    facts = load_facts([user])[user.pk]
    decision = can_reset(actor, facts)
    contact = Contact.objects.filter(user=user, kind=ContactKind.ALTERNATE_EMAIL).first()
    hours = actor.tenant.fresh_contact_hours
    is_fresh = bool(contact and (now - contact.changed_at).total_seconds() < hours * 3600)
    return ResetPanel(
        user=user,
        decision=decision,
        reason=sentence(decision),
        alternate_email=mask(contact.value) if contact else "",
        is_alternate_fresh=is_fresh,
        needs_proof=decision.allowed and needs_fresh_proof(actor, facts, now=now),
    )


def get_own_reset(reset_id: UUID, *, actor: Actor) -> PasswordReset:
    """Return a reset that this administrator started.

    :raises Http404: for every other one; its result is the starter's alone.
    """
    row = PasswordReset.objects.select_related("target").filter(pk=reset_id, starter=actor.user).first()
    if row is None:
        raise Http404
    return row


def get_reset_result(row: PasswordReset, *, now: datetime) -> ResetResult:
    """Read the state of a reset and of each of its messages; two queries."""
    is_sealed = bool(row.sealed_password and row.sealed_until and row.sealed_until > now)
    links = {link.pk: link for link in RevealLink.objects.filter(reset=row)}
    messages = OutboundMessage.objects.filter(
        tenant_id=row.tenant_id, about_user_id=row.target_id, correlation_id=row.correlation_id
    ).order_by("created_at", "to")
    lines = [_line(message, links.get(message.pk), is_sealed=is_sealed) for message in messages]
    return ResetResult(
        reset=row,
        user=row.target,
        can_show=is_sealed and row.shown_at is None,
        state=_life(row, now=now),
        links=tuple(line for line in lines if line.message_id in links),
        notices=tuple(line for line in lines if line.message_id not in links),
    )


def _line(message: OutboundMessage, link: RevealLink | None, *, is_sealed: bool) -> LinkLine:
    return LinkLine(
        message_id=message.pk,
        address=message.to if link and not link.is_alternate else mask(message.to),
        state=message.state,
        failure=message.failure,
        sent_at=message.sent_at,
        opened_at=message.opened_at,
        can_send_again=link is not None and is_sealed and message.opened_at is None,
    )


def _life(row: PasswordReset, *, now: datetime) -> str:
    """Say where a reset is on its way: replaced, changed, used, expired, shown or waiting."""
    steps = {
        "changed": row.changed_at is not None,
        "replaced": row.replaced_at is not None,
        "used": row.first_used_at is not None,
        "expired": row.temporary_expires_at is not None and row.temporary_expires_at <= now,
        "shown": row.shown_at is not None,
    }
    return next((step for step, reached in steps.items() if reached), "issued")
