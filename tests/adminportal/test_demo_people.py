"""The demo's people: what the pages of self-service show needs some who are known by one thing and some by two."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.audit.tags import Activity
from adminportal.centre.demo.people import invent
from adminportal.centre.demo.seed import seed
from adminportal.sealing import Secret
from sspr.rules import policy_of
from sspr.services.insights import Span, count_events
from sspr.services.lock_out import count_lock_out
from sspr.services.policy import with_values
from users.tenancy import within


def test_a_third_of_those_with_contact_data_have_an_address_alone() -> None:
    people = [invent(number) for number in range(252)]

    reached = [person for person in people if person.has_mailbox]
    assert len(reached) == 189
    assert len([person for person in reached if not person.has_phone]) == 63
    assert {person.language for person in reached if not person.has_phone} == {"nb", "sv", "da"}


@pytest.mark.django_db
def test_demo_warns_of_a_second_method_and_counts_no_reset_on_its_first_day() -> None:
    now = clock.now()
    tenant = seed(password=Secret("Correct-Horse-77-Battery"), now=now)[0]

    with within(tenant):
        policy = policy_of(tenant)
        lost = count_lock_out(policy, with_values(policy, {"gates_required": 2}), now=now)
        used = count_events(tenant, [Activity.RESET_PASSWORD_BY_ADMIN], span=Span.DAY, now=now)

    assert 10 < lost.count < lost.before
    assert lost.people and all(user.user_principal_name.endswith("@contoso.example") for user in lost.people)
    assert sum(used.series(Activity.RESET_PASSWORD_BY_ADMIN)) == 0
