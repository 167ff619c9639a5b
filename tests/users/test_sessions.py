"""Sessions: their limits, their keys, and what ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.sealing import Secret
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import reset
from users.models import RoleAssignment, Session, User
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, act_on_person
from users.sessions import end_all_sessions, find_session, list_sessions, open_session, purge_sessions, renew
from users.tenancy import within

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("person", "idle"), [("adele.vance", timedelta(hours=1)), ("helpdesk.admin", timedelta(minutes=15))]
)
def test_session_ends_after_its_idle_time(cast: Cast, person: str, idle: timedelta) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        client = signed_in(cast[person])

    with clock.travel(freeze_at=start + idle):
        assert _is_in(client)
    with clock.travel(freeze_at=start + 2 * idle + SECOND):
        assert not _is_in(client)


@pytest.mark.parametrize(
    ("person", "total", "step"),
    [
        ("adele.vance", timedelta(hours=24), timedelta(minutes=48)),
        ("helpdesk.admin", timedelta(hours=12), timedelta(minutes=12)),
    ],
)
def test_session_ends_after_its_total_time_however_busy(
    cast: Cast, person: str, total: timedelta, step: timedelta
) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        client = signed_in(cast[person])

    passed = timedelta(0)
    while passed < total:
        passed += step
        with clock.travel(freeze_at=start + passed):
            assert _is_in(client), passed
    with clock.travel(freeze_at=start + total + SECOND):
        assert not _is_in(client)


def test_new_role_brings_the_shorter_limits_at_once(cast: Cast) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        client = signed_in(cast["adele.vance"])
    with within(cast.tenant):
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR],
            created_at=start,
        )

    with clock.travel(freeze_at=start + timedelta(minutes=15) + SECOND):
        assert not _is_in(client)


def test_activity_is_written_at_most_once_a_minute(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])
    before = Session.objects.get().last_seen_at

    with CaptureQueriesContext(connection) as queries:
        client.get("/account")
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]
    with clock.travel(timedelta(seconds=61)):
        client.get("/account")

    assert Session.objects.get().last_seen_at > before


def test_progress_polls_are_no_activity(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])

    with clock.travel(timedelta(minutes=14)):
        client.get("/account", headers={"X-Progress-Poll": "1"})
    with clock.travel(timedelta(minutes=16)):
        assert not _is_in(client)


def test_row_keeps_a_digest_and_the_key_opens_no_other_session(cast: Cast) -> None:
    key = open_session(cast["adele.vance"], now=clock.now())

    row = Session.objects.get()
    assert key.expose() not in str(vars(row))
    assert find_session(key, now=clock.now()) == row
    assert find_session(Secret(row.key_digest), now=clock.now()) is None
    assert find_session(Secret(""), now=clock.now()) is None


def test_renewed_session_keeps_its_total_time(cast: Cast) -> None:
    start = clock.now()
    key = open_session(cast["adele.vance"], now=start)
    later = start + timedelta(minutes=50)
    session = find_session(key, now=later)
    assert session is not None

    new = renew(session, now=later)

    assert find_session(key, now=later) is None
    renewed = find_session(new, now=later)
    assert renewed is not None
    assert (renewed.created_at, renewed.proven_at) == (start, later)


def test_ending_all_sessions_is_one_update_and_spares_the_kept_one(cast: Cast) -> None:
    keys = [open_session(cast["adele.vance"], now=clock.now()) for _ in range(3)]
    kept = find_session(keys[0], now=clock.now())
    other = open_session(cast["diego.siciliani"], now=clock.now())

    with CaptureQueriesContext(connection) as queries:
        end_all_sessions([cast["adele.vance"].pk], now=clock.now(), keep=kept)

    assert len(queries) == 1
    assert [find_session(key, now=clock.now()) is not None for key in (*keys, other)] == [True, False, False, True]


def test_reset_ends_every_session_of_the_person(cast: Cast) -> None:
    clients = [signed_in(cast["adele.vance"]) for _ in range(2)]
    other = signed_in(cast["diego.siciliani"])

    reset(cast, "adele.vance")

    assert [_is_in(client) for client in (*clients, other)] == [False, False, True]


def test_block_and_sign_out_end_every_session_of_the_person(cast: Cast) -> None:
    adele, diego = signed_in(cast["adele.vance"]), signed_in(cast["diego.siciliani"])

    with within(cast.tenant):
        actor = cast.actor("global.admin")
        act_on_person(act=Act.BLOCK, actor=actor, user_id=cast["adele.vance"].pk, reason="left", now=clock.now())
        act_on_person(act=Act.SIGN_OUT, actor=actor, user_id=cast["diego.siciliani"].pk, now=clock.now())

    assert not _is_in(adele) and not _is_in(diego)


def test_deleted_person_is_out_at_once(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())

    assert not _is_in(client)


def test_signing_out_everywhere_ends_all_and_this_one_too(cast: Cast) -> None:
    here, elsewhere = signed_in(cast["adele.vance"]), signed_in(cast["adele.vance"])

    answer = here.post("/account/signout-everywhere")

    assert answer["Location"] == "/signin"
    assert not _is_in(here) and not _is_in(elsewhere)


def test_list_shows_live_sessions_latest_first(cast: Cast) -> None:
    now = clock.now()
    old = open_session(cast["adele.vance"], now=now - timedelta(hours=2))
    first = open_session(cast["adele.vance"], now=now - timedelta(minutes=30))
    last = open_session(cast["adele.vance"], now=now)

    listed = [session.key_digest for session in list_sessions(cast["adele.vance"], now=now)]

    found = [find_session(key, now=now) for key in (last, first)]
    assert listed == [session.key_digest for session in found if session]
    assert find_session(old, now=now) is None


def test_rows_are_deleted_a_month_after_their_last_sign_of_life(cast: Cast) -> None:
    now = clock.now()
    open_session(cast["adele.vance"], now=now - timedelta(days=31))
    open_session(cast["adele.vance"], now=now - timedelta(days=29))

    assert purge_sessions(now) == 1
    assert Session.objects.count() == 1


def test_key_is_not_taken_for_files_and_health(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])

    with CaptureQueriesContext(connection) as queries:
        client.get("/health/live")

    assert not [query for query in queries if "users_session" in query["sql"]]


def test_unreadable_cookie_is_a_stranger(cast: Cast) -> None:
    client = Client()
    for value in ("", "x", "å" * 40, "a" * 5000, "\x00"):
        client.cookies[django_settings.SESSION_COOKIE_NAME] = value
        assert client.get("/account").status_code == 302


def test_signing_in_again_in_one_browser_ends_its_earlier_session(cast: Cast) -> None:
    elsewhere, browser = signed_in(cast["adele.vance"]), signed_in(cast["adele.vance"])
    earlier = Client()
    earlier.cookies[django_settings.SESSION_COOKIE_NAME] = browser.cookies[django_settings.SESSION_COOKIE_NAME].value

    wrong = browser.post("/signin", {"user_name": "diego.siciliani@contoso.example", "password": "wrong"})
    assert wrong.status_code == 422 and _is_in(earlier)
    browser.post("/signin", {"user_name": "diego.siciliani@contoso.example", "password": PASSWORD})

    assert _is_in(browser) and _is_in(elsewhere)
    assert not _is_in(earlier)
