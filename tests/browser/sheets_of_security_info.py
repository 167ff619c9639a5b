"""Pages of Security info, of registration at sign-in and of one's own contact data, and ways to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock, correlation
from sspr.models import Gate, Reach, SecurityAnswer, SsprPolicy
from tests.browser.atlas import Sheet, Way, at, go, press
from tests.browser.sheets_of_methods import register
from tests.cast import Cast
from tests.sspr.self_service import knows
from tests.users.contact_ways import changes_address
from users.models import AuthenticationMethod, ContactKind, MethodKind, Session, Tenant, User
from users.tenancy import within
from users.trusted_devices import trust

ADELE, DIEGO = "adele.vance", "diego.siciliani"
ALL_GATES: Final = [Gate.EMAIL.value, Gate.MOBILE_SMS.value, Gate.APP.value, Gate.QUESTIONS.value]


def switch_on(cast: Cast) -> None:
    """Let everybody reset by two methods, questions among them."""
    facts = {"reach": Reach.ALL, "gates_required": 2, "gates": ALL_GATES}
    SsprPolicy.objects.update_or_create(tenant=cast.tenant, defaults=facts)


def asked_for(route: str) -> Way:
    """Return the way to a page of registration at sign-in."""

    def way(page: Page, cast: Cast) -> None:
        switch_on(cast)
        go(page, reverse(route))

    return way


def code_asked(page: Page, cast: Cast) -> None:
    """Be asked for the code that went to a new address."""
    asked_for("sspr:register-email")(page, cast)
    page.get_by_label("Email", exact=True).fill("diego@mail.example")
    press(page, "Next")
    page.get_by_text("A code is on its way").wait_for()


def value_refused(page: Page, cast: Cast) -> None:
    """Read what is wrong with a number."""
    go(page, reverse("sspr:security-info-phone"))
    page.get_by_label("Phone number").fill("12")
    press(page, "Text me a code")
    page.get_by_role("alert").first.wait_for()


def questions_refused(page: Page, cast: Cast) -> None:
    """Answer no question."""
    asked_for("sspr:security-info-questions")(page, cast)
    press(page, "Save")
    page.get_by_role("alert").first.wait_for()


def registered(page: Page, cast: Cast) -> None:
    """See methods of every kind."""
    switch_on(cast)
    register(cast)
    with within(cast.tenant):
        facts = {"tenant": cast.tenant, "answer": "!", "created_at": clock.now()}
        SecurityAnswer.objects.get_or_create(user=cast[ADELE], question="q01", defaults=facts)
    _sign_in_again(page, cast)
    go(page, reverse("sspr:security-info"))


def removing(page: Page, cast: Cast) -> None:
    """Be asked before a method is removed."""
    register(cast)
    _sign_in_again(page, cast)
    with within(cast.tenant):
        method = AuthenticationMethod.objects.get(user=cast[ADELE], kind=MethodKind.EMAIL)
    go(page, reverse("sspr:security-info-remove", args=[method.pk]))


def removing_a_twin(page: Page, cast: Cast) -> None:
    """Be asked before a number is removed that contact data hold as well."""
    register(cast)
    _sign_in_again(page, cast)
    with within(cast.tenant):
        method = AuthenticationMethod.objects.get(user=cast[ADELE], kind=MethodKind.MOBILE_PHONE)
    knows(cast, ADELE, mobile=method.value)
    go(page, reverse("sspr:security-info-remove", args=[method.pk]))


def removing_a_locked_twin(page: Page, cast: Cast) -> None:
    """Read that the number stays where others look after it."""
    facts = {"managed_by": "the people office", "managed_contact": "people@contoso.example"}
    Tenant.objects.filter(pk=cast.tenant.pk).update(managed_contacts=[ContactKind.MOBILE_PHONE.value], **facts)
    removing_a_twin(page, cast)


def removing_questions(page: Page, cast: Cast) -> None:
    """Be asked before the answers are removed."""
    with within(cast.tenant):
        facts = {"tenant": cast.tenant, "answer": "!", "created_at": clock.now()}
        SecurityAnswer.objects.get_or_create(user=cast[ADELE], question="q01", defaults=facts)
    go(page, reverse("sspr:security-info-questions-remove"))


def codes_shown(page: Page, cast: Cast) -> None:
    """See ten recovery codes."""
    go(page, reverse("sspr:security-info-codes"))
    press(page, "Make ten codes")
    page.get_by_role("heading", name="Keep your recovery codes").wait_for()


def waiting(page: Page, cast: Cast) -> None:
    """See a change that waits, and a kind that others look after."""
    facts = {"managed_by": "the people office", "managed_contact": "people@contoso.example"}
    Tenant.objects.filter(pk=cast.tenant.pk).update(managed_contacts=[ContactKind.MOBILE_PHONE.value], **facts)
    changes_address(cast)
    go(page, reverse("users:account"))


def without_proof(page: Page, cast: Cast) -> None:
    """Be told what a proof is good for."""
    Session.objects.filter(user=cast[ADELE]).update(proven_at=clock.now() - timedelta(hours=1))
    go(page, reverse("users:my-alternate-email"))


def removing_a_contact(page: Page, cast: Cast) -> None:
    """Be asked before the alternate address is removed, which security info holds as well."""
    register(cast)
    _sign_in_again(page, cast)
    with within(cast.tenant):
        knows(cast, ADELE, email=AuthenticationMethod.objects.get(user=cast[ADELE], kind=MethodKind.EMAIL).value)
    go(page, reverse("users:my-alternate-email") + "?remove=1")


def trusting(page: Page, cast: Cast) -> None:
    """See the browsers that an administrator trusts."""
    agents = (
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
    )
    for agent in agents:
        with within(cast.tenant), correlation.bound(correlation.RequestFacts(uuid4(), user_agent=agent)):
            trust(cast["global.admin"], days=30, now=clock.now())
    go(page, reverse("users:account"))


def contact_code(page: Page, cast: Cast) -> None:
    """Be asked for the code that went to a new alternate address."""
    go(page, reverse("users:my-alternate-email"))
    page.get_by_label("Email", exact=True).fill("new@mail.example")
    press(page, "Next")
    page.get_by_text("A code is on its way").wait_for()


def locked(page: Page, cast: Cast) -> None:
    """Open what others look after."""
    waiting(page, cast)
    go(page, reverse("users:my-mobile-phone"))


def _sheet(*, name: str, route: str, way: Way, who: str) -> Sheet:
    """Return a sheet of somebody who has no temporary password any more, as the others of a demo may have left one."""

    def freely(page: Page, cast: Cast) -> None:
        with within(cast.tenant):
            User.objects.filter(pk=cast[who].pk).update(must_change=False, is_temporary=False)
        way(page, cast)

    return Sheet(name=name, route=route, way=freely, who=who)


def _sign_in_again(page: Page, cast: Cast) -> None:
    """Let the session live on that a change of methods has just ended."""
    Session.objects.filter(user=cast[ADELE]).update(ended_at=None)


SECURITY_INFO: Final = [
    _sheet(name="register", route="sspr:register", way=asked_for("sspr:register"), who=DIEGO),
    _sheet(name="register-other", route="sspr:register-other", way=asked_for("sspr:register-other"), who=DIEGO),
    _sheet(name="register-app", route="sspr:register-app", way=asked_for("sspr:register-app"), who=DIEGO),
    _sheet(name="register-phone", route="sspr:register-phone", way=asked_for("sspr:register-phone"), who=DIEGO),
    _sheet(name="register-email", route="sspr:register-email", way=code_asked, who=DIEGO),
    _sheet(
        name="register-questions", route="sspr:register-questions", way=asked_for("sspr:register-questions"), who=DIEGO
    ),
    _sheet(name="register-done", route="sspr:register-done", way=asked_for("sspr:register-done"), who=ADELE),
    _sheet(name="review", route="sspr:review", way=asked_for("sspr:review"), who=ADELE),
    _sheet(name="security-info", route="sspr:security-info", way=registered, who=ADELE),
    _sheet(name="security-info-none", route="sspr:security-info", way=asked_for("sspr:security-info"), who=DIEGO),
    _sheet(name="security-info-app", route="sspr:security-info-app", way=at("sspr:security-info-app"), who=DIEGO),
    _sheet(name="security-info-phone", route="sspr:security-info-phone", way=value_refused, who=DIEGO),
    _sheet(
        name="security-info-alternate-phone",
        route="sspr:security-info-alternate-phone",
        way=at("sspr:security-info-alternate-phone"),
        who=DIEGO,
    ),
    _sheet(name="security-info-email", route="sspr:security-info-email", way=at("sspr:security-info-email"), who=ADELE),
    _sheet(
        name="security-info-extra-email",
        route="sspr:security-info-extra-email",
        way=at("sspr:security-info-extra-email"),
        who=DIEGO,
    ),
    _sheet(name="security-info-questions", route="sspr:security-info-questions", way=questions_refused, who=DIEGO),
    _sheet(
        name="security-info-questions-remove",
        route="sspr:security-info-questions-remove",
        way=removing_questions,
        who=ADELE,
    ),
    _sheet(name="security-info-remove", route="sspr:security-info-remove", way=removing, who=ADELE),
    _sheet(name="security-info-remove-both", route="sspr:security-info-remove", way=removing_a_twin, who=ADELE),
    _sheet(name="security-info-remove-kept", route="sspr:security-info-remove", way=removing_a_locked_twin, who=ADELE),
    _sheet(name="security-info-codes", route="sspr:security-info-codes", way=at("sspr:security-info-codes"), who=DIEGO),
    _sheet(name="security-info-codes-shown", route="sspr:security-info-codes", way=codes_shown, who=DIEGO),
    _sheet(name="my-account-waiting", route="users:account", way=waiting, who=ADELE),
    Sheet(name="my-account-admin", route="users:account", way=at("users:account")),
    Sheet(name="my-account-trusted", route="users:account", way=trusting),
    _sheet(name="my-alternate-email-remove", route="users:my-alternate-email", way=removing_a_contact, who=ADELE),
    _sheet(name="my-alternate-email", route="users:my-alternate-email", way=without_proof, who=ADELE),
    _sheet(name="my-alternate-email-code", route="users:my-alternate-email", way=contact_code, who=ADELE),
    _sheet(name="my-mobile-phone", route="users:my-mobile-phone", way=at("users:my-mobile-phone"), who=ADELE),
    _sheet(name="my-mobile-phone-locked", route="users:my-mobile-phone", way=locked, who=ADELE),
    _sheet(name="my-activity", route="users:my-activity", way=at("users:my-activity"), who=ADELE),
]
