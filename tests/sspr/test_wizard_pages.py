"""The pages of the wizard: each step, its binding, cookies, what each says, and every odd post."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminportal import clock
from adminportal.throttle import LIMITS
from passwords.models import PasswordRequest
from sspr.models import PublicAsk, Reach, RecoveryAttempt
from sspr.services.ask_handlers import settle_public_asks
from tests.budgets import within_budget
from tests.cast import PASSWORD, Cast
from tests.passwords.reset_cast import try_sign_in
from tests.solving import read_aloud, solved
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MOBILE, NEW_PASSWORD, make_open_cast
from users.models import Session
from users.services.sign_in import Outcome
from users.tenancy import within

UPN = "adele.vance@contoso.example"
STEP = "/passwordreset/step"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


@pytest.fixture
def visit() -> Visit:
    return Visit()


def test_person_resets_by_mail_and_signs_in_with_the_new_password(cast: Cast, visit: Visit) -> None:
    assert visit.begin(UPN)["Location"] == STEP
    page = text_of(visit.page())
    for words in ("Email my alternate email", "Text my mobile phone", "verification step 1"):
        assert words in page

    assert visit.send("email")["Location"] == f"{STEP}?method=email"
    assert "Enter your verification code" in text_of(visit.page(method="email"))
    assert visit.prove("email", visit.code())["Location"] == STEP
    assert "Enter new password" in text_of(visit.page()) and "Step 2 of 2" in text_of(visit.page())
    assert visit.finish()["Location"] == STEP
    done = text_of(visit.page())

    assert "Your password has been reset" in done and 'action="/signin"' in done
    assert not Session.objects.exists(), "the wizard signs nobody in"
    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT
    assert try_sign_in(UPN, PASSWORD).outcome is Outcome.WRONG


def test_pages_keep_within_their_budget(cast: Cast, visit: Visit) -> None:
    with within_budget("sspr:start"):
        assert visit.client.get("/passwordreset").status_code == 200
    visit.begin(UPN)
    with within_budget("sspr:step"):
        assert visit.page().status_code == 200


def test_two_methods_are_two_pages_and_the_first_is_gone_from_the_second(cast: Cast, visit: Visit) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    visit.begin(UPN)
    assert "wizard__count" not in text_of(visit.page()), "how many steps there are would tell an administrator"

    visit.prove_email()

    second = text_of(visit.page())
    assert "Step 2 of 3" in second and "verification step 2" in second
    assert "Email my alternate email" not in second
    visit.send("mobile_sms", MOBILE)
    assert visit.prove("mobile_sms", visit.code())["Location"] == STEP
    assert visit.finish()["Location"] == STEP
    assert "Your password has been reset" in text_of(visit.page())


def test_unlock_asks_why_first_and_changes_no_password(cast: Cast, visit: Visit) -> None:
    policy_for(cast, reach=Reach.ALL, allow_unlock=True)
    visit.begin(UPN)
    assert "I know my password, but still can't sign in" in text_of(visit.page())
    assert visit.post("reason")["Location"] == f"{STEP}?said=choose"

    visit.post("reason", reason="known")
    visit.prove_email()
    assert "Unlock the account" in text_of(visit.page())
    visit.post("unlock")

    assert "Your account has been unlocked" in text_of(visit.page())
    assert try_sign_in(UPN, PASSWORD).outcome is Outcome.RIGHT


def test_cookie_is_strict_short_and_of_its_own_and_changes_with_a_proof(cast: Cast, visit: Visit) -> None:
    answer = visit.begin(UPN)
    first, cookie = visit.key, answer.cookies[django_settings.SSPR_COOKIE_NAME]
    assert (cookie["samesite"], cookie["httponly"], cookie["path"]) == ("Strict", True, "/")
    assert 890 <= int(cookie["max-age"]) <= 900

    visit.prove_email()

    assert visit.key != first
    stolen = Visit(client=Client())
    stolen.client.cookies[django_settings.SSPR_COOKIE_NAME] = first
    assert stolen.page()["Location"] == "/passwordreset?said=over"


def test_cookie_is_secure_and_bound_to_the_host_in_production(cast: Cast, visit: Visit, settings) -> None:  # type: ignore[no-untyped-def]
    settings.SSPR_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = "__Host-sspr", True

    cookie = visit.begin(UPN).cookies["__Host-sspr"]

    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_count_of_steps_is_that_of_the_named_ones(cast: Cast, visit: Visit) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2, allow_unlock=True)
    visit.begin(UPN)
    visit.post("reason", reason="forgot")
    seen = [counted(visit)]

    visit.prove_email()
    seen.append(counted(visit))
    visit.send("mobile_sms", MOBILE)
    visit.prove("mobile_sms", visit.code())
    seen.append(counted(visit))

    assert seen == [("", 1), ("Step 2 of 3", 3), ("Step 3 of 3", 3)]


def counted(visit: Visit) -> tuple[str, int]:
    page = text_of(visit.page())
    found = re.search(r'wizard__count">([^<]*)<', page)
    return found[1] if found else "", page.count('class="wizard__step"')


def test_end_hands_the_user_name_over_to_sign_in_by_a_form_and_not_by_an_address(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    visit.prove_email()
    visit.finish()
    done = text_of(visit.page())

    assert f'name="user_name" value="{UPN}"' in done and f"user_name={UPN}" not in done
    asked = visit.client.post("/signin", {"user_name": UPN})
    assert "Enter password" in text_of(asked) and asked.status_code == 200
    stranger = Visit(client=Client())
    assert UPN not in text_of(stranger.client.get("/signin")) and stranger.page()["Location"] == "/passwordreset"


def test_first_step_of_signing_in_leads_to_forgot_password(cast: Cast) -> None:
    assert 'href="/passwordreset"' in text_of(Client().get("/signin"))
    assert f'href="/passwordreset?username={UPN.replace("@", "%40")}"' in text_of(
        Client().get(f"/signin?user_name={UPN}")
    )


def test_wrong_code_leads_back_and_says_so(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    visit.send("email")

    answer = visit.prove("email", "00000000" if visit.code() != "00000000" else "00000001")

    assert answer["Location"] == f"{STEP}?method=email&said=wrong"
    assert "That is not right. Check it and try again." in text_of(visit.client.get(answer["Location"]))


def test_words_of_a_page_come_from_a_list_and_not_from_the_address(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)

    page = text_of(visit.page(said="<b>call me</b>", method="<script>"))

    assert "<b>call" not in page and "<script>" not in page
    assert "call me" not in page.partition("<main")[2].partition("</main>")[0]


def test_form_of_an_older_page_does_nothing(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    old = visit.moves()
    visit.send("email")
    code = visit.code()

    again = visit.client.post("/passwordreset/send", {"moves": old, "method": "email"})

    assert again["Location"] == f"{STEP}?method=email&said=stale"
    assert visit.code() == code, "no newer code was made"


@pytest.mark.parametrize("step", ["finish", "unlock", "prove", "reason", "send"])
@pytest.mark.parametrize("moves", ["0", "1", "2", "99999", "-1", "x", "", "٣"])
def test_later_step_posted_first_changes_nothing(cast: Cast, visit: Visit, step: str, moves: str) -> None:
    visit.begin(UPN)
    fields = {"moves": moves, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD, "reason": "known"}

    answer = visit.client.post(f"/passwordreset/{step}", fields | {"method": "app", "code": "000000"})

    assert answer.status_code == 302
    assert try_sign_in(UPN, PASSWORD).outcome is Outcome.RIGHT
    assert visit.attempt.state == "prove_one"


@pytest.mark.parametrize("step", ["finish", "unlock", "prove", "reason", "send"])
def test_post_without_an_attempt_leads_to_page_one(cast: Cast, step: str) -> None:
    assert Client().post(f"/passwordreset/{step}")["Location"] == "/passwordreset?said=over"


def test_step_without_an_attempt_leads_to_page_one(cast: Cast, visit: Visit) -> None:
    assert visit.page()["Location"] == "/passwordreset"
    start = clock.now()
    with clock.travel(freeze_at=start):
        visit.begin(UPN)
    with clock.travel(freeze_at=start + timedelta(minutes=15)):
        assert visit.page().status_code == 200
    with clock.travel(freeze_at=start + timedelta(minutes=15, seconds=1)):
        assert visit.page()["Location"] == "/passwordreset?said=over"
    assert "That took longer than 15 minutes" in text_of(visit.client.get("/passwordreset?said=over"))


def test_password_that_breaks_rules_is_told_all_of_them_at_once_and_can_be_corrected(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    visit.prove_email()

    refused = visit.finish("adele")

    assert refused.status_code == 422
    assert text_of(refused).count("notice__line") >= 2
    assert 'value="adele"' not in text_of(refused)
    assert visit.finish(NEW_PASSWORD, again="other").status_code == 422
    assert visit.finish()["Location"] == STEP
    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT


def test_live_rules_answer_only_while_a_password_is_chosen(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    assert visit.client.post("/passwordreset/rules", {"new_password": "x"}).status_code == 404
    visit.prove_email()

    ticks = text_of(visit.client.post("/passwordreset/rules", {"new_password": NEW_PASSWORD}))

    assert "Not met:" not in ticks and "<meter" in ticks


def test_cancel_ends_the_attempt_and_takes_the_cookie(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    key = visit.key

    assert visit.client.post("/passwordreset/cancel")["Location"] == "/signin"

    assert RecoveryAttempt.objects.get().state == "cancelled"
    visit.client.cookies[django_settings.SSPR_COOKIE_NAME] = key
    assert "This attempt is over" in text_of(visit.page())


def test_new_attempt_of_the_browser_replaces_the_one_before(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    visit.begin("diego.siciliani@contoso.example")

    assert sorted(RecoveryAttempt.objects.values_list("state", flat=True)) == ["cancelled", "prove_one"]


def test_support_code_is_the_correlation_id_of_the_attempt(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)

    assert f"Support code: {visit.attempt.pk}" in text_of(visit.page())


def test_query_fills_in_the_name_looks_and_language(cast: Cast) -> None:
    client = Client()

    page = text_of(client.get("/passwordreset", {"username": UPN, "whr": "contoso.example"}))
    led = client.get("/passwordreset", {"mkt": "nb-NO", "username": UPN})

    assert f'value="{UPN}"' in page and "<span>Contoso</span>" in page
    assert led["Location"] == "/passwordreset?username=adele.vance%40contoso.example"
    assert client.get(led["Location"])["Content-Language"] == "nb"
    assert client.get("/passwordreset?mkt=xx-xx").status_code == 200


def test_sign_in_hands_the_typed_name_over_to_page_one(cast: Cast) -> None:
    typed = "o'hara&co+1@contoso.example"
    link = re.search(r'href="(/passwordreset[^"]*)"', text_of(Client().post("/signin", {"user_name": typed})))

    assert link is not None
    page = text_of(Client().get(html.unescape(link[1])))
    assert f'value="{html.escape(typed)}"' in page


def test_page_one_without_the_challenge_begins_nothing(cast: Cast, visit: Visit) -> None:
    refused = visit.client.post("/passwordreset", {"user_name": UPN})
    assert refused.status_code == 422 and f'value="{UPN}"' in text_of(refused)

    assert visit.client.post("/passwordreset", {"user_name": "no name", **solved(refused)}).status_code == 422
    assert not RecoveryAttempt.objects.exists()


def test_page_one_works_by_picture(cast: Cast, visit: Visit) -> None:
    page = visit.client.get("/passwordreset?picture=1")

    assert visit.client.post("/passwordreset?picture=1", {"user_name": UPN, **read_aloud(page)})["Location"] == STEP


def test_work_gets_harder_and_nobody_is_refused_after_twenty_starts_of_a_source(cast: Cast, visit: Visit) -> None:
    easy = visit.client.get("/passwordreset")
    for number in range(LIMITS["L02"].number):
        visit.begin(f"nobody{number}@contoso.example")

    refused = visit.client.post("/passwordreset", {"user_name": UPN, **solved(easy)})

    assert refused.status_code == 422
    assert "&quot;level&quot;:1" in text_of(refused)
    assert visit.client.post("/passwordreset", {"user_name": UPN, **solved(refused)})["Location"] == STEP


def test_name_that_was_given_too_often_is_told_to_come_later(cast: Cast) -> None:
    for number in range(LIMITS["L01"].number):
        Visit(source=f"203.0.113.{number}").begin(UPN)

    answer = Visit(source="203.0.113.99").begin(UPN)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert "Try again later" in text_of(answer) and "Contact your administrator" in text_of(answer)


def test_every_page_offers_the_administrator_and_is_not_kept(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    pages = [visit.client.get("/passwordreset"), visit.page()]
    visit.send("email")
    pages.append(visit.page())
    visit.prove("email", visit.code())
    pages.append(visit.page())

    for page in pages:
        assert "Contact your administrator" in text_of(page) and "Support code" in text_of(page)
        assert page["Cache-Control"] == "no-store"


def test_try_again_waits_ten_seconds_and_makes_a_new_code(cast: Cast, visit: Visit) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        visit.begin(UPN)
        visit.send("email")
        first = visit.code()
        assert 'data-wait="10"' in text_of(visit.page(method="email"))
    with clock.travel(freeze_at=start + timedelta(seconds=11)):
        assert 'data-wait="0"' in text_of(visit.page(method="email"))
        visit.send("email")
        assert visit.prove("email", first)["Location"].endswith("said=wrong") or first == visit.code()
        assert visit.prove("email", visit.code())["Location"] == STEP


def test_call_for_help_within_an_attempt_asks_for_nothing_more_and_counts_once(cast: Cast, visit: Visit) -> None:
    visit.begin(UPN)
    page = text_of(visit.client.get("/passwordreset/contact"))
    assert "User ID" not in page and "Send a request" in page

    for _number in range(3):
        assert visit.client.post("/passwordreset/contact")["Location"] == "/passwordreset/contact/sent"
    assert PublicAsk.objects.count() == 1
    settle_public_asks(clock.now())

    with within(cast.tenant):
        request = PasswordRequest.objects.get()
    assert (request.user_id, request.correlation_id) == (cast["adele.vance"].pk, visit.attempt.pk)
    assert request.source == "203.0.113.40"


def test_call_for_help_without_an_attempt_takes_name_and_challenge(cast: Cast, visit: Visit) -> None:
    page = visit.client.get("/passwordreset/contact")

    assert visit.client.post("/passwordreset/contact", {"user_name": UPN}).status_code == 422
    sent = visit.client.post("/passwordreset/contact", {"user_name": UPN, **solved(page)})
    settle_public_asks(clock.now())

    assert sent["Location"] == "/passwordreset/contact/sent"
    with within(cast.tenant):
        assert PasswordRequest.objects.get().user_id == cast["adele.vance"].pk


def test_call_for_help_of_a_name_that_nobody_has_leaves_no_row_and_no_mail(cast: Cast, visit: Visit) -> None:
    visit.begin("nobody@contoso.example")

    assert visit.client.post("/passwordreset/contact")["Location"] == "/passwordreset/contact/sent"
    settle_public_asks(clock.now())

    with within(cast.tenant):
        assert not PasswordRequest.objects.exists()


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://desk.contoso.example/it", 'href="https://desk.contoso.example/it" target="_blank"'),
        ("desk@contoso.example", 'href="mailto:desk@contoso.example"'),
    ],
)
def test_help_desk_of_the_tenants_own_is_linked_and_gets_no_mail(
    cast: Cast, visit: Visit, link: str, shown: str
) -> None:
    policy_for(cast, reach=Reach.ALL, customize_helpdesk=True, helpdesk_link=link)
    visit.begin(UPN)

    assert shown in text_of(visit.client.get("/passwordreset/contact"))
    visit.client.post("/passwordreset/contact")
    settle_public_asks(clock.now())

    with within(cast.tenant):
        assert PasswordRequest.objects.get().mailed_at is None


def test_code_of_a_person_who_cannot_reaches_the_administrators_alone(cast: Cast, visit: Visit) -> None:
    visit.begin("diego.siciliani@contoso.example")
    visit.client.post("/passwordreset/contact")
    settle_public_asks(clock.now())

    with within(cast.tenant):
        assert PasswordRequest.objects.get().sspr_code == "SSPR_0014"
    assert "SSPR_" not in text_of(visit.page())


FIELD = st.sampled_from(
    ("moves", "method", "code", "number", "reason", "new_password", "answer-q01", "captcha", "proof")
)
ODD = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=30)
STEPS = st.sampled_from(("send", "prove", "finish", "reason", "unlock", "rules", "cancel", "contact", ""))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(st.tuples(STEPS, st.dictionaries(FIELD, ODD | st.sampled_from(("0", "1", "email", "app")))), max_size=4)
)
def test_odd_posts_never_end_in_a_fault(cast: Cast, posts: list[tuple[str, dict[str, str]]]) -> None:
    visit = Visit()
    visit.begin("somebody.else@contoso.example")
    for step, fields in posts:
        address = re.sub("/$", "", f"/passwordreset/{step}")
        assert visit.client.post(address, fields).status_code in (200, 302, 404, 422, 429)
        assert visit.page().status_code in (200, 302)
