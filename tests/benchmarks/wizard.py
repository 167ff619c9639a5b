"""The wizard as one process of the benchmark, with the database of ``portal`` or one like it."""

from __future__ import annotations

import html
import json
import re
import time
from dataclasses import dataclass, field

from altcha import Challenge as Work
from altcha import Payload, solve_challenge
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from adminportal import captcha, clock
from adminportal.outbox import messenger
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from sspr import attempts
from sspr.models import Gate, Reach, SsprPolicy
from tests.benchmarks import population
from tests.benchmarks.browser import Answer, Application, Browser
from tests.benchmarks.hash_stub import PASSWORD, without_hashes
from users.models import Contact, ContactKind, Tenant, User
from users.models.challenge import Purpose
from users.services.challenges import newest, open_code
from users.tenancy import across_tenants

NEW_PASSWORD = "Thirteen-Quiet-Otters-58"
START, STEP = "/passwordreset", "/passwordreset/step"
PROOF = re.compile(r'data-proof="([^"]*)"')
MAIL_OFFERED = b'name="method" value="email"'
UNKNOWN_APART = 10_000
"""From one name to the next that nobody has of the same person's."""
MOVES = re.compile(r'name="moves" value="(\d+)"')


@dataclass(slots=True)
class Process:
    """What the process keeps between two operations."""

    application: Application | None = None
    hashed: str = ""
    people: list[User] = field(default_factory=list)


here = Process()


def load(*, people: int) -> float:
    """Migrate and fill a database of its own; returns the seconds it took."""
    started = time.perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    population.load(people, now=clock.now())
    return prepare() + time.perf_counter() - started


def prepare() -> float:
    """Let everybody reset by a mail to their alternate address, and get ready to answer."""
    here.application, here.hashed = get_wsgi_application(), make_password(PASSWORD)
    messenger.begin()  # as the web server does
    with across_tenants():
        tenant = Tenant.objects.get()
        # Nobody is stopped at sign-in to register: other figures are taken in the same database.
        ways = [Gate.EMAIL.value, Gate.APP.value]
        rules = {"reach": Reach.ALL, "gates": ways, "gates_required": 1, "must_register": False}
        SsprPolicy.objects.update_or_create(tenant=tenant, defaults=rules)
        able = User.objects.filter(account_enabled=True, role_assignments=None, password_issued_at__isnull=False)
        here.people = list(able.order_by("-pk").select_related("tenant")[:1_000])
        Contact.objects.filter(user__in=here.people).delete()
        Contact.objects.bulk_create(
            Contact(
                tenant=tenant,
                user=person,
                kind=ContactKind.ALTERNATE_EMAIL,
                value=_address_of(person),
                changed_at=clock.now(),
            )
            for person in here.people
        )
    return 0.0


def flow(*, number: int) -> float:
    """Walk the ``number``-th person through the whole wizard, hash left out; returns the seconds of its requests."""
    visit = _Visit(number)
    visit.begin(here.people[number].user_principal_name)
    visit.open()
    visit.post("send", method="email")
    visit.open("?method=email")
    visit.post("prove", method="email", code=visit.code())
    visit.open()
    with without_hashes(made=here.hashed, is_right=False):
        visit.post("finish", new_password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
    if b"wizard__" not in visit.open().body or visit.attempt.state != "done":
        raise AssertionError(f"The wizard ended in {visit.attempt.state}.")
    return visit.seconds


def ask(*, number: int, is_known: bool) -> list[float]:
    """Give a name that somebody has or nobody, and ask for a code; returns the seconds of each of the two posts."""
    name = _name(number, is_known=is_known)
    visit = _Visit(number * 2 + is_known)
    begun = visit.begin(name)
    if MAIL_OFFERED not in visit.open().body:
        # A few of the unknown are drawn like holders of a role, who are not asked for mail: the next of the name is.
        return ask(number=number + UNKNOWN_APART, is_known=is_known)
    sent = visit.post("send", method="email")
    if "stale" in sent.location:
        raise AssertionError(f"No code was asked for: {sent.location}")
    return [begun.seconds, sent.seconds]


def send_code(*, number: int) -> list[object]:
    """Have a code mailed; returns the address, and the machine's clock before the press and at the answer."""
    visit = _Visit(number)
    visit.begin(here.people[number].user_principal_name)
    visit.open()
    started = time.perf_counter()
    answer = visit.post("send", method="email")
    return [_address_of(here.people[number]), started, started + answer.seconds]


class _Visit:
    """A browser that was never here, from an address of its own; counts the seconds of what it asks for."""

    def __init__(self, number: int) -> None:
        assert here.application is not None
        self._browser = Browser(
            application=here.application,
            csrf_cookie=settings.CSRF_COOKIE_NAME,
            source=f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}",
            kept=(settings.SSPR_COOKIE_NAME,),
        )
        self._moves = "0"
        self.seconds = 0.0

    def begin(self, user_name: str) -> Answer:
        page = self._counted(self._browser.get(START), 200)
        found = PROOF.search(page.body.decode())
        assert found is not None
        work = Work.from_dict(json.loads(html.unescape(found[1])))
        solution = solve_challenge(work)  # done by the browser, so it does not count
        assert solution is not None
        form = {"user_name": user_name, captcha.WORK_FIELD: Payload(work, solution).to_base64()}
        return self._counted(self._browser.post(START, form), 302)

    def open(self, query: str = "") -> Answer:
        page = self._counted(self._browser.get(STEP + query), 200)
        found = MOVES.search(page.body.decode())
        self._moves = found[1] if found else ""
        return page

    def post(self, step: str, **form: str) -> Answer:
        return self._counted(self._browser.post(f"/passwordreset/{step}", {"moves": self._moves, **form}), 302)

    def code(self) -> str:
        """Return the code that is on its way, as its recipient would read it."""
        waiting = newest(bound_to=self.attempt.pk, purpose=Purpose.SELF_SERVICE)
        assert waiting is not None
        opened = open_code(OutboundMessage.objects.get(pk=waiting.message_id), clock.now())
        assert opened is not None
        return str(opened["code"])

    @property
    def attempt(self) -> attempts.RecoveryAttempt:
        found = attempts.find(Secret(self._browser.cookies[settings.SSPR_COOKIE_NAME]), now=clock.now())
        assert found is not None
        return found

    def _counted(self, answer: Answer, status: int) -> Answer:
        """Let no time of a wrong answer count."""
        if answer.status != status:
            raise AssertionError(f"{status} was expected, {answer.status} came: {answer.body.decode()[:3000]}")
        self.seconds += answer.seconds
        return answer


def _name(number: int, *, is_known: bool) -> str:
    name = here.people[number % UNKNOWN_APART].user_principal_name
    local, _, domain = name.partition("@")
    return name if is_known else f"{local[::-1]}{'.' * (number // UNKNOWN_APART)}x@{domain}"


def _address_of(person: User) -> str:
    return f"code.{person.pk}@mail.example"


OPERATIONS = (load, prepare, flow, ask, send_code)
"""What the process can be asked for, by the names of these functions."""
