"""Settings › Password policy: who changes it, what acts from then on, and what is kept of a change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority, Authority, OperatorAuthority
from passwords.models import PasswordPolicy
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.services.policy import NAMES, PolicyRefused, change_password_policy
from passwords.services.reset import reset_passwords
from tests.cast import Cast, make_cast, signed_in
from users.services.people import Refused
from users.tenancy import within

pytestmark = pytest.mark.django_db
URL, SAVE = "/settings/password-policy", "/settings/password-policy/save"
SHORT, LONG = "Kelp-Ripe-77", "kelp ripe wander junction"
"""Passwords that the Microsoft 365 profile takes and the NIST one refuses, and the other way round."""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def form(**changes: object) -> dict[str, object]:
    shown = PasswordPolicy()
    values = {column: getattr(shown, column) for column in NAMES} | {"custom_terms": "", "version": 0}
    ticked = {column: "on" for column, value in values.items() if value is True}
    return {
        name: value for name, value in (values | ticked | changes).items() if value is not None and value is not False
    }


def policy(cast: Cast) -> PasswordPolicy:
    return PasswordPolicy.objects.get(tenant=cast.tenant)


def change(cast: Cast, who: str = "global.admin", *, version: int = 0, **values: Any) -> list[str]:
    with within(cast.tenant):
        return change_password_policy(actor=cast.actor(who), values=values, version=version, now=clock.now())


def give(cast: Cast, password: str | None, *, by: Authority | None = None) -> ResetOutcome:
    with within(cast.tenant), transaction.atomic():
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["adele.vance"].pk, password=Secret(password) if password else None)],
            authority=by or AdminAuthority(actor=cast.actor("helpdesk.admin")),
            options=ResetOptions(idempotency_key=uuid4().hex),
            now=clock.now(),
        )
    return outcome


def test_profile_acts_from_the_next_password_on_and_the_audit_log_says_who_changed_it(cast: Cast) -> None:
    assert give(cast, SHORT).end is ResetEnd.DONE

    answer = signed_in(cast["global.admin"]).post(SAVE, form(profile="nist"))
    signed_in(cast["global.admin"]).post(SAVE, form(profile="nist", admin_may_choose="on", version=1))

    assert answer.status_code == 302 and answer["Location"] == f"{URL}?saved=1"
    assert give(cast, SHORT).violations and give(cast, LONG).end is ResetEnd.DONE
    rows = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, actor_id=cast["global.admin"].pk, result="success")
    assert next(row.targets[0]["modified"] for row in rows.order_by("occurred_at", "id")) == [
        {"name": "password.profile", "old": "microsoft365", "new": "nist"},
        {"name": "reset.admin_may_choose", "old": "True", "new": "False"},
    ]


def test_going_over_to_nist_leaves_administrators_only_created_passwords(cast: Cast) -> None:
    change(cast, profile="nist", admin_may_choose=True)

    refused, created = give(cast, LONG), give(cast, None)

    assert (refused.end, refused.code) == (ResetEnd.REFUSED, "RESET_CHOSEN_OFF")
    assert created.end is ResetEnd.DONE
    assert give(cast, LONG, by=OperatorAuthority()).end is ResetEnd.DONE


@pytest.mark.parametrize("page", ["passwords:reset", "passwords:add-user"])
def test_page_offers_an_own_password_only_where_it_is_allowed(cast: Cast, page: str) -> None:
    address = reverse(page, args=[cast["adele.vance"].pk] if page == "passwords:reset" else [])
    client = signed_in(cast["global.admin"])
    before = client.get(address).content.decode()
    change(cast, admin_may_choose=False)

    after = client.get(address).content.decode()

    assert "Let me create the password" in before and "Automatically create a password" in after
    assert "Let me create the password" not in after


def test_typed_password_is_refused_on_the_page_too_and_nothing_changes(cast: Cast) -> None:
    change(cast, admin_may_choose=False)
    was = cast["adele.vance"].password

    answer = signed_in(cast["helpdesk.admin"]).post(
        reverse("passwords:reset", args=[cast["adele.vance"].pk]),
        {"how": "own", "new_password": SHORT, "must_change": "on", "form_key": uuid4().hex},
    )

    cast["adele.vance"].refresh_from_db()
    assert answer.status_code == 400 and cast["adele.vance"].password == was
    assert "lets no administrator choose passwords" in answer.content.decode()


def test_own_banned_words_act_at_once_and_the_audit_log_keeps_their_number_alone(cast: Cast) -> None:
    signed_in(cast["global.admin"]).post(SAVE, form(custom_terms="Trawler\nW@lrus\n\ntrawler"))

    assert policy(cast).custom_terms == ["trawler", "walrus"]
    assert give(cast, "Trawler-Walrus").violations
    rows = str([row.targets for row in AuditEvent.objects.filter(tenant_id=cast.tenant.pk)])
    assert "2 terms" in rows and "trawler" not in rows.casefold()


def test_line_that_is_no_term_is_named_and_nothing_is_saved(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).post(SAVE, form(custom_terms="trawler\nsea", profile="nist"))

    assert answer.status_code == 422
    assert "Line 2: a term has 4 to 16 characters" in answer.content.decode()
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()


def test_newer_change_of_a_colleague_is_not_written_over(cast: Cast) -> None:
    change(cast, history_depth=5)

    answer = signed_in(cast["global.admin"]).post(SAVE, form(history_depth=3))

    page = answer.content.decode()
    assert answer.status_code == 409 and "Somebody else has changed" in page and "notice--error" in page
    assert policy(cast).history_depth == 5


def test_reader_sees_the_policy_and_changes_nothing(cast: Cast) -> None:
    client = signed_in(cast["global.reader"])

    page, answer = client.get(URL).content.decode(), client.post(SAVE, form(profile="nist"))

    assert "NIST SP 800-63B-4" in page and ">Save<" not in page
    assert answer.status_code == 403
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()
    with pytest.raises(Refused):
        change(cast, "global.reader", profile="nist")


def test_authentication_policy_administrator_reads_and_changes_the_policy(cast: Cast) -> None:
    client = signed_in(cast["authentication.policy.admin"])

    page, answer = client.get(URL).content.decode(), client.post(SAVE, form(profile="nist", custom_terms="trawler"))

    assert ">Save<" in page and answer.status_code == 302
    assert (policy(cast).profile, policy(cast).custom_terms) == ("nist", ["trawler"])


@pytest.mark.parametrize("who", ["helpdesk.admin", "user.admin", "security.admin", "privileged.authentication.admin"])
def test_no_other_administrator_changes_the_policy(cast: Cast, who: str) -> None:
    answer = signed_in(cast[who]).post(SAVE, form(profile="nist"))

    assert answer.status_code == 403
    with pytest.raises(Refused) as refused:
        change(cast, who, profile="nist")
    assert refused.value.decision.code == "NO_RIGHT_PASSWORD_POLICY_WRITE"
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()


def test_old_proof_is_asked_for_before_anything_is_typed(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        asked, refused = client.get(URL), client.post(SAVE, form(profile="nist"))

    assert asked.status_code == 302 and asked["Location"].startswith(reverse("users:confirm"))
    assert refused.status_code == 400
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()


@pytest.mark.parametrize(
    "values",
    [{"profile": "none"}, {"history_depth": 25}, {"temporary_lifetime_hours": 721}, {"custom_terms": ["sea"]}],
    ids=lambda values: next(iter(values)),
)
def test_service_refuses_what_the_profile_does_not_allow(cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(PolicyRefused):
        change(cast, **values)
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()


def test_what_is_there_already_is_not_written(cast: Cast) -> None:
    assert change(cast, history_depth=1) == []
    assert not PasswordPolicy.objects.filter(tenant=cast.tenant).exists()


def test_change_writes_what_it_changes_alone(cast: Cast) -> None:
    change(cast, history_depth=3)

    with CaptureQueriesContext(connection) as queries:
        change(cast, version=1, history_depth=4)

    (written,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "passwords_passwordpolicy"')]
    assert "history_depth" in written and "version" in written
    assert "blocklist" not in written and "custom_terms" not in written
