"""The people of the machine that walks the wizard, with everything that they can prove who they are by."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.hashers import make_password

from adminportal import clock
from sspr.models import Gate, Reach, SecurityAnswer
from sspr.questions import normal_form
from sspr.services.verify import offered
from tests.cast import Cast, make_cast, make_tenant
from tests.property.wizard_model import ADMIN, NOBODY, ONE_STEP, STEP_OF_APP, TWO_STEPS, Belongings
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit
from tests.users.app_ways import registers_app
from users.roles import Role
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import within

NUMBERS = {
    TWO_STEPS: "+1 202 555 0142",
    ONE_STEP: "+1 202 555 0171",
    ADMIN: "+1 202 555 0188",
    NOBODY: "+1 202 555 0100",
}
ANSWERED = [f"q0{number}" for number in range(1, 6)]


def furnished() -> Callable[[], dict[str, Belongings]]:
    """Make two tenants and their people; what is returned gives each example its own memory of what they have."""
    contoso, fabrikam = make_cast(), make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("brian.johnson")
    fabrikam.add("lidia.holloway", roles=(Role.HELPDESK_ADMINISTRATOR,))
    plain = [Gate.EMAIL, Gate.MOBILE_SMS, Gate.QUESTIONS]
    policy_for(contoso, reach=Reach.ALL, gates=[*plain, Gate.APP], gates_required=2)
    policy_for(fabrikam, reach=Reach.ALL, gates=plain, gates_required=1, allow_unlock=True, admin_wait_minutes=20)
    makers = {
        name: _furnish(cast, name) for name, cast in ((TWO_STEPS, contoso), (ONE_STEP, fabrikam), (ADMIN, fabrikam))
    }
    return lambda: {name: make() for name, make in makers.items()}


def offered_to(name: str) -> tuple[str, ...]:
    """Begin for a name and return the methods that it sees."""
    visit = Visit()
    visit.begin(name)
    return tuple(line.gate.value for line in offered(visit.attempt, now=clock.now()))


def _furnish(cast: Cast, name: str) -> Callable[[], Belongings]:
    local = name.partition("@")[0]
    user = knows(cast, local, email=f"{local}@mail.example", mobile=NUMBERS[name])
    with within(cast.tenant):
        by = cast.actor(local).for_audit()
        codes = make_recovery_codes(tenant=cast.tenant, user=user, by=by, now=clock.now())
        for key in ANSWERED:
            answer = make_password(normal_form(f"{local} {key}"))
            SecurityAnswer.objects.create(
                tenant=cast.tenant, user=user, question=key, answer=answer, created_at=clock.now()
            )
    # An app would ask the third for a second proof.
    app = registers_app(cast, local) if name != ONE_STEP else None
    printed = {code.expose() for code in codes}

    def code_of(step: int) -> str:
        return app.at(step * STEP_OF_APP) if app else ""

    return lambda: Belongings(app=code_of, printed=set(printed), answers=local)
