"""The switch that has people told why they cannot reset: off for everybody, and for the tenant's own names alone."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordRequest
from passwords.sspr_codes import EXPLANATIONS
from sspr.flow import State
from sspr.models import Reach, RecoveryAttempt, SsprPolicy
from sspr.outcome import REASONS
from sspr.services.ask_handlers import settle_public_asks
from tests.cast import Cast, make_cast, make_tenant
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, MOBILE
from users.models import Domain, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
GOOD = "adele.vance@contoso.example"
CANNOT = "You cannot reset your own password"
TOLD = {
    "isaiah.langer@contoso.example": "SSPR_X102",
    "guest.person@contoso.example": "SSPR_X104",
    "far@far.example": "SSPR_X105",
    "lee.gu@contoso.example": "SSPR_0010",
    "diego.siciliani@contoso.example": "SSPR_0014",
    "helpdesk.admin@contoso.example": "SSPR_0014",
}


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL, explain_reason=True)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    for name in ("isaiah.langer", "guest.person", "lee.gu"):
        knows(made, name, email=f"{name[:3]}@mail.example")
    made.add("far")
    with within(made.tenant):
        Domain.objects.create(tenant=made.tenant, name="far.example", is_federated=True)
        User.objects.filter(pk=made["far"].pk).update(upn_folded="far@far.example")
    return made


def page_of(name: str) -> str:
    visit = Visit()
    visit.begin(name)
    return text_of(visit.page())


@pytest.mark.parametrize(("name", "code"), TOLD.items())
def test_person_who_cannot_reset_is_told_why_with_the_code(cast: Cast, name: str, code: str) -> None:
    visit = Visit()

    assert visit.begin(name).status_code == 302
    page = text_of(visit.page())

    assert CANNOT in page and f"Code: {code}" in page
    assert 'href="/passwordreset/contact"' in page
    assert 'action="/passwordreset/send"' not in page
    assert visit.attempt.state == State.REFUSED
    assert AuditEvent.objects.filter(correlation_id=visit.attempt.pk, details__SsprCode=code).exists()


@pytest.mark.parametrize("reach", [Reach.NONE, Reach.SELECTED])
def test_scope_is_told_too(cast: Cast, reach: Reach) -> None:
    SsprPolicy.objects.update(reach=reach)

    assert f"Code: {'SSPR_0009' if reach is Reach.NONE else 'SSPR_0013'}" in page_of(GOOD)


def test_name_that_nobody_has_or_had_once_is_told_so(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["never.issued"].pk).update(deleted_at=clock.now())
    for name in ("nobody@contoso.example", "never.issued@contoso.example"):
        page = page_of(name)
        assert "The user ID you entered does not exist" in page
        assert "Code: SSPR_X101" in page and CANNOT not in page


def test_names_of_others_stay_neutral(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    policy_for(other, reach=Reach.ALL)
    for name in ("nobody@elsewhere.example", "nobody@fabrikam.example"):
        page = page_of(name)
        assert "Verification step 1" in page or "verification step 1" in page
        assert "Code: " not in page


def test_person_who_can_reset_goes_on_as_ever(cast: Cast) -> None:
    visit = Visit()
    visit.begin(GOOD)
    visit.prove_email()

    assert "Enter new password" in text_of(visit.page())


def test_switch_is_off_by_default_and_off_at_once(cast: Cast) -> None:
    assert SsprPolicy(tenant=cast.tenant).explain_reason is False
    visit = Visit()
    visit.begin("isaiah.langer@contoso.example")
    SsprPolicy.objects.update(explain_reason=False)

    assert "Code: " not in text_of(visit.page())
    assert "Code: " not in page_of("isaiah.langer@contoso.example")
    assert "verification step 1" in page_of("nobody@contoso.example")


def test_attempt_that_was_told_is_over_and_still_calls_for_help(cast: Cast) -> None:
    visit = Visit()
    visit.begin("diego.siciliani@contoso.example")
    posts = {
        "send": {"method": "email"},
        "prove": {"method": "email", "code": "12345678"},
        "finish": {"new_password": "Violet-Meadow-4127", "confirm_password": "Violet-Meadow-4127"},
    }
    for step, fields in posts.items():
        assert visit.client.post(f"/passwordreset/{step}", {"moves": "0", **fields}).status_code == 302
    assert RecoveryAttempt.objects.get().state == State.REFUSED
    assert not OutboundMessage.objects.exists()

    visit.client.post("/passwordreset/contact")
    settle_public_asks(clock.now())
    with within(cast.tenant):
        assert PasswordRequest.objects.get().sspr_code == "SSPR_0014"


def test_wrong_number_is_told_as_wrong_and_counts(cast: Cast) -> None:
    visit = Visit()
    visit.begin(GOOD)

    for _ in range(4):
        visit.send("mobile_sms", "+1 202 555 0100")
        assert "That is not the number on file" in text_of(visit.page(method="mobile_sms", said="number"))
    assert not OutboundMessage.objects.exists()
    assert visit.send("mobile_sms", "+1 202 555 0100")["Location"] == "/passwordreset/step?method=mobile_sms"
    assert visit.attempt.state == State.LOCKED


def test_right_number_after_a_wrong_one_gets_its_code(cast: Cast) -> None:
    visit = Visit()
    visit.begin(GOOD)

    assert visit.send("mobile_sms", "+1 202 555 0100")["Location"].endswith("said=number")
    assert not visit.send("mobile_sms", MOBILE)["Location"].endswith("said=number")
    assert visit.prove("mobile_sms", visit.code())["Location"] == "/passwordreset/step"
    assert "Enter new password" in text_of(visit.page())


def test_wrong_number_is_told_to_nobody_while_the_switch_is_off(cast: Cast) -> None:
    SsprPolicy.objects.update(explain_reason=False)
    visit = Visit()
    visit.begin(GOOD)

    assert not visit.send("mobile_sms", "+1 202 555 0100")["Location"].endswith("said=number")
    assert OutboundMessage.objects.get().to == ""


def test_every_code_of_page_one_has_words_for_the_person() -> None:
    after_all_gates = {"SSPR_0029", "SSPR_0030"}

    assert set(REASONS) == set(EXPLANATIONS) - after_all_gates
