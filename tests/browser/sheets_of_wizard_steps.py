"""Steps of Forgot password that only some people meet: second proofs, apps, questions, printed codes, unlocking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib.auth.hashers import make_password
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from sspr import locks
from sspr.models import Gate, SecurityAnswer
from sspr.questions import normal_form
from sspr.subjects import subject_of
from tests.browser.atlas import Sheet, Way, press
from tests.browser.sheets_of_wizard import NOBODY, ask_for_mail, begin, enable, open_text, type_code, walk
from tests.cast import Cast
from tests.sspr.self_service import answers, knows
from tests.sspr.wizard_ways import MOBILE
from tests.users.app_ways import registers_app
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import across_tenants, within

QUESTIONS: Final = ["q01", "q02", "q03", "q04", "q05"]
ANSWER: Final = "lutefisk"
OFFICE: Final = "+44 7700 900123 x4567"
ASKED: Final = {"gates": ["email", "mobile_sms", "app", "questions"], "gates_required": 2}


def prove_mail(page: Page, cast: Cast) -> None:
    """Prove the address, the first of two."""
    ask_for_mail(page, cast)
    type_code(page, cast)
    page.get_by_text("verification step 2").first.wait_for()


def have_text_sent(page: Page, cast: Cast) -> None:
    """Have a code sent to the number."""
    open_text(page, cast)
    page.get_by_label("Phone number").fill(MOBILE)
    press(page, "Text")
    page.get_by_label("Enter your verification code").wait_for()


def called(*steps: Callable[[Page, Cast], None]) -> Way:
    """Return the way through these steps where a voice channel is set up."""
    way = walk(*steps, gates=["email", "mobile_voice", "office_voice"])

    def with_voice(page: Page, cast: Cast) -> None:
        knows(cast, "adele.vance", office=OFFICE)
        with override_settings(VOICE_CHANNEL_URL="inbox:"):
            way(page, cast)

    return with_voice


def open_call(page: Page, cast: Cast) -> None:
    """Open the call to the office phone."""
    page.get_by_role("link", name="Call my office phone").click()
    page.get_by_label("Phone number").wait_for()


def be_called(page: Page, cast: Cast) -> None:
    """Be called there."""
    open_call(page, cast)
    page.get_by_label("Phone number").fill(OFFICE)
    press(page, "Call")
    page.get_by_label("Enter your verification code").wait_for()


def with_app(page: Page, cast: Cast) -> None:
    """Open the code of an authenticator app."""
    registers_app(cast, "adele.vance")
    begin(page, cast, **ASKED)
    page.goto(f"{reverse('sspr:step')}?method=app")
    page.locator("input[name=code]").wait_for()


def with_questions(page: Page, cast: Cast) -> None:
    """Open the questions, which are never the first proof."""
    with across_tenants():
        has_answered = SecurityAnswer.objects.filter(user=cast["adele.vance"]).exists()
    if not has_answered:
        answers(cast, "adele.vance", {question: make_password(normal_form(ANSWER)) for question in QUESTIONS})
    begin(page, cast, **ASKED)
    prove_mail(page, cast)
    page.goto(f"{reverse('sspr:step')}?method=questions")
    page.locator("input[name^=answer]").first.wait_for()


def with_wrong_answers(page: Page, cast: Cast) -> None:
    """Answer wrongly; the same questions come again."""
    with_questions(page, cast)
    for field in page.locator("input[name^=answer]").all():
        field.fill("no idea")
    press(page, "Next")
    page.get_by_role("alert").first.wait_for()


def with_recovery_code(page: Page, cast: Cast) -> None:
    """Open the field for a recovery code."""
    with within(cast.tenant):
        by = cast.actor("adele.vance").for_audit()
        make_recovery_codes(tenant=cast.tenant, user=cast["adele.vance"], by=by, now=clock.now())
    begin(page, cast, **ASKED)
    prove_mail(page, cast)
    page.goto(f"{reverse('sspr:step')}?method=recovery")
    page.locator("input[name=code]").wait_for()


def with_pause(page: Page, cast: Cast) -> None:
    """Meet a method that pauses."""
    enable(cast)
    until = clock.now().replace(year=clock.now().year + 1)
    subject = subject_of(cast["adele.vance"].upn_folded)
    locks.close(subject, gate=Gate.MOBILE_SMS, until=until, limit="L08", user_id=None)
    begin(page, cast)
    page.goto(f"{reverse('sspr:step')}?method=mobile_sms")
    page.get_by_text("Not available right now").wait_for()


def to_unlock(page: Page, cast: Cast) -> None:
    """Choose to unlock, and prove who it is."""
    begin(page, cast, allow_unlock=True, gates=["email", "mobile_sms"])
    page.get_by_label("I know my password").check()
    press(page, "Next")
    ask_for_mail(page, cast)
    type_code(page, cast)
    page.get_by_role("button", name="Unlock").wait_for()


def unlocked(page: Page, cast: Cast) -> None:
    """Unlock."""
    to_unlock(page, cast)
    page.get_by_role("button", name="Unlock").click()
    page.get_by_role("heading", name="Your account has been unlocked").wait_for()


WIZARD_STEPS: Final = [
    Sheet(name="wizard-unlock", route="sspr:step", way=to_unlock, who=NOBODY),
    Sheet(name="wizard-unlocked", route="sspr:step", way=unlocked, who=NOBODY),
    Sheet(name="wizard-second", route="sspr:step", way=walk(prove_mail, **ASKED), who=NOBODY),
    Sheet(name="wizard-text-code", route="sspr:step", way=walk(have_text_sent), who=NOBODY),
    Sheet(name="wizard-call", route="sspr:step", way=called(open_call), who=NOBODY),
    Sheet(name="wizard-call-code", route="sspr:step", way=called(be_called), who=NOBODY),
    Sheet(name="wizard-questions", route="sspr:step", way=with_questions, who=NOBODY),
    Sheet(name="wizard-answers-wrong", route="sspr:step", way=with_wrong_answers, who=NOBODY),
    Sheet(name="wizard-recovery-code", route="sspr:step", way=with_recovery_code, who=NOBODY),
    Sheet(name="wizard-paused", route="sspr:step", way=with_pause, who=NOBODY),
    Sheet(name="wizard-app", route="sspr:step", way=with_app, who=NOBODY),
]
