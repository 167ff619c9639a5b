"""Reads for the reset pages, all inside the tenant's scope."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.http import Http404

from adminportal.outbox.masking import mask
from adminportal.outbox.models import OutboundMessage, State
from adminportal.outbox.selectors import line_of
from adminportal.queries import load
from passwords.models import PasswordReset, RevealLink
from users.access import Decision, can_reset, needs_fresh_proof
from users.actors import Actor
from users.grid_rows import Holders, name_holders, roles_that_would_do
from users.models import Contact, ContactKind, User
from users.names import fold_upn
from users.refusals import sentence
from users.targets import TargetFacts, load_facts

FRESH_FOR = timedelta(minutes=2)
"""How long after a reset its messages are looked at every other second."""
WATCHED_FOR = timedelta(minutes=30)
"""How long after a reset an open result page goes on asking how its messages fare."""

PERSON = """
    SELECT {columns}
    FROM users_user u LEFT JOIN users_contact c ON c.user_id = u.id AND c.kind = %s
    WHERE u.id = %s AND u.tenant_id = %s AND u.deleted_at IS NULL
"""


@dataclass(frozen=True, kw_only=True)
class ResetPanel:
    """What the Reset password panel shows of its person; ``alternate_email`` is masked, empty where none is usable.

    The verdict is read when it is first asked for: a form that is in order does without, as the reset asks by itself.
    """

    user: User
    actor: Actor
    now: datetime
    alternate_email: str
    is_alternate_own_mailbox: bool
    is_alternate_fresh: bool
    fresh_hours: int

    @cached_property
    def decision(self) -> Decision:
        """Return whether the reader may reset this person."""
        return can_reset(self.actor, self._facts)

    @property
    def reason(self) -> str:
        """Return the sentence of a refusal."""
        return sentence(self.decision)

    @property
    def holders(self) -> tuple[Holders, ...]:
        """Return who could reset this person, for a reader who may not and may read people; at most one query."""
        return name_holders(roles_that_would_do(self.decision, self._facts), actor=self.actor)

    @property
    def needs_proof(self) -> bool:
        """Tell whether the reader must prove again who they are."""
        return self.decision.allowed and needs_fresh_proof(self.actor, self._facts, now=self.now)

    @cached_property
    def _facts(self) -> TargetFacts:
        return load_facts([self.user])[self.user.pk]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """One message of a reset with the state of its link; ``failure`` is a sentence."""

    message_id: UUID
    address: str
    channel: str
    state: str
    state_label: str
    failure: str
    at: datetime
    opened: bool
    can_send_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetResult:
    """The result page of one reset.

    ``state`` is where it is on its way; ``polls_every`` are seconds, 0 when nothing more is to come; ``stamp`` changes
    with whatever the page shows.
    """

    reset: PasswordReset
    user: User
    can_show: bool
    state: str
    links: tuple[LinkLine, ...]
    notices: tuple[LinkLine, ...]
    polls_every: int
    stamp: str

    @property
    def again(self) -> str:
        """Return the id by which the panel finds these choices again."""
        return str(self.reset.pk)


def get_reset_panel(user_id: UUID, *, actor: Actor, now: datetime) -> ResetPanel:
    """Read what the panel and its form need: the masked alternate address now, the verdict when it is asked for.

    :raises Http404: when there is no such person, or not any more; another tenant's people do not exist here.
    """
    kind = ContactKind.ALTERNATE_EMAIL.value
    found = load(PERSON, [kind, user_id, actor.tenant.pk], models={"u": User, "c": Contact})
    if not found:
        raise Http404
    user: User
    contact: Contact | None
    ((user, contact),) = found
    hours = actor.tenant.fresh_contact_hours
    is_own = bool(contact and fold_upn(contact.value) in {user.upn_folded, fold_upn(user.mail)})
    return ResetPanel(
        user=user,
        actor=actor,
        now=now,
        alternate_email=mask(contact.value) if contact and not is_own else "",
        is_alternate_own_mailbox=is_own,
        is_alternate_fresh=bool(contact and now - contact.changed_at < timedelta(hours=hours)),
        fresh_hours=hours,
    )


def why_refused(user: User, *, actor: Actor) -> str:
    """Return the sentence that says why somebody may not reset a person, empty where they may."""
    return sentence(can_reset(actor, load_facts([user])[user.pk]))


def get_own_reset(reset_id: UUID, *, actor: Actor) -> PasswordReset:
    """Return a reset that this administrator started.

    :raises Http404: for every other one; its result is the starter's alone.
    """
    row = PasswordReset.objects.select_related("target").filter(pk=reset_id, starter=actor.user).first()
    if row is None:
        raise Http404
    return row


def get_choices(row: PasswordReset) -> dict[str, object]:
    """Return what was chosen for a reset as first values of the form for the next one; one query."""
    links = list(RevealLink.objects.filter(reset=row).order_by("address"))
    addresses = [link.address for link in links if not link.is_alternate]
    return {
        "how": "automatic" if row.style else "own",
        "style": row.style or "random",
        "must_change": row.must_change,
        "email_to_me": bool(addresses),
        "addresses": "; ".join(addresses),
        "email_to_alternate": any(link.is_alternate for link in links),
        "reason": row.reason,
        "ticket": row.ticket,
    }


def get_reset_result(row: PasswordReset, *, now: datetime) -> ResetResult:
    """Read the state of a reset and of each of its messages; two queries."""
    is_sealed = bool(row.sealed_password and row.sealed_until and row.sealed_until > now)
    links = {link.pk: link for link in RevealLink.objects.filter(reset=row)}
    messages = OutboundMessage.objects.filter(
        tenant_id=row.tenant_id, about_user_id=row.target_id, correlation_id=row.correlation_id
    ).order_by("created_at", "to")
    lines = [_line(message, links.get(message.pk), is_sealed=is_sealed) for message in messages]
    state, can_show = _life(row, now=now), is_sealed and row.shown_at is None
    return ResetResult(
        reset=row,
        user=row.target,
        can_show=can_show,
        state=state,
        links=tuple(line for line in lines if line.message_id in links),
        notices=tuple(line for line in lines if line.message_id not in links),
        polls_every=_polls_every(row, lines, state=state, now=now),
        stamp=hashlib.sha256(repr((state, can_show, lines)).encode()).hexdigest()[:16],
    )


def _line(message: OutboundMessage, link: RevealLink | None, *, is_sealed: bool) -> LinkLine:
    """Mask the address, unless the administrator has typed it."""
    line = line_of(message)
    return LinkLine(
        message_id=message.pk,
        address=message.to if link and not link.is_alternate else line.to,
        channel=line.channel,
        state=line.state,
        state_label=line.state_label,
        failure=line.failure,
        at=line.at,
        opened=line.opened,
        can_send_again=link is not None and is_sealed and line.is_link_open,
    )


def _life(row: PasswordReset, *, now: datetime) -> str:
    """Say where a reset is on its way: changed, replaced, used, expired, shown or issued."""
    steps = {
        "changed": row.changed_at is not None,
        "replaced": row.replaced_at is not None,
        "used": row.first_used_at is not None,
        "expired": row.temporary_expires_at is not None and row.temporary_expires_at <= now,
        "shown": row.shown_at is not None,
    }
    return next((step for step, reached in steps.items() if reached), "issued")


def _polls_every(row: PasswordReset, lines: list[LinkLine], *, state: str, now: datetime) -> int:
    if state in ("changed", "replaced", "expired") or now - row.created_at > WATCHED_FOR:
        return 0
    waits = any(line.state in (State.QUEUED, State.SENDING) for line in lines)
    return 2 if waits and now - row.created_at < FRESH_FOR else 15
