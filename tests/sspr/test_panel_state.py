"""What the user panel says of self-service: registered, enabled, capable, and why not; for every reader of people."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from sspr.facts import available_gates, load_known
from sspr.models import Gate, Reach
from sspr.panel_state import standing_of
from sspr.people_state import state_of
from sspr.reasons import WORDS, Reason
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from users.models import Contact, Domain, MethodKind, User
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE = "adele.vance"


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


def said(cast: Cast, name: str = ADELE) -> dict[str, str]:
    user = User.objects.get(pk=cast[name].pk)
    return {line.label: line.reason for line in standing_of(load_facts([user])[user.pk], cast.tenant)}


def why(reason: Reason) -> str:
    return str(WORDS[reason][1])


def test_whoever_registered_and_may_is_capable(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    assert said(cast) == {"Registered": "", "Enabled": "", "Capable": ""}


@pytest.mark.parametrize(
    ("settings", "changes", "enabled"),
    [
        ({"reach": Reach.NONE}, {}, Reason.OFF),
        ({"reach": Reach.SELECTED}, {}, Reason.OUT_OF_SCOPE),
        ({"reach": Reach.ALL}, {"account_enabled": False}, Reason.BLOCKED),
        ({"reach": Reach.ALL}, {"user_type": "guest"}, Reason.GUEST),
    ],
    ids=["off", "group", "blocked", "guest"],
)
def test_whoever_registered_and_may_not_reads_why(
    cast: Cast, settings: dict[str, Any], changes: dict[str, Any], enabled: Reason
) -> None:
    policy_for(cast, **settings)
    User.objects.filter(pk=cast[ADELE].pk).update(**changes)

    assert said(cast) == {"Registered": "", "Enabled": why(enabled), "Capable": why(enabled)}


def test_whoever_may_and_registered_nothing_reads_what_is_missing(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[Gate.EMAIL.value, Gate.APP.value], gates_required=2)
    missing = said(cast)
    registers(cast, ADELE, MethodKind.AUTHENTICATOR)

    assert missing == {"Registered": why(Reason.ONE_MISSING), "Enabled": "", "Capable": why(Reason.ONE_MISSING)}
    assert said(cast) == {"Registered": "", "Enabled": "", "Capable": ""}


def test_own_mailbox_does_not_count_and_says_so(cast: Cast) -> None:
    policy_for(cast, reach=Reach.NONE, gates=[Gate.EMAIL.value])
    Contact.objects.filter(user=cast[ADELE]).delete()
    knows(cast, ADELE, email=cast[ADELE].user_principal_name)

    assert said(cast) == {"Registered": why(Reason.OWN_MAILBOX), "Enabled": why(Reason.OFF), "Capable": why(Reason.OFF)}


def test_password_of_a_directory_leaves_registered_and_enabled_as_they_are(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    User.objects.filter(pk=cast[ADELE].pk).update(on_premises_sync_enabled=True)

    assert said(cast) == {"Registered": "", "Enabled": "", "Capable": why(Reason.DIRECTORY)}


def test_panel_says_the_same_as_the_report_of_everybody(cast: Cast) -> None:
    """Each word holds exactly where the report counts the person."""
    Domain.objects.create(tenant=cast.tenant, name="partner.example", is_federated=True)
    for settings in ({"reach": Reach.ALL}, {"reach": Reach.NONE}, {"reach": Reach.ALL, "gates_required": 2}):
        policy, people = policy_for(cast, **settings), list(User.objects.filter(deleted_at=None))
        known = load_known(people, policy=policy)
        for user in people:
            state = state_of(known[user.pk].facts, policy=policy, tenant=cast.tenant, available=available_gates(policy))
            holds = [not line.reason for line in standing_of(load_facts([user])[user.pk], cast.tenant)]
            assert holds == [state.is_registered, state.is_enabled, state.is_capable], user.upn_folded


def test_tab_of_methods_shows_it_to_every_reader_of_people(cast: Cast) -> None:
    policy_for(cast, reach=Reach.NONE)
    address = f"{reverse('users:panel', args=[cast[ADELE].pk])}?tab=methods"

    page = unescape(signed_in(cast["global.reader"]).get(address).content.decode())

    assert "Self-service password reset" in page and why(Reason.OFF) in page
    assert [line.label for line in signed_in(cast["helpdesk.admin"]).get(address).context["standing"]] == [
        "Registered",
        "Enabled",
        "Capable",
    ]
