"""Unique secrets go down every path at DEBUG level and are looked for everywhere afterwards."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from tests.adminportal.outbox_cast import deliver_all
from tests.cast import PASSWORD, Cast, make_tenant
from tests.contracts import canaries
from tests.contracts.canaries import Recorder, Trail, found_in, logs_at_debug
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey
from users.models import Tenant
from users.roles import Role
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]

TYPED = "Canary-Typed-7391-Qx"
CHOSEN = "Canary-Chosen-5172-Wv"
WEAK = "canaryweakling"
WRONG = "Canary-Wrong-8264-Zk"
IN_THE_NAME_FIELD = "Canary-Misplaced-4417-Hj"
BY_OPERATOR = "Canary-Operator-6638-Lp"
SMTP_PASSWORD = "Canary-Mailserver-9915"
HOME = "adele@mail.example"


@dataclass
class TrailOfMails(Trail):
    """A trail with the links that were sent, and with the mails."""

    links: dict[str, str] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    made.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("adele.vance", alternate_email=HOME)
    return made


def sign_in(browser: Recorder, name: str, password: str) -> str:
    browser.post(reverse("users:signin"), {"user_name": name, "password": password})
    cookie = browser.cookies.get(django_settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


def reset(browser: Recorder, cast: Cast, **changes: str) -> PasswordReset:
    form = {"how": "automatic", "style": "random", "must_change": "on", "form_key": uuid4().hex, "reason": "asked"}
    form |= {"email_to_me": "on", "addresses": "desk@mail.example", "email_to_alternate": "on"}
    browser.post(reverse("passwords:reset", args=[cast["adele.vance"].pk]), form | changes)
    with within(cast.tenant):
        return PasswordReset.objects.get(replaced_at=None)


def unsealed(row: PasswordReset) -> str:
    from adminportal import sealing
    from passwords.reveal import SEAL_PURPOSE

    return sealing.unseal(SEAL_PURPOSE, row.sealed_password, context=str(row.pk)).expose()


def walk(cast: Cast, sink: SmtpSink, settings: Settings, valkey: Valkey) -> TrailOfMails:
    """Go every way that carries a secret."""
    desk, adele = Recorder(), Recorder()
    planted = {name: value for name, value in globals().items() if str(value).lower().startswith("canary")}
    trail = TrailOfMails(secrets=planted)
    secrets, upn = trail.secrets, "adele.vance@contoso.example"
    secrets["PASSWORD"] = PASSWORD

    for name in (upn, "nobody@contoso.example", "nobody@nowhere.example"):
        sign_in(Recorder(), name, WRONG)
    sign_in(adele, IN_THE_NAME_FIELD, WRONG)
    secrets["session of the desk"] = sign_in(desk, "helpdesk@contoso.example", PASSWORD)
    desk.post(reverse("users:confirm"), {"password": WRONG})
    desk.post(reverse("users:confirm"), {"password": PASSWORD})
    secrets["renewed session of the desk"] = desk.cookies[django_settings.SESSION_COOKIE_NAME].value

    desk.post(reverse("passwords:reset-rules", args=[cast["adele.vance"].pk]), {"new_password": TYPED})
    reset_form = {"how": "own", "new_password": WEAK, "form_key": uuid4().hex}
    desk.post(reverse("passwords:reset", args=[cast["adele.vance"].pk]), reset_form)
    typed = reset(desk, cast, how="own", new_password=TYPED)
    assert unsealed(typed) == TYPED
    generated = reset(desk, cast)
    secrets["generated"] = unsealed(generated)
    trail.evidence |= canaries.queue(valkey)

    settings.EMAIL_CHANNEL_URL = f"smtp://portal:{SMTP_PASSWORD}@127.0.0.1:{sink.port}"
    deliver_all(OutboundMessage.objects.all())
    settings.EMAIL_CHANNEL_URL = sink.url
    OutboundMessage.objects.update(next_attempt_at=clock.now())
    deliver_all(OutboundMessage.objects.all())
    for message in OutboundMessage.objects.exclude(link_purpose="").filter(link_closed_at=None):
        if message.link_purpose == "reveal":
            trail.links[message.to] = links.token_of(message).expose()
        else:
            secrets[f"button {message.pk}"] = links.token_of(message).expose()
    secrets |= {f"link to {address}": token for address, token in trail.links.items()}
    trail.mails = {str(n): mail.raw.decode() + mail.body() + mail.body("html") for n, mail in enumerate(sink.received)}

    desk.get(reverse("passwords:result", args=[generated.pk]))
    desk.post(reverse("passwords:show", args=[generated.pk]))
    desk.get(reverse("passwords:result", args=[generated.pk]))
    for token in trail.links.values():
        for method in ("get", "head", "post", "post", "get"):
            getattr(adele, method)(reverse("passwords:reveal", args=[token]))

    secrets["session of the person"] = sign_in(adele, upn, secrets["generated"])
    change = reverse("passwords:change")
    adele.post(reverse("passwords:change-rules"), {"new_password": CHOSEN})
    for current, new in ((WRONG, CHOSEN), (secrets["generated"], WEAK), (secrets["generated"], CHOSEN)):
        adele.post(change, {"current_password": current, "new_password": new, "confirm_password": new})
    secrets["renewed session of the person"] = adele.cookies[django_settings.SESSION_COOKIE_NAME].value
    adele.get(reverse("users:account"))
    sign_in(Recorder(), upn, CHOSEN)

    trail.answers = {f"desk {k}": v for k, v in desk.answers.items()} | {
        f"adele {k}": v for k, v in adele.answers.items()
    }
    return trail


@pytest.fixture
def trail(cast: Cast, smtp_sink: SmtpSink, settings: Settings, valkey: Valkey) -> TrailOfMails:
    with logs_at_debug() as lines:
        found = walk(cast, smtp_sink, settings, valkey)
    assert len(lines) > 50
    found.evidence |= canaries.left_behind(lines, valkey)
    return found


def test_no_secret_rests_in_logs_queue_database_or_files(trail: TrailOfMails) -> None:
    assert any(place.startswith("queue mail") for place in trail.evidence)
    assert len(trail.secrets) >= 14 and all(len(secret) > 11 for secret in trail.secrets.values())

    assert found_in(trail.evidence, trail.secrets) == set()


def test_mail_carries_its_own_link_and_no_other_secret(trail: TrailOfMails) -> None:
    tokens = {f"link to {address}": token for address, token in trail.links.items()}
    assert set(trail.links) == {HOME, "desk@mail.example"}
    buttons = {name: secret for name, secret in trail.secrets.items() if name.startswith("button")}
    others = {name: secret for name, secret in trail.secrets.items() if name not in tokens | buttons}

    assert found_in(trail.mails, others) == set()
    assert len(found_in(trail.mails, buttons)) == len(buttons) > 0, "each button stands in one mail alone"
    for mail in trail.mails.values():
        recipient = re.search(r"^To: (\S+)", mail, re.MULTILINE)
        assert recipient
        assert {name for name, _ in found_in({"mail": mail}, tokens)} <= {f"link to {recipient[1]}"}


def test_answer_shows_a_password_once_and_only_where_it_was_asked_for(trail: TrailOfMails) -> None:
    # What was typed as the user name stands in the form again, for whoever typed it.
    hits = {hit for hit in found_in(trail.answers, trail.secrets) if hit[0] != "IN_THE_NAME_FIELD"}
    shown = [place for name, place in hits if name == "generated"]
    cookies = {place for name, place in hits if name.startswith(("session", "renewed"))}

    assert sorted(re.sub(r"answer \d+ ", "", re.sub(r"reveal/\S+", "reveal/…", place)) for place in shown) == sorted(
        ["adele POST /reveal/… 200"] * 2 + [f"desk POST /passwords/result/{_result_id(shown)}/show 200"]
    )
    assert {re.sub(r"answer \d+ ", "", place) for place in cookies} == {
        "adele POST /signin 302",
        "adele POST /account/password 302",
        "desk POST /signin 302",
        "desk POST /confirm 302",
    }
    for name, place in hits:
        if name.startswith("link to"):
            assert trail.secrets[name] in place, f"{name} in {place.split(' ')[2]}"
        elif not name.startswith(("session", "renewed", "generated")):
            raise AssertionError(f"{name} came back in {re.sub(r'reveal/.*', 'reveal/…', place)}")


def _result_id(places: list[str]) -> str:
    return next(part for place in places for part in re.findall(r"/result/([0-9a-f-]{36})/", place))


@pytest.mark.parametrize("debug", [False, True])
def test_error_page_shows_no_secret(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    """A fault below each form that carries a secret; DEBUG is never on in production, and still must not tell."""
    settings.EMAIL_CHANNEL_URL = f"smtp://portal:{SMTP_PASSWORD}@127.0.0.1:1"
    browser = Recorder()
    secrets = {"session": sign_in(browser, "helpdesk@contoso.example", PASSWORD)}
    secrets |= {"TYPED": TYPED, "CHOSEN": CHOSEN, "WRONG": WRONG, "SMTP": SMTP_PASSWORD, "PASSWORD": PASSWORD}
    secrets |= {f"sealing key {n}": key for n, key in enumerate(settings.SEALING_KEYS)}
    secrets["SECRET_KEY"] = settings.SECRET_KEY
    browser.answers.clear()
    settings.DEBUG = debug

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("made to fail")

    for place in (
        "users.services.sign_in.lockout.settle_wrong",
        "users.services.sign_in.lockout.settle_right",
        "passwords.services.reset.load_facts",
        "passwords.services.change.judge",
        "passwords.ticks.judge",
        "passwords.reveal.links.find_by_token",
    ):
        monkeypatch.setattr(place, broken)
    token = "canarytoken" + "x" * 32
    with logs_at_debug() as lines:
        Recorder.post(browser, reverse("passwords:reveal", args=[token]))
        browser.post(reverse("users:signin"), {"user_name": "nobody@contoso.example", "password": WRONG})
        browser.post(reverse("users:confirm"), {"password": WRONG})
        form = {"current_password": WRONG, "new_password": CHOSEN, "confirm_password": CHOSEN}
        browser.post(reverse("passwords:change"), form)
        browser.post(reverse("passwords:change-rules"), {"new_password": CHOSEN})
        target = [cast["adele.vance"].pk]
        browser.post(reverse("passwords:reset-rules", args=target), {"new_password": TYPED})
        form = {"how": "own", "new_password": TYPED, "form_key": uuid4().hex, "style": "random"}
        browser.post(reverse("passwords:reset", args=target), form)

    assert [place.rpartition(" ")[2] for place in browser.answers] == ["500"] * 7
    assert found_in(browser.answers, secrets) == set()
    assert found_in({"log": "\n".join(lines)}, secrets | {"token": token}) == set()


def test_commands_take_no_password_as_an_argument_and_print_it_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{BY_OPERATOR}\n"))

    with logs_at_debug() as lines:
        call_command("reset_password", "adele.vance@contoso.example", "--stdin", stdout=out, stderr=err)
        typed_answer = out.getvalue()
        call_command("reset_password", "adele.vance@contoso.example", stdout=out, stderr=err)
    generated = re.search(r"temporary password: (\S+)", out.getvalue())

    assert generated and BY_OPERATOR not in typed_answer + out.getvalue() + err.getvalue()
    assert out.getvalue().count(generated[1]) == 1
    secrets = {"operator": BY_OPERATOR, "generated": generated[1]}
    assert found_in({"log": "\n".join(lines)} | canaries.database() | canaries.files(), secrets) == set()


def test_sweep_finds_what_is_planted(cast: Cast, valkey: Valkey, tmp_path: Path) -> None:
    """The searchers themselves: a secret in each place is seen."""
    import logging

    Tenant.objects.filter(pk=cast.tenant.pk).update(support_contact=TYPED)
    client = valkey.client()
    client.set("planted", TYPED)
    client.close()
    (tmp_path / "planted").write_text(TYPED)
    with logs_at_debug() as lines:
        logging.getLogger("users.anything").debug("a password: %s", TYPED)
        logging.getLogger("kombu").debug("GET /reveal/%s", "y" * 43)

    evidence = canaries.database() | canaries.queue(valkey) | canaries.files(tmp_path) | {"log": "\n".join(lines)}
    assert {place for _, place in found_in(evidence, {"typed": TYPED})} == {
        "table users_tenant",
        "queue planted",
        "file planted",
        "log",
    }
    assert not found_in(evidence, {"token": "y" * 43})


def test_refused_command_tells_no_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WEAK}\n"))

    with pytest.raises(CommandError) as refusal:
        call_command("reset_password", "adele.vance@contoso.example", "--stdin")

    assert WEAK not in str(refusal.value)
    assert "Nothing was changed." in str(refusal.value)
