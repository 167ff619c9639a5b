"""Acts on one person who holds a role ask for fresh proof, as the same acts in bulk do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from users.act_rules import Act
from users.models import Session, User
from users.services.acts import Refused, act_on_person
from users.services.session_ends import end_session_of
from users.tenancy import within

pytestmark = pytest.mark.django_db
HOLDER, NOBODY = "user.admin", "adele.vance"
STALE = timedelta(minutes=11)
PAGES = ("block", "signout-person", "force-change")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def stale_client(cast: Cast) -> Client:
    client = signed_in(cast["global.admin"])
    Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - STALE)
    return client


def address(cast: Cast, page: str, name: str = HOLDER) -> str:
    return reverse(f"users:{page}", args=[cast[name].pk])


def stored(cast: Cast, name: str = HOLDER) -> tuple[bool, bool, object]:
    with within(cast.tenant):
        user = User.objects.get(pk=cast[name].pk)
    return user.account_enabled, user.must_change, user.sessions_valid_from


@pytest.mark.parametrize("page", PAGES)
def test_question_about_a_role_holder_comes_after_the_proof(cast: Cast, page: str) -> None:
    client, url = stale_client(cast), address(cast, page)

    whole = client.get(url)
    part = client.get(url, headers={"HX-Request": "true", "HX-Target": "panel"})

    assert whole["Location"] == part["HX-Redirect"] == f"/confirm?{urlencode({'next': url})}"


@pytest.mark.parametrize("page", PAGES)
def test_act_on_a_role_holder_waits_for_the_proof_and_is_done_after_it(cast: Cast, page: str) -> None:
    client, url, before = stale_client(cast), address(cast, page), stored(cast)

    asked = client.post(url)

    assert asked["Location"] == f"/confirm?{urlencode({'next': url})}"
    assert stored(cast) == before
    assert client.post("/confirm", {"password": PASSWORD, "next": url})["Location"] == url
    assert client.get(url).status_code == 200
    assert f"done={Act(page.replace('-', '_').replace('signout_person', 'sign_out'))}" in client.post(url)["Location"]
    assert stored(cast) != before


@pytest.mark.parametrize("page", PAGES)
def test_act_on_somebody_without_a_role_asks_for_no_proof(cast: Cast, page: str) -> None:
    client, url, before = stale_client(cast), address(cast, page, NOBODY), stored(cast, NOBODY)

    assert client.get(url).status_code == 200
    assert "done=" in client.post(url)["Location"]
    assert stored(cast, NOBODY) != before


@pytest.mark.parametrize("page", ["unlock", "end-session"])
def test_what_is_no_page_leads_back_to_the_panel(cast: Cast, page: str) -> None:
    holder = signed_in(cast[HOLDER])
    client, session = stale_client(cast), Session.objects.get(user=cast[HOLDER])

    asked = client.post(address(cast, page), {"session": session.reference})

    assert asked["Location"] == f"/confirm?{urlencode({'next': address(cast, 'panel') + '?tab=password'})}"
    assert holder.get("/account").status_code == 200


def test_whoever_may_not_reads_why_and_is_asked_for_no_proof(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])
    Session.objects.filter(user=cast["helpdesk.admin"]).update(proven_at=clock.now() - STALE)

    assert client.get(address(cast, "signout-person", "global.admin")).status_code == 200
    assert client.post(address(cast, "signout-person", "global.admin")).status_code == 403


@pytest.mark.parametrize("act", list(Act))
def test_every_act_on_a_role_holder_is_refused_without_fresh_proof_and_the_log_says_so(cast: Cast, act: Act) -> None:
    actor = replace(cast.actor("global.admin"), proven_at=clock.now() - STALE)

    with within(cast.tenant), pytest.raises(Refused) as refused:
        act_on_person(actor=actor, act=act, user_id=cast[HOLDER].pk, now=clock.now())

    code = "STRONG_FOR_ROLES" if act is Act.STRONG_OPTIONAL else "RESET_STEP_UP"
    assert refused.value.decision.code == code
    row = AuditEvent.objects.latest("pk")
    assert (row.subject_id, row.result, row.reason) == (cast[HOLDER].pk, "failure", code)


def test_session_of_a_role_holder_ends_after_fresh_proof_alone(cast: Cast) -> None:
    signed_in(cast[HOLDER])
    session = Session.objects.get(user=cast[HOLDER])
    actor = replace(cast.actor("global.admin"), proven_at=None)

    with within(cast.tenant), pytest.raises(Refused) as refused:
        end_session_of(actor=actor, user_id=cast[HOLDER].pk, reference=session.reference, now=clock.now())

    session.refresh_from_db()
    assert (refused.value.decision.code, session.ended_at) == ("RESET_STEP_UP", None)
