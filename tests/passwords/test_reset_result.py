"""The result of a reset: shown once, how its messages fare, the link again, Resend."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage, State
from adminportal.sealing import Secret
from adminportal.shell.qr import path_of
from adminportal.shell.spelling import spell
from passwords.models import PasswordReset
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import (
    link_of,
    message_to,
    panel_of,
    post_reset,
    reset,
    result_id_of,
    secret_in,
    text_of,
    try_sign_in,
)
from users.models import RoleAssignment, Session
from users.roles import TEMPLATE_IDS, Role
from users.sessions import digest_of
from users.tenancy import within

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
TYPED = "Quiet-Harbour-58-Lantern"
ALTERNATE = "adele.vance.contoso@mail.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def helpdesk(cast: Cast) -> Client:
    return signed_in(cast["helpdesk.admin"])


def _row(cast: Cast, reset_id: UUID) -> PasswordReset:
    with within(cast.tenant):
        return PasswordReset.objects.get(pk=reset_id)


def test_helpdesk_resets_and_the_person_signs_in_with_what_is_shown(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    result = helpdesk.get(answer["Location"])
    show = reverse("passwords:show", args=[result_id_of(answer)])
    revealed = helpdesk.post(show)

    assert "Password has been reset" in text_of(result)
    assert secret_in(result) == ""
    assert "Show password" in text_of(result)
    assert try_sign_in("adele.vance@contoso.example", secret_in(revealed)).must_change
    for page in (result, revealed):
        assert "no-store" in page["Cache-Control"]
        assert 'hx-history="false"' in page.content.decode()


def test_password_is_shown_once_whatever_the_browser_asks_again(cast: Cast, helpdesk: Client) -> None:
    show = reverse("passwords:show", args=[result_id_of(post_reset(helpdesk, cast["adele.vance"].pk))])
    password = secret_in(helpdesk.post(show))

    again, back, reloaded = helpdesk.post(show), helpdesk.get(show), helpdesk.get(show, follow=True)

    assert password
    for page in (again, reloaded):
        assert password not in page.content.decode()
        assert "The password was already shown" in text_of(page)
    assert back.status_code == 302


def _age_proof(client: Client, *, minutes: int) -> None:
    digest = digest_of(Secret(client.cookies[settings.SESSION_COOKIE_NAME].value))
    Session.objects.filter(pk=digest).update(proven_at=clock.now() - timedelta(minutes=minutes))


def _shows(cast: Cast) -> int:
    return AuditEvent.objects.filter(activity="Viewed temporary password", result="success").count()


@pytest.mark.parametrize("is_panel", [False, True])
def test_password_of_a_role_holder_waits_for_fresh_proof_and_is_shown_after_it(cast: Cast, is_panel: bool) -> None:
    admin = signed_in(cast["global.admin"])
    result = post_reset(admin, cast["user.admin"].pk)["Location"]
    _age_proof(admin, minutes=180)

    asked = admin.post(f"{result}/show", headers=HTMX if is_panel else {})

    assert secret_in(asked) == ""
    confirm = asked["HX-Redirect"] if is_panel else asked["Location"]
    assert confirm == f"/confirm?{urlencode({'next': result})}"
    assert _shows(cast) == 0
    proven = admin.post("/confirm", {"password": PASSWORD, "next": result})
    assert proven["Location"] == result
    assert "Show password" in text_of(admin.get(result))
    password = secret_in(admin.post(f"{result}/show"))
    assert try_sign_in("user.admin@contoso.example", password).must_change
    assert _shows(cast) == 1


def test_password_of_somebody_without_a_role_is_shown_without_fresh_proof(cast: Cast, helpdesk: Client) -> None:
    result = post_reset(helpdesk, cast["adele.vance"].pk)["Location"]
    _age_proof(helpdesk, minutes=180)

    assert secret_in(helpdesk.post(f"{result}/show"))


def test_password_of_whoever_gained_a_role_since_is_for_fresh_proof(cast: Cast, helpdesk: Client) -> None:
    admin = signed_in(cast["global.admin"])
    result = post_reset(admin, cast["adele.vance"].pk)["Location"]
    with within(cast.tenant):
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            role=TEMPLATE_IDS[Role.REPORTS_READER],
            created_at=clock.now(),
        )
    _age_proof(admin, minutes=180)

    assert admin.post(f"{result}/show")["Location"].startswith("/confirm?")
    assert _shows(cast) == 0


def test_shown_password_of_a_role_holder_asks_for_no_proof_that_would_bring_nothing(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])
    result = post_reset(admin, cast["user.admin"].pk)["Location"]
    admin.post(f"{result}/show")
    _age_proof(admin, minutes=180)

    again = admin.post(f"{result}/show")

    assert "The password was already shown" in text_of(again)


def test_slip_to_print_comes_in_the_answer_that_shows_the_password_and_in_no_other(
    cast: Cast, helpdesk: Client, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://portal.contoso.example"
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    shown = helpdesk.post(reverse("passwords:show", args=[result_id_of(answer)]))
    password = secret_in(shown)

    slip = re.search(r'<article class="slip".*?</article>', shown.text, re.DOTALL)

    assert slip is not None
    row = _row(cast, result_id_of(answer))
    assert row.temporary_expires_at
    for told in ("Adele Vance", "adele.vance@contoso.example", "https://portal.contoso.example/signin"):
        assert told in slip[0]
    assert html.escape(password) in slip[0]
    assert date_format(localtime(row.temporary_expires_at), "DATETIME_FORMAT") in slip[0]
    assert f'<path d="{path_of("https://portal.contoso.example/signin").path}">' in slip[0]
    assert "data-print" in shown.text
    for page in (helpdesk.get(answer["Location"]), helpdesk.post(reverse("passwords:show", args=[row.pk]))):
        assert 'class="slip"' not in page.text
        assert "data-print" not in page.text


def test_printing_is_noted_by_the_starter_of_a_shown_password_alone(cast: Cast, helpdesk: Client) -> None:
    reset_id = result_id_of(post_reset(helpdesk, cast["adele.vance"].pk))
    printed = reverse("passwords:printed", args=[reset_id])
    rows = AuditEvent.objects.filter(activity="Printed sign-in slips")

    assert helpdesk.post(printed).status_code == 204
    assert not rows.exists()
    shown_page = helpdesk.post(reverse("passwords:show", args=[reset_id]))
    assert f'hx-post="{printed}"' in shown_page.text
    assert signed_in(cast["user.admin"]).post(printed).status_code == 404
    assert helpdesk.post(printed).status_code == 204

    row = rows.get()
    assert (row.actor_user_principal_name, row.subject_id) == ("helpdesk.admin@contoso.example", cast["adele.vance"].pk)
    assert row.details == {"DeliveryChannel": "print", "Count": "1"}


def test_spelling_comes_with_the_password_in_the_language_of_the_reader(cast: Cast, helpdesk: Client) -> None:
    helpdesk.post(reverse("users:language"), {"language": "sv", "next": "/"})
    shown = helpdesk.post(reverse("passwords:show", args=[result_id_of(post_reset(helpdesk, cast["adele.vance"].pk))]))

    said = re.findall(r'class="spelling__word">([^<]*)<', shown.text)

    with translation.override("sv"):
        assert [html.unescape(word) for word in said] == [one.word for one in spell(secret_in(shown))]


def test_whoever_lost_the_right_since_reads_why_nothing_is_shown(cast: Cast, helpdesk: Client) -> None:
    outcome = reset(cast, "adele.vance", password=TYPED)
    with within(cast.tenant):
        role = TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]
        RoleAssignment.objects.create(tenant=cast.tenant, user=cast["adele.vance"], role=role, created_at=clock.now())

    response = helpdesk.post(reverse("passwords:show", args=[outcome.reset_id]))

    assert TYPED not in response.content.decode()
    assert "Your role Helpdesk Administrator does not cover it" in text_of(response)


def test_result_belongs_to_whoever_started_the_reset(cast: Cast, helpdesk: Client) -> None:
    reset_id = result_id_of(post_reset(helpdesk, cast["adele.vance"].pk))
    other = signed_in(cast["global.admin"])

    assert other.get(reverse("passwords:result", args=[reset_id])).status_code == 404
    assert other.post(reverse("passwords:show", args=[reset_id])).status_code == 404
    assert other.get(reverse("passwords:progress", args=[reset_id]), headers=HTMX).status_code == 404
    assert _row(cast, reset_id).shown_at is None


def test_earlier_result_says_that_a_newer_reset_replaced_it(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_me="on", addresses="desk@contoso.example")
    reset(cast, "adele.vance", actor="user.admin")

    page = helpdesk.get(answer["Location"])
    late = helpdesk.post(reverse("passwords:show", args=[result_id_of(answer)]))

    assert "Replaced by a newer reset. This password no longer works." in text_of(page)
    assert "Show password" not in text_of(page) and "Send the link again" not in text_of(page)
    assert secret_in(late) == ""


def test_result_says_how_far_the_person_is(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    password = secret_in(helpdesk.post(reverse("passwords:show", args=[result_id_of(answer)])))

    try_sign_in("adele.vance@contoso.example", password)
    used = text_of(helpdesk.get(answer["Location"]))

    assert "The user has signed in with this password." in used


def test_progress_answers_only_when_something_changed(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_alternate="on")
    page = helpdesk.get(answer["Location"]).content.decode()
    poll = re.search(r'hx-get="([^"]*)" hx-trigger="every 2s"', page)
    assert poll is not None
    address = poll.group(1).replace("&amp;", "&")

    same = helpdesk.get(address, headers=HTMX)
    OutboundMessage.objects.filter(to=ALTERNATE).update(state=State.SENT, sent_at=clock.now())
    changed = helpdesk.get(address, headers=HTMX)

    assert same.status_code == 204
    assert changed.status_code == 200
    assert "Sent" in text_of(changed) and "<!doctype html>" not in changed.content.decode()
    assert helpdesk.get(address)["Location"] == answer["Location"]


def test_progress_shows_a_failure_and_an_opened_link(cast: Cast, helpdesk: Client, client: Client) -> None:
    answer = post_reset(
        helpdesk,
        cast["adele.vance"].pk,
        email_to_alternate="on",
        email_to_me="on",
        addresses="gone@mail.example",
    )
    OutboundMessage.objects.filter(to="gone@mail.example").update(state=State.FAILED, failure="recipient_refused")
    client.post(link_of(message_to(ALTERNATE)))

    text = text_of(helpdesk.get(answer["Location"]))

    assert "The receiving server does not know or accept the address." in text
    assert "Opened" in text


def test_progress_does_not_keep_a_session_alive(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    poll = reverse("passwords:progress", args=[result_id_of(answer)])

    with clock.travel(timedelta(minutes=10)):
        helpdesk.get(poll, headers={**HTMX, "X-Progress-Poll": "1"})
    with clock.travel(timedelta(minutes=16)):
        over = helpdesk.get(poll, headers={**HTMX, "X-Progress-Poll": "1"})

    assert over["HX-Redirect"] == reverse("users:signin")


def test_page_stops_asking_when_nothing_more_can_come(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    reset(cast, "adele.vance", actor="user.admin")

    assert 'hx-trigger="every' not in helpdesk.get(answer["Location"]).content.decode()


def test_link_is_sent_again_to_one_recipient(cast: Cast, helpdesk: Client, client: Client) -> None:
    answer = post_reset(
        helpdesk, cast["adele.vance"].pk, email_to_me="on", addresses="desk@contoso.example", email_to_alternate="on"
    )
    old, other = link_of(message_to(ALTERNATE)), link_of(message_to("desk@contoso.example"))
    again = reverse("passwords:send-again", args=[result_id_of(answer), message_to(ALTERNATE).pk])

    sent = helpdesk.post(again)

    assert sent["Location"] == answer["Location"]
    assert client.get(old).status_code == 404
    assert client.get(other).status_code == 200
    assert secret_in(client.post(link_of(message_to(ALTERNATE))))
    assert AuditEvent.objects.filter(result="success", correlation_id=_row(cast, result_id_of(answer)).correlation_id)


@pytest.mark.parametrize(("headers", "status"), [({}, 409), (HTMX, 422)])
def test_opened_link_is_not_sent_again_and_the_page_says_why(
    cast: Cast, helpdesk: Client, client: Client, headers: dict[str, str], status: int
) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_alternate="on")
    client.post(link_of(message_to(ALTERNATE)))
    again = reverse("passwords:send-again", args=[result_id_of(answer), message_to(ALTERNATE).pk])

    refused = helpdesk.post(again, headers=headers)

    assert refused.status_code == status
    assert "The link was opened already, so no new one was sent." in text_of(refused)


def test_sending_again_keeps_the_password_on_the_page_out_of_it(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_alternate="on")
    again = reverse("passwords:send-again", args=[result_id_of(answer), message_to(ALTERNATE).pk])

    part = helpdesk.post(again, headers=HTMX)

    assert part.status_code == 200
    assert 'id="result-progress"' in part.content.decode() and "panel__frame" not in part.content.decode()


def test_resend_leads_to_the_panel_with_the_same_choices(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(
        helpdesk,
        cast["adele.vance"].pk,
        style="pronounceable",
        must_change="",
        email_to_me="on",
        addresses="desk@contoso.example",
        email_to_alternate="on",
        reason="On the phone",
        ticket="INC-17",
    )
    link = re.search(r'href="([^"]*\?again=[^"]*)"', helpdesk.get(answer["Location"]).content.decode())
    assert link is not None

    page = helpdesk.get(link.group(1)).content.decode()
    initial = helpdesk.get(link.group(1)).context["form"].initial

    assert "Resend" in helpdesk.get(answer["Location"]).content.decode()
    assert {key: initial[key] for key in ("how", "style", "must_change", "email_to_alternate", "reason", "ticket")} == {
        "how": "automatic",
        "style": "pronounceable",
        "must_change": False,
        "email_to_alternate": True,
        "reason": "On the phone",
        "ticket": "INC-17",
    }
    assert 'value="desk@contoso.example"' in page


def test_choices_of_another_administrators_reset_are_not_told(cast: Cast, helpdesk: Client) -> None:
    outcome = reset(cast, "adele.vance", actor="global.admin", deliver_to=("private@mail.example",), reason="secret")

    page = helpdesk.get(f"{panel_of(cast, 'adele.vance')}?again={outcome.reset_id}")
    odd = helpdesk.get(f"{panel_of(cast, 'adele.vance')}?again=../../x")

    assert "private@mail.example" not in page.content.decode()
    assert odd.status_code == 200
