"""Who may reset their own password, and by which methods: the one rule that decides, as a function of plain facts.

Administrators have rules of their own. No query is asked here: ``sspr/facts.py`` loads the facts of people, and
whoever counts a whole tenant may ask once a class of equal ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sspr.models import Gate, Reach, SsprPolicy
from users.models import Tenant
from users.roles import Role, Standing

EXEMPT_ROLES: Final[frozenset[Role | Standing]] = frozenset(
    {
        Role.DIRECTORY_READERS,
        Role.GUEST_INVITER,
        Role.MESSAGE_CENTER_READER,
        Role.REPORTS_READER,
        Role.USAGE_SUMMARY_REPORTS_READER,
        Role.USER_EXPERIENCE_SUCCESS_MANAGER,
        Role.GLOBAL_READER,
        Role.SECURITY_READER,
    }
)
"""Roles whose holders fall under the policy of users."""

ADMIN_GATES: Final = frozenset({Gate.EMAIL, Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE, Gate.APP})
ADMIN_GATES_REQUIRED: Final = 2
WITH_SECOND_FACTOR_REQUIRED: Final = 2
KIND_OF: Final[dict[Gate, str]] = {
    Gate.EMAIL: "email",
    Gate.MOBILE_SMS: "sms",
    Gate.MOBILE_VOICE: "voice",
    Gate.OFFICE_VOICE: "voice",
    Gate.APP: "app",
    Gate.QUESTIONS: "questions",
    Gate.RECOVERY_CODE: "recovery",
}
ALL_GATES: Final = frozenset(Gate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One method that a person has; ``key`` says where it leads: equal keys are the same place."""

    gate: Gate
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """Everything about one person that decides; ``ways`` are all methods they have, whatever the settings say.

    An address that is the person's own mailbox is no way: they are locked out of it. ``disabled`` are methods with too
    many failures in a row (L11).
    """

    is_enabled: bool = True
    is_deleted: bool = False
    is_guest: bool = False
    is_federated: bool = False
    is_synced: bool = False
    is_licensed: bool = False
    in_group: bool = False
    held: frozenset[Role | Standing] = frozenset()
    ways: tuple[Way, ...] = ()
    answers: int = 0
    recovery_codes: int = 0
    disabled: frozenset[Gate] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Tell whether the fixed policy of administrators holds for the person."""
        return bool(self.held - EXEMPT_ROLES - {Standing.ROLE_ASSIGNABLE_GROUP})

    @property
    def is_protected(self) -> bool:
        """Tell whether two gates are needed for the person's standing: a role, or a role-assignable group."""
        return bool(self.held - EXEMPT_ROLES)

    @property
    def has_second_factor(self) -> bool:
        """Tell whether the person registered an authenticator app."""
        return any(way.gate is Gate.APP for way in self.ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holds for one person: a code where they go the neutral way, else ways and how many of them.

    ``ways`` are those that lead to the end; ``by_kind`` where two ways must be of different kinds, not only of
    different methods.
    """

    code: str = ""
    ways: tuple[Way, ...] = ()
    required: int = 1
    by_kind: bool = False

    @property
    def is_able(self) -> bool:
        """Tell whether the person could reset their password now."""
        return not self.code

    def offered_after(self, proven: Collection[Way]) -> tuple[Way, ...]:
        """Return the ways that may come next: never a method, kind or place that was used already."""
        return tuple(way for way in self.ways if all(are_apart(way, used, by_kind=self.by_kind) for used in proven))

    def is_enough(self, proven: Collection[Way]) -> bool:
        """Tell whether these proofs, all of them still ways of the person, are as many as needed, each apart."""
        kept: list[Way] = []
        for way in proven:
            if way in self.ways and all(are_apart(way, other, by_kind=self.by_kind) for other in kept):
                kept.append(way)
        return self.is_able and len(kept) >= self.required


def judge(
    facts: PersonFacts, *, policy: SsprPolicy, tenant: Tenant, available: Collection[Gate] = ALL_GATES
) -> Verdict:
    """Say what holds for a person under these settings; the first rule that hits, in the order of the specification.

    ``available`` are the methods whose way of sending is set up.
    """
    required = required_of(facts, policy)
    by_kind = facts.is_protected
    code = _scope_code(facts, policy, tenant) or _account_code(facts)
    if code:
        return Verdict(code=code, required=required, by_kind=by_kind)
    ways = _leading_on(_usable(facts, policy, available, required), required=required, by_kind=by_kind)
    if not ways:
        return Verdict(code="SSPR_0014", required=required, by_kind=by_kind)
    if facts.is_synced:
        return Verdict(code="SSPR_0010", required=required, by_kind=by_kind)
    return Verdict(ways=ways, required=required, by_kind=by_kind)


def required_of(facts: PersonFacts, policy: SsprPolicy) -> int:
    """Return how many methods the person has to prove."""
    if facts.is_protected:
        return ADMIN_GATES_REQUIRED
    if policy.two_gates_with_second_factor and facts.has_second_factor:
        return max(policy.gates_required, WITH_SECOND_FACTOR_REQUIRED)
    return policy.gates_required


def count_apart(facts: PersonFacts, *, policy: SsprPolicy, available: Collection[Gate] = ALL_GATES) -> int:
    """Count the methods of a person that may count together under these settings, up to two."""
    ways = _usable(facts, policy, available, required_of(facts, policy))
    by_kind = facts.is_protected
    has_two = any(are_apart(one, other, by_kind=by_kind) for one in ways for other in ways)
    return 2 if has_two else min(len(ways), 1)


def are_apart(one: Way, other: Way, *, by_kind: bool) -> bool:
    """Tell whether two ways may both count: another method, and another place; for administrators another kind too."""
    if one.gate is other.gate or one.key == other.key:
        return False
    return not by_kind or KIND_OF[one.gate] != KIND_OF[other.gate]


def _scope_code(facts: PersonFacts, policy: SsprPolicy, tenant: Tenant) -> str:
    if facts.is_deleted:
        return "SSPR_X103"
    if facts.is_admin:
        keeps = Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR in facts.held
        return "" if policy.admins_may_use or keeps else "SSPR_0011"
    if policy.reach == Reach.NONE:
        return "SSPR_0009"
    if policy.reach == Reach.SELECTED and not facts.in_group:
        return "SSPR_0013"
    return "SSPR_0012" if tenant.licensing_mode == "microsoft" and not facts.is_licensed else ""


def _account_code(facts: PersonFacts) -> str:
    if not facts.is_enabled:
        return "SSPR_X102"
    if facts.is_guest:
        return "SSPR_X104"
    return "SSPR_X105" if facts.is_federated else ""


def _usable(facts: PersonFacts, policy: SsprPolicy, available: Collection[Gate], required: int) -> tuple[Way, ...]:
    allowed = (ADMIN_GATES if facts.is_protected else {Gate(gate) for gate in policy.gates}) - {Gate.RECOVERY_CODE}
    ways = [way for way in facts.ways if way.gate in allowed]
    ways += [Way(gate=gate, key=gate) for gate in _beside(facts, policy, required=required)]
    return tuple(way for way in ways if way.gate in available and way.gate not in facts.disabled)


def _beside(facts: PersonFacts, policy: SsprPolicy, *, required: int) -> Iterable[Gate]:
    """Name what is no place to send to: questions, never of a holder of roles; recovery codes, one of two methods."""
    is_plain = not facts.held
    questions_count = required > 1 or policy.questions_alone
    if is_plain and Gate.QUESTIONS in policy.gates and questions_count and facts.answers >= policy.questions_to_reset:
        yield Gate.QUESTIONS
    if not facts.is_protected and required > 1 and facts.recovery_codes:
        yield Gate.RECOVERY_CODE


def _leading_on(ways: tuple[Way, ...], *, required: int, by_kind: bool) -> tuple[Way, ...]:
    """Leave out ways that no second one could follow."""
    if required == 1:
        return ways
    return tuple(way for way in ways if any(are_apart(way, other, by_kind=by_kind) for other in ways))
