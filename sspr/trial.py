"""Try it: what a chosen person would meet if they started a reset now; nothing is sent and nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from adminportal.outbox.masking import mask
from passwords.sspr_codes import explanation_of
from sspr.closings import closing_of
from sspr.crowd import own_mailboxes_of, stance_of
from sspr.eligibility import ADMIN_GATES, Verdict, judge
from sspr.facts import Known, available_gates, load_known
from sspr.models import Gate, RecoveryLock, SsprPolicy
from sspr.policy_settings import OFFERED_GATES
from sspr.reasons import WORDS, Reason, reason_of
from sspr.subjects import subjects_of
from users.models import Tenant, User
from users.panel_sections import SelfServiceLock


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedGate:
    """One method: whether the person would be offered it, where it leads, and why not."""

    label: str
    masked: str
    is_offered: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What somebody would meet."""

    user: User
    is_able: bool
    code: str
    reason: str
    explanation: str
    is_administrator: bool
    required: int
    gates: tuple[TriedGate, ...]
    questions: int
    asked: int
    recovery_codes: int
    closed: SelfServiceLock | None
    is_told_why: bool
    paused: tuple[str, ...] = ()


def try_person(user: User, *, policy: SsprPolicy, tenant: Tenant, now: datetime) -> Trial:
    """Ask the rule for one person as the wizard would; a fixed number of queries, inside the scope."""
    known, available = load_known([user], policy=policy)[user.pk], available_gates(policy)
    verdict = judge(known.facts, policy=policy, tenant=tenant, available=available)
    own = own_mailboxes_of([user])
    reason = reason_of(stance_of(known, own_mailboxes=own), policy=policy, tenant=tenant, available=available)
    pauses = RecoveryLock.objects.filter(subject__in=subjects_of(user.upn_folded), until__gt=now).exclude(gate="")
    return Trial(
        user=user,
        is_able=verdict.is_able,
        code=verdict.code,
        reason=str(WORDS[reason][0]) if reason else "",
        explanation=_explained(reason, verdict),
        is_administrator=known.facts.is_protected,
        required=verdict.required,
        gates=tuple(
            _tried(gate, known, verdict, policy=policy, is_available=gate in available, is_own=user.pk in own)
            for gate in OFFERED_GATES
            if gate in available or gate in policy.gates
        ),
        questions=known.facts.answers,
        asked=policy.questions_to_reset,
        recovery_codes=known.facts.recovery_codes,
        closed=closing_of(user, now),
        is_told_why=policy.explain_reason,
        paused=tuple(str(Gate(lock.gate).label) for lock in pauses),
    )


def _explained(reason: Reason | None, verdict: Verdict) -> str:
    if reason is Reason.ONE_MISSING and verdict.by_kind:
        return gettext("Whoever holds a role needs two methods of different kinds, and one more is missing.")
    return str(WORDS[reason][1]) if reason and verdict.code == "SSPR_0014" else explanation_of(verdict.code)


def _tried(
    gate: Gate, known: Known, verdict: Verdict, *, policy: SsprPolicy, is_available: bool, is_own: bool
) -> TriedGate:
    is_offered = any(way.gate is gate for way in verdict.ways)
    place = known.places.get(gate, "")
    return TriedGate(
        label=str(gate.label),
        masked=mask(place) if place else "",
        is_offered=is_offered,
        note="" if is_offered else _why_not(gate, known, policy=policy, is_available=is_available, is_own=is_own),
    )


def _why_not(gate: Gate, known: Known, *, policy: SsprPolicy, is_available: bool, is_own: bool) -> str:
    """Return the first thing that keeps a method from being offered."""
    facts = known.facts
    has_it = facts.answers > 0 if gate is Gate.QUESTIONS else any(way.gate is gate for way in facts.ways)
    if facts.is_protected and gate not in ADMIN_GATES:
        return gettext("Never for holders of a role")
    if not facts.is_protected and gate not in policy.gates:
        return gettext("Not enabled in Authentication methods")
    if not is_available:
        return gettext("The way of sending is not set up")
    if not has_it:
        is_mailbox = gate is Gate.EMAIL and is_own
        return gettext("Their own mailbox does not count") if is_mailbox else gettext("Nothing is registered")
    if gate in facts.disabled:
        return gettext("Answered wrongly too often; it has to be registered again")
    if gate is Gate.QUESTIONS and facts.answers < policy.questions_to_reset:
        return gettext("Too few answers are registered")
    return gettext("Not enough beside it") if not facts.is_guest and facts.is_enabled else ""
