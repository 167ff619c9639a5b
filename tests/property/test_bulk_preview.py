"""The preview of a bulk job and the question about each person give the same answer, for any population."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminportal import clock
from passwords.bulk_options import BulkOptions
from passwords.bulk_starters import Operator, judge_of
from passwords.models import BulkAct
from passwords.services.bulk_preview import list_left_out, preview
from passwords.services.bulk_selection import draft_from_filter, draft_from_ids
from tests.cast import Cast, make_tenant
from tests.contracts.matrix import CUSTOM_ROLE, give, join, make_group, own
from users.actors import load_actor
from users.models import AdministrativeUnit, Contact, Domain, RoleAssignment, UnitMember, User
from users.names import fold_upn
from users.roles import TEMPLATE_IDS, Role
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

ROLES = [*(TEMPLATE_IDS[role] for role in (Role.GLOBAL_ADMINISTRATOR, Role.HELPDESK_ADMINISTRATOR)), CUSTOM_ROLE]
ALTERNATES = ["", "home@mail.example", "own"]

people = st.fixed_dictionaries(
    {
        "roles": st.lists(st.sampled_from(ROLES), max_size=2, unique=True),
        "protected": st.booleans(),
        "owner": st.booleans(),
        "units": st.sets(st.integers(0, 1)),
        "guest": st.booleans(),
        "synced": st.booleans(),
        "federated": st.booleans(),
        "deleted": st.booleans(),
        "issued": st.booleans(),
        "alternate": st.sampled_from(ALTERNATES),
    }
)
starters = st.fixed_dictionaries(
    {
        "roles": st.sets(st.sampled_from([Role.HELPDESK_ADMINISTRATOR, Role.PASSWORD_ADMINISTRATOR]), max_size=1),
        "over_all": st.booleans(),
        "global": st.booleans(),
        "units": st.sets(st.integers(0, 1)),
        "operator": st.booleans(),
    }
)


def populate(crowd: list[dict], starter: dict) -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    now = clock.now()
    with within(cast.tenant):
        Domain.objects.create(tenant=cast.tenant, name="federated.example", is_federated=True)
        units = [AdministrativeUnit.objects.create(tenant=cast.tenant, name=f"U{n}", created_at=now) for n in (0, 1)]
        group = make_group(cast, "Protected", is_role_assignable=True)
        for number, person in enumerate(crowd):
            details = {
                "user_type": "guest" if person["guest"] else "member",
                "on_premises_sync_enabled": person["synced"],
                "deleted_at": now if person["deleted"] else None,
            }
            user = cast.add(f"person{number}", has_password=person["issued"], details=details)
            if person["federated"]:
                name = f"person{number}@federated.example"
                User.objects.filter(pk=user.pk).update(user_principal_name=name, upn_folded=name, mail=name)
                user.refresh_from_db()
            alternate = user.mail.upper() if person["alternate"] == "own" else person["alternate"]
            if alternate:
                Contact.objects.create(
                    tenant=cast.tenant, user=user, kind="alternate_email", value=alternate, changed_at=now
                )
            for role in person["roles"]:
                give(cast, user, role)
            if person["protected"]:
                join(cast, group, user)
            if person["owner"]:
                own(cast, group, user)
            for place in person["units"]:
                UnitMember.objects.create(tenant=cast.tenant, unit=units[place], user=user)
        chief = cast.add("starter")
        for role in starter["roles"]:
            if starter["over_all"]:
                give(cast, chief, TEMPLATE_IDS[role])
            for place in starter["units"]:
                RoleAssignment.objects.create(
                    tenant=cast.tenant, user=chief, role=TEMPLATE_IDS[role], unit=units[place], created_at=now
                )
        if starter["global"]:
            give(cast, chief, TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    return cast


def asked_one_by_one(cast: Cast, starter: object, act: str, chosen: list[User], options: BulkOptions) -> dict:
    """Ask the rule about each person, and read the addresses one by one."""
    codes = {}
    judge = judge_of(act, starter)  # type: ignore[arg-type]
    for pk, target in load_facts(chosen).items():
        decision = judge(target)
        code = "" if decision.allowed else decision.code
        contact = Contact.objects.filter(user=pk, kind="alternate_email").first()
        mailboxes = {fold_upn(target.user.mail), target.user.upn_folded}
        if (
            not code
            and act == BulkAct.RESET
            and options.blind
            and (contact is None or fold_upn(contact.value) in mailboxes)
        ):
            code = "RESET_NO_DELIVERY"
        codes[pk] = code
    if act == BulkAct.BLOCK:
        keep_last_admin(codes)
    return codes


def keep_last_admin(codes: dict) -> None:
    """Refuse the last of the Global Administrators where each of them would be blocked."""
    role = TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]
    held = RoleAssignment.objects.filter(role=role, user__deleted_at=None, user__account_enabled=True)
    admins = sorted(held.values_list("user", flat=True))
    if admins and all(codes.get(pk) == "" for pk in admins):
        codes[admins[-1]] = "LAST_GLOBAL_ADMIN"


@pytest.mark.parametrize("by_ids", [False, True], ids=["everyone", "ticked"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    crowd=st.lists(people, min_size=1, max_size=8),
    starter=starters,
    act=st.sampled_from(list(BulkAct)),
    blind=st.booleans(),
)
def test_preview_agrees_with_the_question_about_each(
    by_ids: bool, crowd: list[dict], starter: dict, act: str, blind: bool
) -> None:
    with transaction.atomic():
        cast = populate(crowd, starter)
        with within(cast.tenant):
            assert_agrees(cast, starter, act, BulkOptions(blind=blind), by_ids=by_ids)
        transaction.set_rollback(True)


def assert_agrees(cast: Cast, starter: dict, act: str, options: BulkOptions, *, by_ids: bool) -> None:
    now = clock.now()
    chief = cast["starter"]
    actor = Operator(tenant=cast.tenant) if starter["operator"] else load_actor(chief, tenant=cast.tenant)
    everybody = list(User.objects.all())
    if by_ids:
        job = draft_from_ids(actor=actor, act=act, user_ids=[user.pk for user in everybody], now=now)
        chosen = everybody
    else:
        job = draft_from_filter(actor=actor, act=act, search="", view="all", in_contacts=False, now=now)
        chosen = [user for user in everybody if user.deleted_at is None]
    if not starter["operator"]:
        chosen = [user for user in chosen if user.pk != chief.pk]
    codes = asked_one_by_one(cast, actor, act, chosen, options)

    found = preview(job, actor=actor, options=options, now=now)
    listed = {each.user.pk: each for each in list_left_out(job, actor=actor, options=options, rows=100)}

    expected = Counter(codes.values())
    assert found.requested == len(chosen)
    assert found.reachable == expected.pop("", 0)
    assert {reason.code: reason.count for reason in found.left_out} == dict(expected)
    assert {pk: each.code for pk, each in listed.items()} == {pk: code for pk, code in codes.items() if code}
    assert found.includes_self is not starter["operator"]
