"""Strangers learn nothing: every page of the wizard is the same for every kind of name, at every step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.hashing import hashes_made
from adminportal.throttle import LIMITS
from sspr.decoys import HAD_OF_256, SECRET_NAME, decoy_verdict, seed_of
from sspr.facts import available_gates
from sspr.models import Gate, Reach, RecoveryAttempt
from sspr.rules import policy_of
from sspr.situation import ghost_tenant
from tests.cast import Cast, make_cast
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit
from users.models import Domain, Group, User
from users.services.installation_secrets import secret_for
from users.tenancy import within

pytestmark = pytest.mark.django_db
DRAWS_ROLE_HOLDERS = True
GOOD = "adele.vance@contoso.example"
KINDS = {
    "good": GOOD,
    "unknown": "nobody@contoso.example",
    "unknown domain": "nobody@elsewhere.example",
    "blocked": "isaiah.langer@contoso.example",
    "deleted": "never.issued@contoso.example",
    "guest": "guest.person@contoso.example",
    "synced": "lee.gu@contoso.example",
    "unregistered": "diego.siciliani@contoso.example",
    "federated": "adele.far@far.example",
    "administrator without two methods": "helpdesk.admin@contoso.example",
    "administrator": "user.admin@contoso.example",
}
"""One name of every kind that a stranger may type."""
VOLATILE = {"X-Correlation-Id", "Content-Length", "Content-Security-Policy"}


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    # A default method opens another page first, for few people and as few decoys: it is left out, as by the good one.
    monkeypatch.setitem(HAD_OF_256, "default", 0)
    secret_for(SECRET_NAME)
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "adele.vance", email="adele@mail.example", mobile="+1 202 555 0142")
    for name in ("isaiah.langer", "guest.person", "lee.gu", "user.admin"):
        knows(cast, name, email=f"{name[:3]}@mail.example", mobile="+1 202 555 0143")
    with within(cast.tenant):
        User.objects.filter(pk=cast["never.issued"].pk).update(deleted_at=clock.now())
        Domain.objects.create(tenant=cast.tenant, name="far.example", is_federated=True)
    cast.add("adele.far")
    with within(cast.tenant):
        far = {"user_principal_name": "adele.far@far.example", "upn_folded": "adele.far@far.example"}
        User.objects.filter(pk=cast["adele.far"].pk).update(**far)
    return cast


@dataclass(frozen=True)
class Seen:
    """What somebody outside could tell of one answer."""

    status: int
    headers: frozenset[tuple[str, str]]
    cookies: frozenset[tuple[str, str]]
    page: str


def seen(answer: HttpResponse, name: str) -> Seen:
    """Take off what is different for everybody: CSRF value, nonce, support code, work to do, and the name itself."""
    page = answer.content.decode().replace(name, "NAME")
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce|data-proof|name="captcha" value)="[^"]*"', r"\1", page)
    page = re.sub(r"captcha/[^/]+/|[0-9a-f]{8}-[0-9a-f-]{27}", "", page)
    page = re.sub(r'"X-CSRFToken": "[^"]*"', "", page)
    # Which letters and digits of a value are shown differs from name to name, as it does between people.
    page = re.sub(r"\((?:[^\s(]•+@•+|•+\d\d)\)", "(MASKED)", page)
    return Seen(
        status=answer.status_code,
        headers=frozenset((key, value) for key, value in answer.items() if key not in VOLATILE),
        cookies=frozenset((key, str(morsel["max-age"])[:1]) for key, morsel in answer.cookies.items()),
        page=page,
    )


Step = Callable[[Visit], HttpResponse]


def after(*, seconds: int, step: Step) -> Step:
    """Return a step that is taken so long after the walk began."""

    def taken(visit: Visit) -> HttpResponse:
        with clock.travel(timedelta(seconds=seconds)):
            return step(visit)

    return taken


WALKS: dict[str, list[Step]] = {
    "mail": [
        lambda visit: visit.page(),
        lambda visit: visit.send("email"),
        lambda visit: visit.page(method="email"),
        lambda visit: visit.prove("email", "00000000"),
        lambda visit: visit.page(said="wrong", method="email"),
        lambda visit: visit.send("email"),
        lambda visit: visit.page(method="email"),
    ],
    "text": [
        lambda visit: visit.page(method="mobile_sms"),
        lambda visit: visit.send("mobile_sms", "+1 202 555 0199"),
        lambda visit: visit.page(method="mobile_sms"),
        lambda visit: visit.prove("mobile_sms", "000000"),
        lambda visit: visit.page(said="wrong", method="mobile_sms"),
    ],
    "help": [
        lambda visit: visit.client.get("/passwordreset/contact"),
        lambda visit: visit.client.post("/passwordreset/contact"),
        lambda visit: visit.client.get("/passwordreset/contact/sent"),
        lambda visit: visit.page(),
    ],
    "out of order": [
        lambda visit: visit.finish(),
        lambda visit: visit.post("unlock"),
        lambda visit: visit.post("reason", reason="known"),
        lambda visit: visit.prove("email", "00000000"),
        lambda visit: visit.page(),
    ],
    "cancel": [lambda visit: visit.client.post("/passwordreset/cancel")],
    "guessed too often": [
        lambda visit: visit.send("email"),
        *[lambda visit: visit.prove("email", "00000000")] * 5,
        lambda visit: visit.page(),
    ],
    "wrong numbers too often": [
        *[lambda visit: visit.send("mobile_sms", "+1 202 555 0199")] * 5,
        lambda visit: visit.page(),
    ],
    "mailed too often": [
        *[after(seconds=58 * number, step=lambda visit: visit.send("email")) for number in range(11)],
        after(seconds=59 * 10, step=lambda visit: visit.page(method="email")),
        after(seconds=59 * 10, step=lambda visit: visit.page(method="mobile_sms")),
    ],
}
ENDS = {
    "guessed too often": "you could not prove that it is you",
    "wrong numbers too often": "you could not prove that it is you",
    "mailed too often": "Not available right now",
}
"""What the last page says of the limit that was met, so that a walk is known to meet it."""


def both_ways(visit: Visit) -> bool:
    """Tell whether this name is offered mail and text: a decoy may be offered others, as a person may have others."""
    page = visit.page().content.decode()
    return re.findall(r"\?method=(\w+)", page) == ["email", "mobile_sms"]


@pytest.mark.parametrize("walk", WALKS)
def test_every_kind_of_name_sees_the_same_pages(cast: Cast, walk: str) -> None:
    recorded: dict[str, list[Seen]] = {}
    names = {kind: like(cast, kind, name) for kind, name in KINDS.items()}
    with clock.travel(freeze_at=clock.now()):
        for number, (kind, name) in enumerate(names.items()):
            visit = Visit(source=f"203.0.113.{number + 1}")
            answers = [visit.begin(name), *(step(visit) for step in WALKS[walk])]
            recorded[kind] = [seen(answer, name) for answer in answers]

    assert ENDS.get(walk, "") in recorded["good"][-1].page
    for kind, answers in recorded.items():
        for place, (mine, good) in enumerate(zip(answers, recorded["good"], strict=True)):
            assert mine.page.splitlines() == good.page.splitlines(), f"{kind}, answer {place} of {walk}"
            assert mine == good, f"{kind}, answer {place} of {walk}"


def like(cast: Cast, kind: str, name: str) -> str:
    """Return a name of this kind whose decoy is offered as many methods as the good account has.

    How many a decoy has is drawn from its name, so that one method is no sign of a decoy either.
    """
    for number, candidate in enumerate((name, drawn_name(cast, name, [Gate.EMAIL, Gate.MOBILE_SMS]))):
        rename(cast, name, candidate)
        probe = Visit(source=f"198.51.100.{number + 1}")
        probe.begin(candidate)
        if both_ways(probe):
            RecoveryAttempt.objects.all().delete()
            return candidate
    raise AssertionError(f"no {kind} name is offered both methods")


def drawn_name(cast: Cast, name: str, gates: list[Gate]) -> str:
    """Return a name like this one whose decoy is offered these methods, found without a visit for each."""
    return next(other for number in range(1, 1_000) if drawn(cast, other := renamed(name, number)) == gates)


def drawn(cast: Cast, name: str) -> list[Gate]:
    """Return the methods that the decoy of a name is offered."""
    domain = name.partition("@")[2]
    is_known = domain in ("contoso.example", "far.example")
    place = str(cast.tenant.pk) if is_known else domain
    seed = seed_of(name, place=place, secret=secret_for(SECRET_NAME))
    policy = policy_of(cast.tenant if is_known else ghost_tenant())
    return [way.gate for way in decoy_verdict(seed, policy=policy, available=available_gates(policy)).ways]


def renamed(name: str, number: int) -> str:
    """Return another name of the same domain."""
    local, _, domain = name.partition("@")
    return f"{local}{number}@{domain}"


def rename(cast: Cast, name: str, other: str) -> None:
    """Give the person of a name another one of the same kind."""
    with within(cast.tenant):
        User.objects.filter(upn_folded=name).update(upn_folded=other, user_principal_name=other)


def test_out_of_scope_is_no_sign_either(cast: Cast) -> None:
    with within(cast.tenant):
        group = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())
    policy_for(cast, reach=Reach.SELECTED, group=group, gates=["email"])

    # Some names look like holders of roles, who are offered more than is allowed to others.
    member, stranger = (drawn_name(cast, name, [Gate.EMAIL]) for name in (GOOD, "no@contoso.example"))
    rename(cast, GOOD, member)
    visits = {member: Visit(source="203.0.113.1"), stranger: Visit(source="203.0.113.2")}
    answers = {name: (visit.begin(name), visit.page()) for name, visit in visits.items()}

    for mine, other in zip(answers[member], answers[stranger], strict=True):
        assert seen(mine, member) == seen(other, stranger)


def test_limit_answers_the_same_for_known_and_unknown_names(cast: Cast) -> None:
    answers = []
    with clock.travel(freeze_at=clock.now()):
        for prefix, name in (("203.0.113", GOOD), ("198.51.100", "nobody@contoso.example")):
            for number in range(LIMITS["L01"].number):
                Visit(source=f"{prefix}.{number}").begin(name)
            answers.append(seen(Visit(source=f"{prefix}.99").begin(name), name))

    assert answers[0].status == 429
    assert answers[0] == answers[1]


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_name_costs_the_same_work(cast: Cast) -> None:
    names = {kind: like(cast, kind, name) for kind, name in KINDS.items() if kind != "unknown domain"}
    work: dict[str, list[tuple[int, list[str]]]] = {}
    for number, (kind, name) in enumerate(names.items()):
        visit = Visit(source=f"203.0.113.{number + 1}")
        visit.client.get("/passwordreset")
        work[kind] = [measured(step, visit) for step in (lambda v, n=name: v.begin(n), *WALKS["mail"], *WALKS["help"])]

    for kind, steps in work.items():
        for place, (mine, good) in enumerate(zip(steps, work["good"], strict=True)):
            assert mine == good, f"{kind}, step {place}"


def measured(step: Step, visit: Visit) -> tuple[int, list[str]]:
    """Return hashes and statements of a step, without the values."""
    before = hashes_made()
    with CaptureQueriesContext(connection) as queries:
        step(visit)
    shape = [re.sub(r"'[^']*'(::\w+(\[\])?)?|\b\d+\b|NULL|true|false", "?", query["sql"])[:80] for query in queries]
    return hashes_made() - before, shape


def test_name_sees_the_same_methods_tomorrow_and_from_elsewhere(cast: Cast) -> None:
    first, second = Visit(source="203.0.113.1"), Visit(source="198.51.100.1")
    first.begin("nobody@contoso.example")
    before = re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}", "", str(re.findall(r"•+[^)]*|wizard__choice[^>]*", first.page().content.decode()))
    )
    with clock.travel(timedelta(days=1)):
        second.begin("nobody@contoso.example")
        after = str(re.findall(r"•+[^)]*|wizard__choice[^>]*", second.page().content.decode()))

    assert before == after
