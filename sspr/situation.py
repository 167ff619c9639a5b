"""Everything that one step of an attempt needs to know, read anew each time: a change of settings acts at once.

A name that cannot reset goes the neutral way: the same statements are asked for somebody who is not there, and what
it is offered is drawn by ``sspr/decoys.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sspr import decoys, locks
from sspr.attempts import mark_of
from sspr.eligibility import Verdict, Way, judge
from sspr.facts import NOBODY, Known, available_gates, load_known
from sspr.models import Gate, RecoveryAttempt, SsprPolicy
from sspr.questions import BUILT_IN, drawn
from sspr.rules import policy_of
from users.models import Tenant, User
from users.services.sending_limits import SmsRules, budget_is_left
from users.tenancy import within

NO_TENANT: Final = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An attempt and what holds for it now; ``verdict`` is a decoy's where the attempt goes the neutral way."""

    attempt: RecoveryAttempt
    tenant: Tenant
    policy: SsprPolicy
    known: Known
    verdict: Verdict
    closed: locks.Closed
    proven: tuple[Way, ...]

    @property
    def is_decoy(self) -> bool:
        """Tell whether nothing that is typed can be right."""
        return bool(self.attempt.sspr_code)

    @property
    def user(self) -> User | None:
        """Return the person who may prove who they are, None on the neutral way."""
        return None if self.is_decoy else self.known.user

    @property
    def offered(self) -> tuple[Way, ...]:
        """Return the methods that may be proven next."""
        return self.verdict.offered_after(self.proven)

    def way(self, gate: Gate) -> Way | None:
        """Return the way of a method, if it is offered."""
        return next((way for way in self.offered if way.gate is gate), None)

    @property
    def preferred(self) -> Gate | None:
        """Return the method that is opened first because the person wants it so, if it is offered."""
        wanted = self.known.preferred
        if self.is_decoy:
            wanted = decoys.decoy_preferred(self.attempt.decoy_seed, self.verdict.ways)
        return next((gate for gate in wanted if self.way(gate)), None)

    def value(self, gate: Gate) -> str:
        """Return where the code of a method goes, empty on the neutral way."""
        return "" if self.is_decoy else self.known.places.get(gate, "")

    def questions(self, moves: int) -> list[str]:
        """Return the questions that the form of ``moves`` asks, the same throughout an attempt unless drawn anew."""
        salt = f"{self.attempt.pk}:{moves if self.policy.questions_redraw_on_error else ''}"
        keys = BUILT_IN if self.is_decoy else self.known.questions
        pool = decoys.decoy_questions(self.attempt.decoy_seed, keys, number=self.policy.questions_to_register)
        return drawn(pool if self.is_decoy else keys, number=self.policy.questions_to_reset, salt=salt)


def ghost_tenant() -> Tenant:
    """Return a tenant that is not there, for names of no domain."""
    return Tenant(id=NO_TENANT)


def ghost(tenant: Tenant) -> User:
    """Return somebody who is not there, of a tenant that may be."""
    return User(id=NOBODY, tenant=tenant)


def read_person(user: User | None, *, tenant: Tenant, subject: str) -> tuple[SsprPolicy, Known, frozenset[Gate]]:
    """Read settings, facts and the methods that are set up, at the same cost for somebody who is not there."""
    policy = policy_of(tenant)
    person = user or ghost(tenant)
    with within(tenant):
        known = load_known([person], policy=policy, subjects={person.pk: subject})[person.pk]
    return policy, known, available_gates(policy)


def first_look(attempt: RecoveryAttempt) -> Situation:
    """Judge whoever has the name of an attempt that has no row yet, and put on it why they cannot reset.

    What is closed for the account was asked before, and is not asked again.
    """
    tenant = attempt.tenant or ghost_tenant()
    policy, known, available = read_person(attempt.user, tenant=tenant, subject=attempt.subject)
    verdict = judge(known.facts, policy=policy, tenant=tenant, available=available)
    attempt.sspr_code = verdict.code if attempt.user else "SSPR_X101"
    return Situation(
        attempt=attempt,
        tenant=tenant,
        policy=policy,
        known=known,
        verdict=verdict,
        closed=locks.Closed(),
        proven=(),
    )


def look(attempt: RecoveryAttempt, *, now: datetime) -> Situation:
    """Read what holds for an attempt now; the same statements whoever it is about."""
    tenant = attempt.tenant or ghost_tenant()
    real = None if attempt.sspr_code else attempt.user
    policy, known, available = read_person(real, tenant=tenant, subject=attempt.subject)
    closed = locks.read([attempt.subject], now=now)
    if attempt.sspr_code:
        verdict = decoys.decoy_verdict(attempt.decoy_seed, policy=policy, available=available - known.facts.disabled)
    else:
        verdict = judge(known.facts, policy=policy, tenant=tenant, available=available)
    return Situation(
        attempt=attempt,
        tenant=tenant,
        policy=policy,
        known=known,
        verdict=verdict,
        closed=closed,
        proven=proven_ways(attempt, verdict),
    )


def proven_ways(attempt: RecoveryAttempt, verdict: Verdict) -> tuple[Way, ...]:
    """Return the proofs that still count: of a method that is allowed, at a place that is still the person's."""
    marks = set(zip(attempt.proven_gates, attempt.proven_destinations, strict=True))
    return tuple(way for way in verdict.ways if (way.gate.value, mark_of(way)) in marks)


def paused_gates(situation: Situation, *, now: datetime) -> frozenset[Gate]:
    """Return the methods that nothing is sent by now: too many were asked for, or the budget of the day is spent.

    A proof by a code that is on its way already counts all the same.
    """
    rules, tenant_id = sms_rules(situation.policy), situation.tenant.pk
    if budget_is_left(tenant_id=tenant_id, now=now, rules=rules):
        return situation.closed.paused
    return situation.closed.paused | locks.PHONES


def sms_rules(policy: SsprPolicy) -> SmsRules:
    """Return what the tenant allows of text messages and calls."""
    return SmsRules(a_day=policy.sms_a_day, countries=frozenset(policy.sms_countries))
