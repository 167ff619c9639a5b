"""Sessions that end while a request waits: what a dead one asks for is refused, what it did before is overtaken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from passwords.services.change import change_password
from sspr.services.security_info import set_default
from tests.cast import PASSWORD, Cast, make_tenant
from tests.concurrency.crowd import behind_a_lock
from tests.contracts.matrix import give_group, join, make_group
from tests.passwords import reset_cast
from tests.users.app_ways import registers_app
from users import trusted_devices
from users.actors import Actor
from users.models import (
    AuthenticationMethod,
    Contact,
    ContactChange,
    ContactKind,
    Group,
    GroupMember,
    MethodKind,
    RoleAssignment,
    Session,
    Tenant,
    TrustedDevice,
    User,
)
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, act_on_person
from users.services.contacts import Waiting, carry_out_due, change_contact, list_waiting
from users.services.groups import Part, add_to_group, delete_group, remove_from_group
from users.services.methods import save_method
from users.services.own_methods import ask_for_contact
from users.services.people import Refused, sign_out_everywhere
from users.services.role_assignments import RoleOrder, assign_role, remove_role
from users.services.second_factor import Passed, Way, pass_by_trust, prove
from users.services.session_ends import end_own_session
from users.sessions import digest_of, end_session, open_session
from users.snapshots import snapshot_of
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

THIEF = "thief@mail.example"
GLOBAL, CHIEF = Role.GLOBAL_ADMINISTRATOR, Role.PRIVILEGED_ROLE_ADMINISTRATOR
Step = Callable[..., Any]


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("boss", roles=(GLOBAL,))
    made.add("chief", roles=(CHIEF,))
    made.add("guard", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))
    with within(made.tenant):
        for name in ("Bosses", "Joined"):
            give_group(made, make_group(made, name, is_role_assignable=True), TEMPLATE_IDS[GLOBAL])
        join(made, Group.objects.get(name="Joined"), made["chief"])
    return made


def session_of(cast: Cast, name: str) -> Session:
    with within(cast.tenant):
        key = open_session(cast[name], now=clock.now())
    session = Session.objects.get(pk=digest_of(key))
    session.user, session.tenant = cast[name], cast.tenant
    return session


def is_reset(cast: Cast, name: str) -> None:
    reset_cast.reset(cast, name, actor="guard", must_change=False)


def changes_own_password(cast: Cast, name: str) -> None:
    session = session_of(cast, name)
    with within(cast.tenant):
        change_password(session=session, current=Secret(PASSWORD), new=Secret(reset_cast.TYPED), now=clock.now())


def is_signed_out(cast: Cast, name: str) -> None:
    actor = cast.actor("guard")
    with within(cast.tenant):
        act_on_person(actor=actor, act=Act.SIGN_OUT, user_id=cast[name].pk, now=clock.now())


def signs_out_everywhere(cast: Cast, name: str) -> None:
    with within(cast.tenant):
        sign_out_everywhere(cast[name], by=snapshot_of(cast[name]), now=clock.now())


def refusal_behind_the_end(cast: Cast, name: str, end: Step, act: Step) -> str:
    """Let somebody's request wait at their row while their session ends; return how it was refused, if it was."""

    def asked() -> str:
        with within(cast.tenant):
            try:
                act()
            except Refused as refusal:
                return refusal.decision.code
        return ""

    (code,) = behind_a_lock(partial(row_of, cast, name), [asked], then=partial(end, cast, name))
    return code


def row_of(cast: Cast, name: str) -> User:
    with within(cast.tenant):
        return User.objects.select_for_update(of=("self",), no_key=True).get(pk=cast[name].pk)


def rights_act(cast: Cast, way: str) -> Step:
    """Return what changes the chief's own rights by one of the ways, with a session that is alive now."""
    chief = cast["chief"]
    actor, session = cast.actor("chief"), session_of(cast, "chief")
    with within(cast.tenant):
        bosses, joined = (Group.objects.get(name=name).pk for name in ("Bosses", "Joined"))
    people = {"part": Part.MEMBER, "user_ids": [chief.pk]}
    asks: dict[str, tuple[Step, dict[str, Any]]] = {
        "role given": (assign_role, {"order": RoleOrder(role=GLOBAL, user_id=chief.pk)}),
        "role taken": (remove_role, {"order": RoleOrder(role=CHIEF, user_id=chief.pk)}),
        "group joined": (add_to_group, {"group_id": bosses, **people}),
        "group left": (remove_from_group, {"group_id": joined, **people}),
        "group deleted": (delete_group, {"group_id": joined}),
    }
    act, values = asks[way]
    return partial(act, actor=actor, session=session, now=clock.now(), **values)


def rights_of(cast: Cast, name: str) -> tuple[set[Any], set[Any]]:
    with within(cast.tenant):
        roles = RoleAssignment.objects.filter(user=cast[name]).values_list("role", flat=True)
        groups = GroupMember.objects.filter(user=cast[name]).values_list("group__name", flat=True)
        return set(roles), set(groups)


@pytest.mark.parametrize("end", [is_reset, signs_out_everywhere])
@pytest.mark.parametrize("way", ["role given", "role taken", "group joined", "group left", "group deleted"])
def test_session_that_ended_meanwhile_changes_no_rights_and_does_not_go_on(cast: Cast, way: str, end: Step) -> None:
    before = rights_of(cast, "chief")

    code = refusal_behind_the_end(cast, "chief", end, rights_act(cast, way))

    assert code == "RESET_STEP_UP"
    assert rights_of(cast, "chief") == before
    assert not Session.objects.filter(user=cast["chief"], ended_at=None).exists()
    assert AuditEvent.objects.filter(result="failure", details__RefusalCode="RESET_STEP_UP").count() == 1


@pytest.mark.parametrize("end", [is_reset, changes_own_password, is_signed_out, signs_out_everywhere])
def test_what_is_begun_while_an_end_of_all_sessions_waits_is_overtaken_by_it(cast: Cast, end: Step) -> None:
    """The end was asked for first and written last: it counts from where it is written."""
    cast.add("adele.vance", alternate_email="adele@mail.example")
    adele, begun = cast["adele.vance"], {}

    def begin() -> None:
        now, by = clock.now(), snapshot_of(adele)
        with within(cast.tenant):
            begun["trust"] = trusted_devices.trust(adele, days=30, now=now)
            ask = partial(change_contact, tenant=cast.tenant, user=adele, kind=ContactKind.ALTERNATE_EMAIL)
            assert isinstance(ask(value=THIEF, proof=False, by=by, now=now), Waiting)

    behind_a_lock(partial(row_of, cast, "adele.vance"), [partial(end, cast, "adele.vance")], then=begin)

    with within(cast.tenant):
        adele.refresh_from_db()
        assert not trusted_devices.is_trusted(begun["trust"], adele, days=30, now=clock.now())
        assert list_waiting(adele) == []
    assert carry_out_due(clock.now() + timedelta(hours=25)) == 0
    with within(cast.tenant):
        assert Contact.objects.get(user=adele).value == "adele@mail.example"


def own_act(cast: Cast, way: str) -> Step:
    """Return what changes how somebody is reached, with a session and a proof that are good now."""
    cast.add("adele.vance", alternate_email="adele@mail.example")
    actor, session = cast.actor("adele.vance"), session_of(cast, "adele.vance")
    act = partial(ask_for_contact, actor=actor, session=session, kind=ContactKind.ALTERNATE_EMAIL, now=clock.now())
    if way == "contact removed":
        return partial(act, typed="")
    if way == "contact asked for":
        # Without a proof the change would wait for a day.
        bare = Actor(user=actor.user, tenant=actor.tenant, roles=actor.roles, permissions=actor.permissions)
        return partial(act, actor=bare, typed=THIEF)
    with within(cast.tenant):
        method = save_method(
            tenant=cast.tenant,
            user=actor.user,
            kind=MethodKind.EMAIL,
            value="adele.second@mail.example",
            by=actor.for_audit(),
            now=clock.now(),
            keep=session,
        )
    return partial(set_default, actor=actor, session=session, method_id=method.pk, now=clock.now())


@pytest.mark.parametrize("end", [is_reset, signs_out_everywhere])
@pytest.mark.parametrize("way", ["contact removed", "contact asked for", "default chosen"])
def test_session_that_ended_meanwhile_changes_nothing_of_its_persons_ways(cast: Cast, way: str, end: Step) -> None:
    act = own_act(cast, way)

    assert refusal_behind_the_end(cast, "adele.vance", end, act) == "RESET_STEP_UP"

    with within(cast.tenant):
        assert Contact.objects.get(user=cast["adele.vance"]).value == "adele@mail.example"
        assert not ContactChange.objects.exists()
        assert not AuthenticationMethod.objects.filter(is_default=True).exists()


def test_browser_that_is_trusted_while_a_reset_waits_is_not_trusted_after_it(cast: Cast) -> None:
    """The trust is given under the lock, together with the code: none comes after the reset."""
    Tenant.objects.update(trusted_device_days=30)
    cast.tenant.refresh_from_db()
    app, session = registers_app(cast, "boss"), session_of(cast, "boss")
    passed: list[Passed | None] = []

    def prove_and_trust() -> None:
        now = clock.now()
        with within(cast.tenant):
            passed.append(prove(session, typed=app.at(now), way=Way.AUTHENTICATOR, now=now, trusts=True))

    behind_a_lock(partial(row_of, cast, "boss"), [partial(is_reset, cast, "boss")], then=prove_and_trust)

    assert passed[0] and passed[0].trusted_key
    with within(cast.tenant):
        boss = User.objects.get(pk=cast["boss"].pk)
        assert not trusted_devices.is_trusted(passed[0].trusted_key, boss, days=30, now=clock.now())


def test_code_of_a_session_that_is_over_has_no_browser_trusted(cast: Cast) -> None:
    Tenant.objects.update(trusted_device_days=30)
    cast.tenant.refresh_from_db()
    app, session = registers_app(cast, "boss"), session_of(cast, "boss")
    signs_out_everywhere(cast, "boss")

    with within(cast.tenant):
        now = clock.now()
        assert prove(session, typed=app.at(now), way=Way.AUTHENTICATOR, now=now, trusts=True) is None
        assert not TrustedDevice.objects.exists()


def test_session_that_is_over_is_not_let_by_because_its_browser_is_trusted(cast: Cast) -> None:
    Tenant.objects.update(trusted_device_days=30)
    cast.tenant.refresh_from_db()
    session = session_of(cast, "boss")
    with within(cast.tenant):
        end_session(session, now=clock.now())
        key = trusted_devices.trust(cast["boss"], days=30, now=clock.now())

        assert not pass_by_trust(session, key, now=clock.now())

    assert not AuditEvent.objects.filter(details__SecondFactor=Way.TRUSTED.value).exists()


def test_session_that_ended_meanwhile_signs_out_nobody_who_came_after_it(cast: Cast) -> None:
    chief, session = cast["chief"], session_of(cast, "chief")

    def owner_comes_back(cast: Cast, name: str) -> None:
        is_reset(cast, name)
        session_of(cast, name)

    sign_out = partial(sign_out_everywhere, chief, session=session, by=snapshot_of(chief), now=clock.now())
    refusal_behind_the_end(cast, "chief", owner_comes_back, sign_out)

    assert Session.objects.filter(user=chief, ended_at=None).count() == 1


def test_session_that_is_over_ends_no_other_one(cast: Cast) -> None:
    session = session_of(cast, "chief")
    is_reset(cast, "chief")
    newer = session_of(cast, "chief")

    with within(cast.tenant):
        assert end_own_session(session, reference=newer.reference, now=clock.now()) is None
        assert end_own_session(newer, reference=newer.reference, now=clock.now()) == newer
