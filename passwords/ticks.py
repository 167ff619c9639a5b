"""Live ticks: each rule beside the field and whether what is typed keeps it."""

from __future__ import annotations

from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from passwords.policy import RuleName, judge
from passwords.rules import policy_of, rules_for, words_of
from passwords.validators import rule_list
from users.models import Tenant, User

Tick = tuple[str, bool | None]
"""A rule as a sentence, and whether it is met; None while nothing is typed."""


@sensitive_variables()
def ticks_for(user: User, *, tenant: Tenant, typed: Secret | None = None) -> list[Tick]:
    """Judge what is typed for this person; without anything typed every rule is open. No hash is made."""
    rules = rules_for(user, policy=policy_of(tenant), tenant=tenant)
    if typed is None or not typed.expose():
        return [(text, None) for _name, text in rule_list(rules)]
    broken = {violation.rule for violation in judge(typed, rules=rules, person=words_of(user))}
    if RuleName.MAX_LENGTH in broken:  # nothing else was looked at
        return [(text, False if name in broken else None) for name, text in rule_list(rules)]
    return [(text, name not in broken) for name, text in rule_list(rules)]
