"""Codes, keys of apps, recovery codes and links of notices: in their own message or page, and nowhere else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage, State
from tests.adminportal.outbox_cast import deliver_all
from tests.cast import Cast, make_cast, signed_in
from tests.contracts import canaries
from tests.contracts.canaries import Recorder, Trail, found_in, logs_at_debug
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey
from tests.users.contact_ways import changes_address
from users import totp
from users.models import ContactKind, MethodKind, Session
from users.models.challenge import Purpose
from users.services.authenticators import check_totp, finish_authenticator, go_on_with, start_authenticator
from users.services.challenges import CodeAnswer, Destination, check, issue
from users.services.own_methods import ask_for_contact, confirm_contact, confirm_method, send_method_code
from users.services.recovery_codes import make_recovery_codes, use_recovery_code
from users.tenancy import within

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.valkey]

HOME, NEW, THIEF = "adele.home@mail.example", "adele.new@mail.example", "thief@mail.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def deliver_queued() -> None:
    deliver_all(OutboundMessage.objects.filter(state=State.QUEUED))


def waiting_code(trail: Trail, name: str) -> str:
    """Read the newest code as its recipient does."""
    message = OutboundMessage.objects.filter(template="verification_code").latest("created_at")
    found = re.search(r"^\d{8}$", build(message).text, re.MULTILINE)
    assert found
    trail.secrets[name] = found[0]
    deliver_queued()
    return found[0]


def prove_addresses(cast: Cast, trail: Trail) -> None:
    """Type codes wrong and right, for a method, a contact and an attempt of self-service."""
    key = signed_in(cast["adele.vance"]).session_digest  # type: ignore[attr-defined]
    actor, session = cast.actor("adele.vance"), Session.objects.get(pk=key)
    now = clock.now()
    send_method_code(actor=actor, kind=MethodKind.EMAIL, typed=HOME, channel="email", now=now)
    code = waiting_code(trail, "code for a method")
    for typed in ("00000000", code):
        confirm_method(actor=actor, session=session, kind=MethodKind.EMAIL, value=HOME, typed=typed, now=now)
    now = clock.now()
    ask_for_contact(actor=actor, session=session, kind=ContactKind.ALTERNATE_EMAIL, typed=NEW, now=now)
    code = waiting_code(trail, "code for a contact")
    confirm_contact(actor=actor, session=session, kind=ContactKind.ALTERNATE_EMAIL, value=NEW, typed=code, now=now)
    now = clock.now()
    issue(
        tenant_id=cast.tenant.pk,
        user=cast["adele.vance"],
        purpose=Purpose.SELF_SERVICE,
        bound_to=cast["diego.siciliani"].pk,
        destination=Destination(method="email", channel="email", value=HOME),
        context={"tenant_name": "Contoso"},
        language="en",
        now=now,
    )
    code = waiting_code(trail, "code of self-service")
    where = {"bound_to": cast["diego.siciliani"].pk, "purpose": Purpose.SELF_SERVICE, "method": "email"}
    assert check(typed=code, now=now, **where) is CodeAnswer.RIGHT  # type: ignore[arg-type]


def set_up_app(cast: Cast, trail: Trail) -> None:
    """Set up an app, and use its codes and recovery codes."""
    user, by, now = cast["adele.vance"], cast.actor("adele.vance").for_audit(), clock.now()
    new = start_authenticator(user=user, tenant=cast.tenant, now=now)
    trail.secrets["key of an app"] = new.key.expose()
    assert go_on_with(user=user, tenant=cast.tenant, sealed=new.sealed, now=now)
    typed = totp.code_at(new.key, totp.step_of(now)).expose()
    finish_authenticator(tenant=cast.tenant, user=user, sealed=new.sealed, typed=typed, label="Phone", by=by, now=now)
    later = now + timedelta(seconds=30)
    assert check_totp(user, totp.code_at(new.key, totp.step_of(later)).expose(), now=later)
    codes = make_recovery_codes(tenant=cast.tenant, user=user, by=by, now=now)
    trail.secrets |= {f"recovery code {number}": code.expose() for number, code in enumerate(codes)}
    trail.secrets |= {f"its signs {number}": code.expose().replace("-", "") for number, code in enumerate(codes)}
    assert use_recovery_code(user, codes[0].expose(), now=now)


def press_links(cast: Cast, trail: Trail) -> None:
    """Open and press the links of notices, and those of a change that waits."""
    changes_address(cast, THIEF)
    browser = Recorder()
    for message in OutboundMessage.objects.exclude(link_purpose=""):
        token = links.token_of(message).expose()
        trail.secrets[f"link {message.pk}"] = token
        for method in ("get", "head", "post", "post"):
            getattr(browser, method)(reverse("users:notice", args=[token]))
    trail.answers |= browser.answers


@pytest.fixture
def trail(cast: Cast, smtp_sink: SmtpSink, settings: Settings, valkey: Valkey) -> Trail:
    settings.SMS_CHANNEL_URL = ""  # the inbox of a trial would keep whole messages, which is what it is for
    found = Trail()
    with logs_at_debug() as lines, within(cast.tenant):
        prove_addresses(cast, found)
        set_up_app(cast, found)
        press_links(cast, found)
        found.evidence |= canaries.queue(valkey)
        deliver_queued()
        desk = Recorder()
        signed_in(cast["global.admin"], desk)
        panel = reverse("users:panel", args=[cast["adele.vance"].pk])
        for tab in ("methods", "history", "account"):
            desk.get(panel, {"tab": tab})
        desk.get(reverse("centre:messages"))
        desk.get(reverse("centre:audit"))
    assert len(lines) > 20 and len(found.secrets) > 25
    found.answers |= {f"desk {place}": text for place, text in desk.answers.items()}
    found.evidence |= canaries.left_behind(lines, valkey)
    return found


def test_no_secret_rests_in_logs_queue_database_or_files(trail: Trail) -> None:
    assert any(place.startswith("queue mail") for place in trail.evidence)
    # A code is digits: as part of a digest or a moment it may stand anywhere by chance.
    apart = {place: re.sub(r"[0-9a-f]{16,}|\d+\.\d+", "", text) for place, text in trail.evidence.items()}

    assert found_in(apart, trail.secrets) == set()


def test_no_page_shows_a_code_a_key_or_a_link_of_somebody_else(trail: Trail) -> None:
    others = {name: secret for name, secret in trail.secrets.items() if not name.startswith("link")}
    tokens = {name: secret for name, secret in trail.secrets.items() if name.startswith("link")}
    pages = {place: re.sub(r"[0-9a-f]{16,}", "", text) for place, text in trail.answers.items()}

    assert found_in(pages, others) == set()
    for name, place in found_in(pages, tokens):
        raise AssertionError(f"{name} came back in {place.partition('/notice/')[0]}")


@pytest.mark.parametrize("debug", [False, True])
def test_error_below_a_link_shows_no_token(cast: Cast, monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("made to fail")

    monkeypatch.setattr("users.notices.links.find_by_token", broken)
    token, browser = "canarytoken" + "z" * 32, Recorder()
    with logs_at_debug() as lines, override_settings(DEBUG=debug):
        browser.get(reverse("users:notice", args=[token]))
        browser.post(reverse("users:notice", args=[token]))

    assert [place.rpartition(" ")[2] for place in browser.answers] == ["500"] * 2
    assert found_in({"log": "\n".join(lines)}, {"token": token}) == set()
    # With DEBUG, which is never on in production, Django's page tells its reader the reader's own address.
    assert debug or found_in(browser.answers, {"token": token}) == set()
