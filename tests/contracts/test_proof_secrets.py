"""What proves a person beside the password rests nowhere: keys of apps and of trusted browsers, codes of any kind."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from adminportal import clock
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from tests.cast import PASSWORD, Cast, make_tenant
from tests.contracts import canaries
from tests.contracts.canaries import Evidence, Recorder, found_in, logs_at_debug
from tests.services.valkey import Valkey
from tests.users.app_ways import scan
from users.actors import SYSTEM
from users.models import MethodKind, Session, Tenant
from users.roles import Role
from users.services.methods import save_method
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]
NAME = "ada.admin"
SET_UP = "/signin/second-factor/set-up"


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add(NAME, roles=(Role.GLOBAL_ADMINISTRATOR,))
    with within(made.tenant):
        facts = {"tenant": made.tenant, "user": made[NAME], "by": SYSTEM, "now": clock.now()}
        save_method(kind=MethodKind.EMAIL, value="ada@mail.example", **facts)  # type: ignore[arg-type]
    Tenant.objects.update(admin_mfa_required=True)
    return made


def _sign_in(browser: Client, cast: Cast) -> None:
    browser.post("/signin", {"user_name": cast[NAME].user_principal_name, "password": PASSWORD})


def _walk(cast: Cast) -> tuple[dict[str, str], Evidence]:
    """Set an app up, come back with a recovery code and trust, and prove it again by a code; return what was secret."""
    browser, secrets = Recorder(), dict[str, str]()
    _sign_in(browser, cast)
    app, sealed = scan(browser.get(SET_UP).content.decode())
    secrets["key of the app"] = app.secret
    shown = browser.post(SET_UP, {"sealed": sealed, "code": app.at(clock.now())}).content.decode()
    codes = re.findall(r"<li><code[^>]*>([^<]+)</code></li>", shown)
    secrets |= {f"recovery code {number}": each for number, each in enumerate(codes)}
    _sign_in(browser, cast)
    browser.post("/signin/second-factor?recovery=1", {"code": codes[0], "trust": "on"})
    secrets["trusted browser"] = browser.cookies[django_settings.TRUSTED_COOKIE_NAME].value
    secrets["session"] = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
    browser.post("/confirm/send", {"way": "email"})
    sent = OutboundMessage.objects.filter(template="verification_code").latest("created_at")
    found = re.search(r"^\d{8}$", build(sent).text, re.MULTILINE)
    assert found
    secrets["code in the mail"] = found[0]
    browser.post("/confirm", {"way": "email", "code": found[0]})
    assert Session.objects.filter(ended_at=None).count() == 1
    return secrets, browser.answers


def test_proof_rests_in_no_log_queue_database_or_file(cast: Cast, valkey: Valkey) -> None:
    with logs_at_debug() as lines:
        secrets, _ = _walk(cast)

    evidence = {"log": "\n".join(lines)} | canaries.database() | canaries.queue(valkey) | canaries.files()
    assert len(lines) > 5 and len(secrets) == 14
    plain = {f"{name}, without hyphens": value.replace("-", "") for name, value in secrets.items() if "-" in value}
    assert found_in(evidence, secrets | plain) == set()


def test_key_and_recovery_codes_are_shown_once(cast: Cast, valkey: Valkey) -> None:
    secrets, answers = _walk(cast)

    shown = found_in(answers, {name: each for name, each in secrets.items() if name.startswith("recovery")})
    with_key = found_in(answers, {"key": secrets["key of the app"]})
    assert {place.split(" ", 2)[2] for _, place in shown} == {f"POST {SET_UP} 200"}
    assert {place.split(" ", 2)[2] for _, place in with_key} == {f"GET {SET_UP} 200"}
