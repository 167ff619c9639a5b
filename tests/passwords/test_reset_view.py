"""The Reset password panel and its result, as pages and as fragments of htmx."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.outbox.models import OutboundMessage, State
from passwords.models import PasswordReset
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import (
    TYPED,
    form_of,
    link_of,
    message_to,
    post_reset,
    reset,
    secret_in,
    try_sign_in,
)
from users.models import Contact, RoleAssignment, Session, Tenant
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
ALTERNATE = "adele.vance.contoso@mail.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def helpdesk(cast: Cast) -> Client:
    return signed_in(cast["helpdesk.admin"])


def _panel(cast: Cast, name: str) -> str:
    return reverse("passwords:reset", args=[cast[name].pk])


def _text(response: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def _result_id(response: HttpResponse) -> UUID:
    assert response.status_code == 302, _text(response)
    found = re.fullmatch(r"/passwords/result/([0-9a-f-]{36})", response["Location"])
    assert found is not None
    return UUID(found.group(1))


def _row(cast: Cast, reset_id: UUID) -> PasswordReset:
    with within(cast.tenant):
        return PasswordReset.objects.get(pk=reset_id)


def test_panel_names_its_person_and_offers_every_choice(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(_panel(cast, "adele.vance"))

    text = _text(page)
    for words in (
        "Reset password",
        "Adele Vance",
        "adele.vance@contoso.example",
        "Automatically create a password",
        "Random",
        "Pronounceable",
        "Let me create the password",
        "Require this user to change their password when they first sign in",
        "Email the sign-in info to me",
        "Email the sign-in info to the user's alternate address".replace("'", "&#x27;"),
        "a•••@mail.example",
        "Reason",
        "Ticket number",
        "Cancel",
    ):
        assert words in text
    assert ALTERNATE not in page.content.decode()
    assert "data-live-rules" in page.content.decode()
    assert page.content.decode().count("<h1") == 1


def test_panel_is_a_page_without_htmx_and_a_fragment_with_it(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(_panel(cast, "adele.vance"))
    fragment = helpdesk.get(_panel(cast, "adele.vance"), headers=HTMX)

    assert "<!doctype html>" in page.content.decode() and "hx-post" not in page.content.decode()
    assert "<!doctype html>" not in fragment.content.decode()
    assert 'hx-target="#panel"' in fragment.content.decode()
    assert "data-panel-title" in fragment.content.decode()


def test_alternate_address_is_greyed_with_the_reason_where_none_is_known(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(_panel(cast, "diego.siciliani")).content.decode()

    box = re.search(r'<input[^>]*name="email_to_alternate"[^>]*>', page)
    assert box is not None and "disabled" in box.group()
    assert "No alternate address is known for this user." in page


def test_alternate_address_that_is_the_own_mailbox_is_greyed(cast: Cast, helpdesk: Client) -> None:
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).update(value="Adele.Vance@contoso.example")

    page = helpdesk.get(_panel(cast, "adele.vance")).content.decode()

    box = re.search(r'<input[^>]*name="email_to_alternate"[^>]*>', page)
    assert box is not None and "disabled" in box.group()
    assert "the mailbox that this password opens" in page


def test_alternate_address_changed_lately_has_a_warning(cast: Cast, helpdesk: Client) -> None:
    warning = "The alternate address was changed within the last 24 hours."

    assert warning in _text(helpdesk.get(_panel(cast, "adele.vance")))
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).update(changed_at=clock.now() - timedelta(hours=24))
    assert warning not in _text(helpdesk.get(_panel(cast, "adele.vance")))


def test_helpdesk_resets_and_the_person_signs_in_with_what_is_shown(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    result = helpdesk.get(answer["Location"])
    show = reverse("passwords:show", args=[_result_id(answer)])
    revealed = helpdesk.post(show)

    assert "Password has been reset" in _text(result)
    assert secret_in(result) == ""
    assert "Show password" in _text(result)
    assert try_sign_in("adele.vance@contoso.example", secret_in(revealed)).must_change
    for page in (result, revealed):
        assert "no-store" in page["Cache-Control"]
        assert 'hx-history="false"' in page.content.decode()


def test_password_is_shown_once_whatever_the_browser_asks_again(cast: Cast, helpdesk: Client) -> None:
    show = reverse("passwords:show", args=[_result_id(post_reset(helpdesk, cast["adele.vance"].pk))])
    password = secret_in(helpdesk.post(show))

    again, back, reloaded = helpdesk.post(show), helpdesk.get(show), helpdesk.get(show, follow=True)

    assert password
    for page in (again, reloaded):
        assert password not in page.content.decode()
        assert "The password was already shown" in _text(page)
    assert back.status_code == 302


def test_result_belongs_to_whoever_started_the_reset(cast: Cast, helpdesk: Client) -> None:
    reset_id = _result_id(post_reset(helpdesk, cast["adele.vance"].pk))
    other = signed_in(cast["global.admin"])

    assert other.get(reverse("passwords:result", args=[reset_id])).status_code == 404
    assert other.post(reverse("passwords:show", args=[reset_id])).status_code == 404
    assert other.get(reverse("passwords:progress", args=[reset_id]), headers=HTMX).status_code == 404
    assert _row(cast, reset_id).shown_at is None


def test_typed_password_comes_into_force_and_is_nowhere_on_the_page(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password=TYPED)
    page = helpdesk.get(answer["Location"])

    assert TYPED not in page.content.decode()
    assert try_sign_in("adele.vance@contoso.example", TYPED).outcome is Outcome.RIGHT


def test_all_violated_rules_come_back_at_once_and_nothing_changes(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password="vance")

    assert answer.status_code == 422
    text = _text(answer)
    assert "Use at least 8 characters" in text
    assert "three of these four" in text
    assert "Leave out names" in text
    assert 'value="vance"' not in answer.content.decode()
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


def test_own_password_needs_one_typed(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password="")

    assert answer.status_code == 422
    assert "Type the password, or let one be created." in _text(answer)


def test_live_ticks_judge_for_the_person_and_make_no_hash(cast: Cast, helpdesk: Client) -> None:
    address = reverse("passwords:reset-rules", args=[cast["adele.vance"].pk])
    before = hashes_made()

    good = helpdesk.post(address, {"new_password": TYPED}).content.decode()
    named = helpdesk.post(address, {"new_password": f"{TYPED}Vance"}).content.decode()
    nothing = helpdesk.post(address, {"new_password": ""}).content.decode()

    assert "rules__rule--broken" not in good and "rules__rule--met" in good
    assert named.count("rules__rule--broken") == 1
    assert "rules__rule--met" not in nothing and "rules__rule--broken" not in nothing
    assert hashes_made() == before


def test_double_submit_of_one_form_gets_the_same_result_page(cast: Cast, helpdesk: Client) -> None:
    first = post_reset(helpdesk, cast["adele.vance"].pk, form_key="a" * 32)
    hash_before = _row(cast, _result_id(first)).target.password
    second = post_reset(helpdesk, cast["adele.vance"].pk, form_key="a" * 32)

    assert first["Location"] == second["Location"]
    assert _row(cast, _result_id(second)).target.password == hash_before
    with within(cast.tenant):
        assert PasswordReset.objects.count() == 1
    assert secret_in(helpdesk.post(reverse("passwords:show", args=[_result_id(second)])))


@pytest.mark.parametrize("key", ["", "x" * 32, "a" * 31, "a" * 200])
def test_form_without_its_key_changes_nothing_and_says_so(cast: Cast, helpdesk: Client, key: str) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, form_key=key)

    assert answer.status_code == 422
    assert "The form came back incomplete." in _text(answer)


def test_links_go_to_typed_addresses_and_to_the_alternate_one(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(
        helpdesk,
        cast["adele.vance"].pk,
        email_to_me="on",
        addresses="desk@contoso.example; Megan@mail.example;",
        email_to_alternate="on",
    )
    page = helpdesk.get(answer["Location"])

    carrying = OutboundMessage.objects.exclude(link_purpose="")
    assert set(carrying.values_list("to", "template")) == {
        ("desk@contoso.example", "sign_in_info"),
        ("Megan@mail.example", "sign_in_info"),
        (ALTERNATE, "temporary_password"),
    }
    text = _text(page)
    assert "desk@contoso.example" in text and "a•••@mail.example" in text and ALTERNATE not in text
    assert text.count("Queued") == 3 + 1  # the notice to the own mailbox
    assert page.content.decode().count("Send the link again to") == 3


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ("", "Give an address to send the sign-in info to."),
        ("one@a.example;two@a.example;3@a.example;4@a.example;5@a.example;6@a.example", "Give at most five addresses"),
        ("not-an-address", "These are not e-mail addresses: not-an-address. Nothing was changed."),
        ("a" * 64 + "@" + "b." * 100 + "example", "These are not e-mail addresses"),
    ],
)
def test_wrong_addresses_are_refused_in_words(cast: Cast, helpdesk: Client, addresses: str, said: str) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_me="on", addresses=addresses)

    assert answer.status_code == 422
    assert said in _text(answer)
    assert not OutboundMessage.objects.exists()


def test_addresses_do_not_count_without_their_tick(cast: Cast, helpdesk: Client) -> None:
    _result_id(post_reset(helpdesk, cast["adele.vance"].pk, addresses="not-an-address"))

    assert not OutboundMessage.objects.exclude(link_purpose="").exists()


@pytest.mark.parametrize(("htmx", "status"), [(False, 400), (True, 422)])
def test_the_persons_own_mailbox_is_no_recipient(cast: Cast, helpdesk: Client, htmx: bool, status: int) -> None:
    answer = post_reset(
        helpdesk, cast["adele.vance"].pk, htmx=htmx, email_to_me="on", addresses="ADELE.Vance@contoso.example"
    )

    assert answer.status_code == status
    assert "is the mailbox of Adele Vance, who cannot open it without the password" in _text(answer)
    assert AuditEvent.objects.filter(result="failure", reason="RESET_CIRCULAR_RECIPIENT").count() == 1
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("global.admin", 403, "holds Global Administrator"),
        ("grady.archie", 403, "role-assignable group Break glass"),
        ("helpdesk.admin", 400, "You cannot reset your own password here."),
        ("lee.gu", 400, "comes from the directory corp.example"),
        ("guest.person", 400, "signs in at another organization"),
    ],
)
def test_refused_person_is_shown_with_the_reason_and_refused_by_post(
    cast: Cast, helpdesk: Client, target: str, status: int, said: str
) -> None:
    page = helpdesk.get(_panel(cast, target))
    answer = post_reset(helpdesk, cast[target].pk)
    incomplete = helpdesk.post(_panel(cast, target), {})

    assert page.status_code == 200
    assert said in _text(page) and "<form" not in page.content.decode().partition("<main")[2].partition("</main")[0]
    assert (answer.status_code, incomplete.status_code) == (status, status)
    assert said in _text(answer)
    assert try_sign_in(cast[target].user_principal_name, PASSWORD).outcome is Outcome.RIGHT
    assert AuditEvent.objects.filter(activity="Reset password (by admin)", result="failure").count() == 1


def test_person_without_the_right_enters_no_page_of_it(cast: Cast, helpdesk: Client) -> None:
    reset_id = _result_id(post_reset(helpdesk, cast["adele.vance"].pk))
    reader = signed_in(cast["diego.siciliani"])

    assert reader.get(_panel(cast, "adele.vance")).status_code == 403
    assert post_reset(reader, cast["adele.vance"].pk).status_code == 403
    assert reader.get(reverse("passwords:result", args=[reset_id])).status_code == 403


def test_people_of_another_tenant_do_not_exist_here(cast: Cast, helpdesk: Client) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    assert helpdesk.get(_panel(other, "adele.vance")).status_code == 404
    assert post_reset(helpdesk, other["adele.vance"].pk).status_code == 404
    assert helpdesk.get(reverse("passwords:reset", args=[uuid4()])).status_code == 404


def test_target_with_a_role_asks_for_fresh_proof_first(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])
    Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - timedelta(minutes=11))

    page = admin.get(_panel(cast, "helpdesk.admin"))
    fragment = admin.get(_panel(cast, "helpdesk.admin"), headers=HTMX)
    posted = post_reset(admin, cast["helpdesk.admin"].pk)

    confirm = f"{reverse('users:confirm')}?next=%2Fpasswords%2Freset%2F{cast['helpdesk.admin'].pk}"
    assert page["Location"] == posted["Location"] == fragment["HX-Redirect"] == confirm
    assert admin.get(_panel(cast, "adele.vance")).status_code == 200
    assert try_sign_in("helpdesk.admin@contoso.example", PASSWORD).outcome is Outcome.RIGHT

    back = admin.post(confirm, {"password": PASSWORD, "next": _panel(cast, "helpdesk.admin")})
    assert back["Location"] == _panel(cast, "helpdesk.admin")
    assert admin.get(back["Location"]).status_code == 200
    _result_id(post_reset(admin, cast["helpdesk.admin"].pk))


def test_right_lost_between_form_and_button_is_refused(cast: Cast, helpdesk: Client) -> None:
    assert helpdesk.get(_panel(cast, "adele.vance")).status_code == 200
    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast["helpdesk.admin"]).delete()

    assert post_reset(helpdesk, cast["adele.vance"].pk).status_code == 403
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


def test_htmx_form_comes_back_as_a_fragment_and_the_result_follows(cast: Cast, helpdesk: Client) -> None:
    wrong = post_reset(helpdesk, cast["adele.vance"].pk, htmx=True, how="own", new_password="short")
    answer = post_reset(helpdesk, cast["adele.vance"].pk, htmx=True)
    result = helpdesk.get(answer["Location"], headers=HTMX)
    revealed = helpdesk.post(reverse("passwords:show", args=[_result_id(answer)]), headers=HTMX)

    assert wrong.status_code == 422
    for part in (wrong, result, revealed):
        assert "<!doctype html>" not in part.content.decode()
        assert "data-panel-title" in part.content.decode()
    assert result["HX-Replace-Url"] == answer["Location"]
    assert secret_in(revealed)


def test_earlier_result_says_that_a_newer_reset_replaced_it(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_me="on", addresses="desk@contoso.example")
    reset(cast, "adele.vance", actor="user.admin")

    page = helpdesk.get(answer["Location"])
    late = helpdesk.post(reverse("passwords:show", args=[_result_id(answer)]))

    assert "Replaced by a newer reset. This password no longer works." in _text(page)
    assert "Show password" not in _text(page) and "Send the link again" not in _text(page)
    assert secret_in(late) == ""


def test_result_says_how_far_the_person_is(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    password = secret_in(helpdesk.post(reverse("passwords:show", args=[_result_id(answer)])))

    try_sign_in("adele.vance@contoso.example", password)
    used = _text(helpdesk.get(answer["Location"]))

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
    assert "Sent" in _text(changed) and "<!doctype html>" not in changed.content.decode()
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

    text = _text(helpdesk.get(answer["Location"]))

    assert "The receiving server does not know or accept the address." in text
    assert "Opened" in text


def test_progress_does_not_keep_a_session_alive(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk)
    poll = reverse("passwords:progress", args=[_result_id(answer)])

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
    again = reverse("passwords:send-again", args=[_result_id(answer), message_to(ALTERNATE).pk])

    sent = helpdesk.post(again)

    assert sent["Location"] == answer["Location"]
    assert client.get(old).status_code == 404
    assert client.get(other).status_code == 200
    assert secret_in(client.post(link_of(message_to(ALTERNATE))))
    assert AuditEvent.objects.filter(result="success", correlation_id=_row(cast, _result_id(answer)).correlation_id)


@pytest.mark.parametrize(("headers", "status"), [({}, 409), (HTMX, 422)])
def test_opened_link_is_not_sent_again_and_the_page_says_why(
    cast: Cast, helpdesk: Client, client: Client, headers: dict[str, str], status: int
) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_alternate="on")
    client.post(link_of(message_to(ALTERNATE)))
    again = reverse("passwords:send-again", args=[_result_id(answer), message_to(ALTERNATE).pk])

    refused = helpdesk.post(again, headers=headers)

    assert refused.status_code == status
    assert "The link was opened already, so no new one was sent." in _text(refused)


def test_sending_again_keeps_the_password_on_the_page_out_of_it(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_alternate="on")
    again = reverse("passwords:send-again", args=[_result_id(answer), message_to(ALTERNATE).pk])

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

    page = helpdesk.get(f"{_panel(cast, 'adele.vance')}?again={outcome.reset_id}")
    odd = helpdesk.get(f"{_panel(cast, 'adele.vance')}?again=../../x")

    assert "private@mail.example" not in page.content.decode()
    assert odd.status_code == 200


def test_organization_may_lock_the_change_on_and_ask_for_a_reason(cast: Cast, helpdesk: Client) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(force_change_locked=True, reset_reason_required=True)

    without = post_reset(helpdesk, cast["adele.vance"].pk, must_change="")
    answer = post_reset(helpdesk, cast["adele.vance"].pk, must_change="", reason="On the phone")

    assert without.status_code == 422
    row = _row(cast, _result_id(answer))
    assert row.must_change and row.reason == "On the phone"


def test_password_that_need_not_be_changed_has_no_end(cast: Cast, helpdesk: Client) -> None:
    form = form_of()
    del form["must_change"]

    answer = helpdesk.post(_panel(cast, "adele.vance"), form)
    password = secret_in(helpdesk.post(reverse("passwords:show", args=[_result_id(answer)])))

    with clock.travel(timedelta(days=400)):
        result = try_sign_in("adele.vance@contoso.example", password)
    assert result.outcome is Outcome.RIGHT and not result.must_change


def test_queries_of_panel_and_result_do_not_grow_with_recipients(cast: Cast, helpdesk: Client) -> None:
    few = post_reset(helpdesk, cast["adele.vance"].pk)
    many = post_reset(
        helpdesk,
        cast["diego.siciliani"].pk,
        form_key="b" * 32,
        email_to_me="on",
        addresses=";".join(f"{name}@mail.example" for name in "abcde"),
    )

    counts = []
    for answer in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            helpdesk.get(answer["Location"])
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as panel:
        helpdesk.get(_panel(cast, "adele.vance"))

    assert counts[0] == counts[1] <= 6
    assert len(panel) <= 10
