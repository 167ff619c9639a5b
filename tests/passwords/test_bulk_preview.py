"""What a preview says beyond the count: the last Global Administrator, who is told how, and what makes it hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from passwords.bulk_options import BulkOptions
from passwords.models import BulkAct, BulkJob, BulkState
from passwords.services.bulk import AT_ONCE, SetChanged, start_bulk
from passwords.services.bulk_preview import Preview, list_left_out, own_refusal, preview
from tests.cast import Cast
from tests.passwords.bulk_crowd import crowd_of, drafted, drafted_for_all, ends_of, make_crowd, started, worked_off
from users.models import AdministrativeUnit, Contact, ContactKind, RoleAssignment, Tenant, UnitMember, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def few() -> Cast:
    return make_crowd(3)


@pytest.fixture
def admins() -> Cast:
    """Return a tenant whose Global Administrators can all be blocked by somebody who is none."""
    cast = make_crowd(2)
    cast.add("second", roles=(Role.GLOBAL_ADMINISTRATOR,))
    cast.add("third", roles=(Role.GLOBAL_ADMINISTRATOR,))
    cast.add("proofs", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,))
    return cast


def seen(cast: Cast, job: BulkJob, *, starter: str = "helpdesk", **options: object) -> Preview:
    with within(cast.tenant):
        chosen = BulkOptions(**options)  # type: ignore[arg-type]
        return preview(job, actor=cast.actor(starter), options=chosen, now=clock.now())


def told(found: Preview) -> dict[str, int]:
    return {each.code: each.count for each in found.told}


def set_tenant(cast: Cast, **values: object) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(**values)
    cast.tenant.refresh_from_db()


def add_alternate(cast: Cast, name: str, *, days_ago: int = 0) -> None:
    with within(cast.tenant):
        Contact.objects.create(
            tenant=cast.tenant,
            user=cast[name],
            kind=ContactKind.ALTERNATE_EMAIL,
            value=f"{name}@mail.example",
            changed_at=clock.now() - timedelta(days=days_ago),
        )


def test_last_global_administrator_is_refused_in_the_preview_of_a_block_as_by_the_act(admins: Cast) -> None:
    job = drafted_for_all(admins, starter="proofs", act=BulkAct.BLOCK)

    found = seen(admins, job, starter="proofs")
    with within(admins.tenant):
        actor = admins.actor("proofs")
        listed = list_left_out(job, actor=actor, options=BulkOptions(), rows=50)
    ends = ends_of(admins, started(admins, job, starter="proofs"))

    refused = [name for name, (end, _code) in ends.items() if end == "refused"]
    assert [(reason.code, reason.count) for reason in found.left_out] == [("LAST_GLOBAL_ADMIN", 1)]
    assert found.reachable == [end for end, _code in ends.values()].count("done")
    assert [each.user.user_principal_name.partition("@")[0] for each in listed] == refused
    assert [each.sentence for each in listed] == ["This is the last enabled Global Administrator."]
    assert found.role_holders == 3  # helpdesk and two of the three


def test_global_administrators_are_blocked_where_another_one_stays(admins: Cast) -> None:
    chosen = [admins["global"], admins["second"]]

    found = seen(admins, drafted(admins, starter="proofs", act=BulkAct.BLOCK, people=chosen), starter="proofs")

    assert (found.reachable, found.left_out) == (2, ())


def test_blocked_global_administrator_is_not_counted_as_the_last(admins: Cast) -> None:
    with within(admins.tenant):
        User.objects.filter(pk=admins["third"].pk).update(account_enabled=False)
    chosen = [admins["global"], admins["second"], admins["third"]]
    job = drafted(admins, starter="proofs", act=BulkAct.BLOCK, people=chosen)

    found = seen(admins, job, starter="proofs")

    assert (found.reachable, [reason.code for reason in found.left_out]) == (2, ["LAST_GLOBAL_ADMIN"])
    assert [end for end, _code in ends_of(admins, started(admins, job, starter="proofs")).values()].count("done") == 2


@pytest.mark.parametrize("act", [BulkAct.RESET, BulkAct.SIGN_OUT, BulkAct.ALLOW])
def test_other_acts_reach_the_last_global_administrator(admins: Cast, act: str) -> None:
    found = seen(admins, drafted_for_all(admins, starter="proofs", act=act), starter="proofs")

    assert found.left_out == ()


def test_changed_addresses_are_counted_among_those_who_would_get_a_link_alone(few: Cast) -> None:
    """Whoever may not reset somebody must not learn either whether that address is new."""
    for name in ("p0", "global"):
        add_alternate(few, name)
    add_alternate(few, "p1", days_ago=30)

    by_all = seen(few, drafted(few, people=[*crowd_of(few), few["global"]]), deliver_to_alternate=True)
    by_one = seen(few, drafted(few, people=[few["p1"], few["global"]]), deliver_to_alternate=True)

    assert told(by_all)["fresh_alternate"] == 1
    assert "fresh_alternate" not in told(by_one)


def test_changed_addresses_outside_of_the_starters_unit_are_not_counted(few: Cast) -> None:
    few.add("desk")
    with within(few.tenant):
        unit = AdministrativeUnit.objects.create(tenant=few.tenant, name="Sales", created_at=clock.now())
        UnitMember.objects.create(tenant=few.tenant, unit=unit, user=few["p0"])
        RoleAssignment.objects.create(
            tenant=few.tenant,
            user=few["desk"],
            role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR],
            unit=unit,
            created_at=clock.now(),
        )
    add_alternate(few, "p0", days_ago=30)
    add_alternate(few, "p1")

    found = seen(few, drafted(few, starter="desk"), starter="desk", deliver_to_alternate=True)

    assert (found.requested, found.reachable) == (3, 1)
    assert told(found) == {"alternate": 1, "notice": 1}


@pytest.mark.parametrize("act", [BulkAct.FORCE_CHANGE, BulkAct.BLOCK, BulkAct.SIGN_OUT])
def test_preview_says_that_nobody_is_told_of_other_acts(few: Cast, act: str) -> None:
    found = seen(few, drafted(few, starter="global", act=act), starter="global")
    started(few, drafted(few, starter="global", act=act), starter="global")

    assert told(found) == {"nobody": 0}
    assert not OutboundMessage.objects.exists()


def test_preview_says_that_nobody_is_told_where_the_tenant_tells_nobody(few: Cast) -> None:
    set_tenant(few, notify_user_on_admin_reset=False)

    assert told(seen(few, drafted(few))) == {"nobody": 0}


def test_preview_names_the_mails_about_the_whole_job() -> None:
    many = make_crowd(AT_ONCE + 1)
    own, other = many["helpdesk"].mail, "desk@mail.example"
    job = drafted(many)

    found = seen(many, job, deliver_to=(own, other))
    worked_off(many, started(many, job, deliver_to=(own, other)))

    assert told(found) == {"notice": AT_ONCE + 1, "starter": 0, "addresses": 1}
    mails = OutboundMessage.objects.filter(template="bulk_finished").values_list("to", flat=True)
    assert sorted(mails) == sorted([own, other])


def test_preview_says_which_mails_carry_the_passwords(few: Cast) -> None:
    set_tenant(few, password_in_mail=True)
    addresses = ("desk@mail.example", "lead@mail.example")

    few_of_them = seen(few, drafted(few), deliver_to=addresses)
    alone = seen(few, drafted(few, people=[few["p0"]]), deliver_to=addresses[:1])

    assert told(few_of_them) == {"notice": 3, "addresses_shown": 2}
    sentences = {each.code: each.sentence for found in (alone,) for each in found.told}
    assert sentences["addresses_shown"] == "address gets a mail with the passwords when it is over"


@pytest.mark.parametrize("setting", ["password_in_mail", "notify_user_on_admin_reset"])
def test_what_mails_hold_cannot_change_between_preview_and_start(few: Cast, setting: str) -> None:
    """Links were previewed: passwords must not be mailed because somebody switched it on meanwhile."""
    add_alternate(few, "p0", days_ago=30)
    job, options = drafted(few), BulkOptions(deliver_to_alternate=True)
    found = seen(few, job, deliver_to_alternate=True)
    set_tenant(few, **{setting: not getattr(few.tenant, setting)})

    with within(few.tenant), pytest.raises(SetChanged):
        start_bulk(job.pk, actor=few.actor("helpdesk"), options=options, fingerprint=found.fingerprint, now=clock.now())

    with within(few.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.DRAFT
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(
    ("act", "code"), [(BulkAct.RESET, "RESET_SELF"), (BulkAct.BLOCK, "BLOCK_SELF"), (BulkAct.FORCE_CHANGE, "ACT_SELF")]
)
def test_starter_who_was_chosen_is_refused_with_a_reason(few: Cast, act: str, code: str) -> None:
    job = drafted_for_all(few, starter="global", act=act)
    without = drafted(few, starter="global", act=act)

    with within(few.tenant):
        actor = few.actor("global")
        own = own_refusal(job, actor=actor)
        assert own is not None and (own.user.pk, own.code) == (actor.id, code) and own.sentence
        assert own_refusal(job, actor=actor, search="p1") is None
        assert own_refusal(without, actor=actor) is None
