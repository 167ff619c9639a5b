"""One session is ended and no other: by an administrator who may, and by oneself."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_cast, make_tenant, signed_in
from users.models import Session

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _session(client: Client) -> Session:
    return Session.objects.get(pk=client.session_digest)  # type: ignore[attr-defined]


def _is_alive(client: Client) -> bool:
    return _session(client).ended_at is None


def _end(client: Client, cast: Cast, name: str, of: Client) -> int:
    url = reverse("users:end-session", args=[cast[name].pk])
    return client.post(url, {"session": _session(of).reference}).status_code


def _rows() -> list[tuple[str, str | None, str, str]]:
    rows = AuditEvent.objects.filter(activity="Signed out").order_by("pk")
    return [
        (row.actor_user_principal_name.partition("@")[0], row.result, row.reason, str(row.subject_id)) for row in rows
    ]


def test_administrator_ends_one_session_of_a_person_and_the_others_live(cast: Cast) -> None:
    at_home, at_work = signed_in(cast["adele.vance"]), signed_in(cast["adele.vance"])
    boss = signed_in(cast["user.admin"])
    panel = reverse("users:panel", args=[cast["adele.vance"].pk])

    answer = boss.post(
        reverse("users:end-session", args=[cast["adele.vance"].pk]),
        {"session": _session(at_home).reference},
        follow=True,
    )

    assert answer.redirect_chain[0][0] == f"{panel}?tab=password&done=session"
    assert "The session was ended." in answer.text
    assert (_is_alive(at_home), _is_alive(at_work), _is_alive(boss)) == (False, True, True)
    assert at_home.get("/account").status_code == 302
    assert at_work.get("/account").status_code == 200
    row = AuditEvent.objects.get(activity="Signed out")
    assert row.details == {"Entrance": "panel", "ActingRole": "User Administrator"}


def test_second_press_changes_nothing_and_is_no_second_row(cast: Cast) -> None:
    theirs, boss = signed_in(cast["adele.vance"]), signed_in(cast["user.admin"])

    assert [_end(boss, cast, "adele.vance", theirs) for _ in range(2)] == [302, 302]
    assert len(_rows()) == 1


def test_panel_offers_end_for_every_session_and_never_their_keys(cast: Cast) -> None:
    theirs = [signed_in(cast["adele.vance"]) for _ in range(2)]

    page = signed_in(cast["user.admin"]).get(reverse("users:panel", args=[cast["adele.vance"].pk]), {"tab": "password"})

    offered = set(re.findall(r'name="session" value="([0-9a-f]+)"', page.text))
    assert offered == {_session(client).reference for client in theirs}
    for client in theirs:
        assert _session(client).key_digest not in page.text
        assert client.cookies[settings.SESSION_COOKIE_NAME].value not in page.text


def test_panel_says_why_where_the_reader_may_not_end_sessions(cast: Cast) -> None:
    signed_in(cast["adele.vance"])

    page = signed_in(cast["password.admin"]).get(
        reverse("users:panel", args=[cast["adele.vance"].pk]), {"tab": "password"}
    )

    assert 'name="session"' not in page.text
    assert 'id="reason-session-' in page.text


@pytest.mark.parametrize(
    ("actor", "target", "status", "code"),
    [
        ("global.reader", "adele.vance", 403, "NO_RIGHT_SESSION_END"),
        ("password.admin", "adele.vance", 403, "NO_RIGHT_SESSION_END"),
        ("helpdesk.admin", "user.admin", 403, "RESET_TARGET_ROLE"),
        ("user.admin", "grady.archie", 403, "RESET_TARGET_RA_GROUP"),
    ],
)
def test_refused_end_changes_nothing_and_is_a_row(cast: Cast, actor: str, target: str, status: int, code: str) -> None:
    theirs = signed_in(cast[target])

    assert _end(signed_in(cast[actor]), cast, target, theirs) == status

    assert _is_alive(theirs)
    assert _rows() == [(actor, "failure", code, str(cast[target].pk))]


def test_session_of_somebody_else_is_not_ended_through_a_third_person(cast: Cast) -> None:
    theirs = signed_in(cast["global.admin"])
    url = reverse("users:end-session", args=[cast["adele.vance"].pk])

    answer = signed_in(cast["user.admin"]).post(url, {"session": _session(theirs).reference})

    assert answer.status_code == 302
    assert _is_alive(theirs)
    assert _rows() == []


def test_person_of_another_tenant_is_404(cast: Cast) -> None:
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("stranger")
    theirs = signed_in(fabrikam["stranger"])

    assert _end(signed_in(cast["global.admin"]), fabrikam, "stranger", theirs) == 404
    assert _is_alive(theirs)


def test_one_ends_another_session_of_ones_own_and_stays_signed_in(cast: Cast) -> None:
    here, there, other = (signed_in(cast[name]) for name in ("adele.vance", "adele.vance", "grady.archie"))
    page = here.get("/account").text
    assert _session(there).reference in page
    assert _session(here).reference not in page

    answer = here.post(reverse("users:end-own-session"), {"session": _session(there).reference})
    foreign = here.post(reverse("users:end-own-session"), {"session": _session(other).reference})

    assert (answer.status_code, answer.headers["Location"], foreign.status_code) == (302, "/account", 302)
    assert (_is_alive(here), _is_alive(there), _is_alive(other)) == (True, False, True)
    assert _rows() == [("adele.vance", "success", "", str(cast["adele.vance"].pk))]


def test_ending_the_session_of_this_browser_signs_out(cast: Cast) -> None:
    here = signed_in(cast["adele.vance"])

    answer = here.post(reverse("users:end-own-session"), {"session": _session(here).reference})

    assert answer.headers["Location"] == "/signin"
    assert not _is_alive(here)
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""


def test_reference_is_not_the_key_and_not_its_digest(cast: Cast) -> None:
    session = _session(signed_in(cast["adele.vance"]))

    assert session.reference not in session.key_digest
    assert len(session.reference) == 32
