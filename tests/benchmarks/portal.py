"""The portal as one process of the benchmark, with one database; see ``wire`` for how it is asked."""

from __future__ import annotations

import smtplib
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.hashing import build_kind, hashes_made
from adminportal.outbox import messenger
from tests.benchmarks import population
from tests.benchmarks.browser import Answer, Application, Browser
from tests.benchmarks.hash_stub import PASSWORD, without_hashes
from tests.benchmarks.statements import count_commits, is_transaction
from users.grid_order import Order, Place
from users.models import User
from users.sessions import open_session
from users.tenancy import across_tenants

NEW_PASSWORD = "Thirteen-Quiet-Otters-58"


@dataclass(slots=True)
class Process:
    """What the process keeps between two operations."""

    application: Application | None = None
    admin_id: str = ""
    hashed: str = ""
    people: dict[str, list[User]] = field(default_factory=dict)


here = Process()


def load(*, people: int) -> float:
    """Migrate, fill the database and get ready to answer; returns the seconds it took."""
    started = time.perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    here.admin_id = population.load(people, now=clock.now())
    here.application = get_wsgi_application()
    messenger.begin()  # as the web server does
    here.hashed = make_password(PASSWORD)
    with across_tenants():
        known = User.objects.exclude(pk=here.admin_id).order_by("pk").select_related("tenant")
        can_act = known.filter(account_enabled=True, role_assignments=None, password_issued_at__isnull=False)
        here.people = {
            "permanent": list(can_act.filter(must_change=False)[:1_000]),
            "temporary": list(can_act.filter(must_change=True)[:1_000]),
        }
    return time.perf_counter() - started


def facts() -> dict[str, object]:
    """Say on what the figures stand."""
    hasher = get_hasher()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return {
        "argon2": str(build_kind()),
        "hasher": f"{type(hasher).__name__}: {settings.ARGON2_MEMORY_KIB:,} KiB, t = {settings.ARGON2_TIME}, "
        f"p = {settings.ARGON2_PARALLELISM}",
        "postgresql": version.split()[0],
        "people": {kind: len(found) for kind, found in here.people.items()},
    }


def hash_once() -> float:
    """Make one hash with the parameters of production."""
    started = time.perf_counter()
    make_password(PASSWORD)
    return time.perf_counter() - started


def check_once() -> float:
    """Check one password against its hash."""
    started = time.perf_counter()
    check_password(PASSWORD, here.hashed)
    return time.perf_counter() - started


def addresses() -> dict[str, str]:
    """Return the addresses of the pages of Active users that are measured."""
    list_url = reverse("users:active")
    with across_tenants():
        ordered = User.objects.filter(deleted_at=None).order_by("sort_name", "id")
        count = ordered.count()
        far = ordered[count * 9 // 10]
    order = Order()
    return {
        "first page": list_url,
        "page far down": f"{list_url}?{urlencode({'after': Place.of(far, order).written(order)})}",
        "search, many hits": f"{list_url}?search={population.COMMON}",
        "search, many hits at the end": f"{list_url}?search={population.LAST}",
        "search, few hits": f"{list_url}?search={population.RARE}",
        "search, no hits": f"{list_url}?search={population.FOREIGN}",
    }


def open_page(*, address: str) -> float:
    """Open a page as the Helpdesk Administrator."""
    return _seen(_signed_in(here.admin_id).get(address), 200).seconds


def count_queries(*, address: str) -> int:
    """Count the queries of a page."""
    browser = _signed_in(here.admin_id)
    with CaptureQueriesContext(connection) as captured:
        _seen(browser.get(address), 200)
    return sum(not is_transaction(query["sql"]) for query in captured.captured_queries)


def sign_in(*, number: int, hashes: bool) -> float:
    """Sign the ``number``-th person in from a browser that was never here."""
    person = here.people["permanent"][number]
    with nullcontext() if hashes else without_hashes(made=here.hashed):
        return _seen(_send_sign_in(person.user_principal_name, PASSWORD, number=number), 302).seconds


def sign_in_wrongly(*, number: int, is_known: bool) -> float:
    """Guess a wrong password once, of the ``number``-th person or of a name that nobody has."""
    name = here.people["permanent"][number].user_principal_name
    if not is_known:
        local, _, domain = name.partition("@")
        name = f"{local[::-1]}@{domain}"
    source = number * 2 + is_known
    return _seen(_send_sign_in(name, uuid.uuid4().hex, number=source), 422).seconds


def issue_passwords(*, people: int) -> None:
    """Reset so many holders of temporary passwords, so that their change has a reset and a link to end."""
    for number in range(people):
        with without_hashes(made=here.hashed):
            _press_reset(here.people["temporary"][number], address=f"issued.{number}@mail.example")


def change(*, number: int, hashes: bool) -> float:
    """Make the ``number``-th holder of a temporary password change it."""
    browser = _signed_in(str(here.people["temporary"][number].pk))
    with nullcontext() if hashes else without_hashes(made=here.hashed):
        return _seen(_send_change(browser), 302).seconds


def count_work(*, kind: str, number: int) -> dict[str, object]:
    """Count hashes, commits and queries of a sign-in or a change."""
    browser = _signed_in(str(here.people["temporary"][number].pk))
    before = hashes_made()
    with CaptureQueriesContext(connection) as captured:
        if kind == "change":
            _seen(_send_change(browser), 302)
        else:
            _seen(_send_sign_in(here.people["permanent"][number].user_principal_name, PASSWORD, number=number), 302)
    statements = [query["sql"] for query in captured.captured_queries]
    return {
        "hashes": hashes_made() - before,
        "commits": count_commits(statements),
        "queries": sum(not is_transaction(sql) for sql in statements),
        "statements": statements,
    }


def reset(*, number: int, address: str) -> list[float]:
    """Press *Reset password* for the ``number``-th person; returns the machine's clock before it and at the answer."""
    started, answer = _press_reset(here.people["permanent"][number], address=address)
    return [started, started + answer.seconds]


def bare_delivery(*, content: str) -> float:
    """Hand a message to the sink with nothing but the standard library, connection and goodbye included."""
    where = urlsplit(settings.EMAIL_CHANNEL_URL)
    started = time.perf_counter()
    with smtplib.SMTP(where.hostname or "", where.port or 25) as server:
        server.sendmail("portal@fjordhaven.example", ["bare@mail.example"], content.encode())
    return time.perf_counter() - started


def _press_reset(person: User, *, address: str) -> tuple[float, Answer]:
    form = {
        "how": "automatic",
        "style": "random",
        "must_change": "on",
        "email_to_me": "on",
        "addresses": address,
        "form_key": uuid.uuid4().hex,
    }
    browser = _signed_in(here.admin_id)
    started = time.perf_counter()
    return started, _seen(browser.post(reverse("passwords:reset", args=[person.pk]), form), 302)


def _signed_in(person_id: str) -> Browser:
    """Return a browser with a session, opened by the service and without a hash."""
    with across_tenants():
        person = User.objects.select_related("tenant").get(pk=person_id)
    key = open_session(person, now=clock.now())
    return _browser(cookies={settings.SESSION_COOKIE_NAME: key.expose()})


def _browser(*, cookies: dict[str, str] | None = None, source: str = "127.0.0.1") -> Browser:
    assert here.application is not None
    return Browser(
        application=here.application, csrf_cookie=settings.CSRF_COOKIE_NAME, cookies=cookies or {}, source=source
    )


def _send_sign_in(user_name: str, password: str, *, number: int) -> Answer:
    # Each from an address of its own: the limit of one source is not what is measured.
    browser = _browser(source=f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}")
    return browser.post(reverse("users:signin"), {"user_name": user_name, "password": password})


def _send_change(browser: Browser) -> Answer:
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    return browser.post(reverse("passwords:change"), form)


def _seen(answer: Answer, status: int) -> Answer:
    """Let no time of a wrong answer count."""
    if answer.status != status:
        raise AssertionError(f"{status} was expected, {answer.status} came: {answer.body.decode()[:3000]}")
    return answer


OPERATIONS = (
    load,
    facts,
    hash_once,
    check_once,
    addresses,
    open_page,
    count_queries,
    sign_in,
    sign_in_wrongly,
    issue_passwords,
    change,
    count_work,
    reset,
    bare_delivery,
)
"""What the process can be asked for, by the names of these functions."""
