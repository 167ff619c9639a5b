"""Acts on one and on many: each act once, refused, twice, on strangers, with its audit row and its settled outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import Activity
from adminportal.outbox.models import OutboundMessage
from tests.cast import PASSWORD, Cast, make_tenant, part, signed_in
from tests.contracts.matrix import give
from tests.passwords.reset_cast import reset, try_sign_in
from users.authority import AdminActs, OperatorActs
from users.models import AdministrativeUnit, Session, UnitMember, User
from users.refusals import SENTENCES, sentence
from users.roles import TEMPLATE_IDS, Role
from users.services.acts import Act, ActOutcome, Refused, act_on_people, act_on_person, rule_of
from users.services.sign_in import Outcome
from users.sessions import open_session
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

FLAGS = {
    Act.FORCE_CHANGE: ("must_change", True),
    Act.NEVER_EXPIRES: ("password_never_expires", True),
    Act.EXPIRES: ("password_never_expires", False),
    Act.STRONG_OPTIONAL: ("strong_password_required", False),
    Act.STRONG_REQUIRED: ("strong_password_required", True),
}
OF_PASSWORDS = tuple(FLAGS)


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_tenant("contoso.example", "Contoso")
    made.add_all(
        part("global", roles=(Role.GLOBAL_ADMINISTRATOR,)),
        part("privileged", roles=(Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,)),
        part("user.admin", roles=(Role.USER_ADMINISTRATOR,)),
        part("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,)),
        part("reader", roles=(Role.GLOBAL_READER,)),
        part("adele", alternate_email="adele@mail.example"),
        part("diego"),
        part("grady"),
        part("new", has_password=False),
        part("guest", details={"user_type": "guest"}),
        part("synced", details={"on_premises_sync_enabled": True, "directory_name": "corp.example"}),
    )
    with within(made.tenant):
        yield made


def stored(cast: Cast, name: str) -> User:
    return User.objects.get(pk=cast[name].pk)


def one(cast: Cast, act: Act, target: str, *, actor: str = "user.admin") -> str:
    """Return the code of the refusal, or nothing when it was done."""
    try:
        act_on_person(actor=cast.actor(actor), act=act, user_id=cast[target].pk, now=clock.now())
    except Refused as refusal:
        return refusal.decision.code
    return ""


def many(cast: Cast, act: Act, *names: str, actor: str = "user.admin", **more: object) -> dict[str, ActOutcome]:
    outcomes = act_on_people(
        tenant=cast.tenant,
        act=act,
        user_ids=[cast[name].pk for name in names],
        authority=AdminActs(actor=cast.actor(actor), entrance="bulk", details={"JobId": "7"}),
        now=clock.now(),
        **more,  # type: ignore[arg-type]
    )
    by_id = {outcome.user_id: outcome for outcome in outcomes}
    return {name: by_id[cast[name].pk] for name in names}


def rows(activity: Activity) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(activity=activity).order_by("pk"))


def test_forced_person_signs_in_with_the_old_password_and_gets_no_further(cast: Cast) -> None:
    open_session(cast["adele"], now=clock.now())

    assert one(cast, Act.FORCE_CHANGE, "adele", actor="helpdesk") == ""

    user = stored(cast, "adele")
    assert user.must_change and not user.is_temporary and user.temporary_expires_at is None
    assert not Session.objects.filter(user=user, ended_at=None).exists()
    result = try_sign_in("adele@contoso.example", PASSWORD)
    assert result.outcome is Outcome.RIGHT and result.must_change
    answer = signed_in(user).get(reverse("users:account"))
    assert answer.headers["Location"] == reverse("passwords:change")


def test_forced_change_is_audited_with_the_property_and_the_role_that_gave_the_right(cast: Cast) -> None:
    one(cast, Act.FORCE_CHANGE, "adele", actor="helpdesk")

    (row,) = rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD)
    assert (row.result, row.details["ActingRole"]) == ("success", "Helpdesk Administrator")
    assert row.targets[0]["modified"] == [{"name": "ForceChangePasswordNextSignIn", "old": "False", "new": "True"}]


def test_temporary_password_ends_when_it_did_though_a_change_is_forced(cast: Cast) -> None:
    reset(cast, "adele", actor="global")
    ends_at = stored(cast, "adele").temporary_expires_at
    User.objects.filter(pk=cast["adele"].pk).update(must_change=False)

    one(cast, Act.FORCE_CHANGE, "adele")

    user = stored(cast, "adele")
    assert ends_at is not None and (user.is_temporary, user.temporary_expires_at) == (True, ends_at)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("new", "NEVER_ISSUED"),
        ("guest", "RESET_GUEST"),
        ("synced", "RESET_SYNCED_NO_WRITEBACK"),
        ("global", "RESET_TARGET_ROLE"),
        ("user.admin", "ACT_SELF"),
    ],
)
def test_refused_force_changes_nothing_and_is_audited(cast: Cast, target: str, code: str) -> None:
    open_session(cast[target], now=clock.now())

    assert one(cast, Act.FORCE_CHANGE, target) == code

    assert not stored(cast, target).must_change
    assert Session.objects.filter(user=cast[target], ended_at=None).exists()
    (row,) = rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD)
    assert (row.result, row.details["RefusalCode"]) == ("failure", code)
    assert row.targets[0]["modified"] == []


@pytest.mark.parametrize("act", [Act.NEVER_EXPIRES, Act.EXPIRES, Act.STRONG_OPTIONAL, Act.STRONG_REQUIRED])
def test_flag_is_turned_and_leaves_sessions_alone(cast: Cast, act: Act) -> None:
    column, value = FLAGS[act]
    User.objects.filter(pk=cast["adele"].pk).update(**{column: not value})
    open_session(cast["adele"], now=clock.now())

    assert one(cast, act, "adele", actor="helpdesk") == ""

    assert getattr(stored(cast, "adele"), column) is value
    assert Session.objects.filter(user=cast["adele"], ended_at=None).exists()
    (row,) = rows(Activity.UPDATE_USER)
    (change,) = row.targets[0]["modified"]
    assert change["name"] == "PasswordPolicies"
    wanted = "DisablePasswordExpiration" if column == "password_never_expires" else "DisableStrongPassword"
    is_set = act in (Act.NEVER_EXPIRES, Act.STRONG_OPTIONAL)
    assert (change["old"], change["new"]) == (("", wanted) if is_set else (wanted, ""))


def test_strong_password_stays_required_of_whoever_holds_a_role(cast: Cast) -> None:
    assert one(cast, Act.STRONG_OPTIONAL, "helpdesk", actor="global") == "STRONG_FOR_ROLES"

    assert stored(cast, "helpdesk").strong_password_required


def test_role_that_is_merely_eligible_keeps_the_strong_password_too(cast: Cast) -> None:
    give(cast, cast["adele"], TEMPLATE_IDS[Role.DIRECTORY_READERS], is_active=False)

    assert one(cast, Act.STRONG_OPTIONAL, "adele", actor="global") == "STRONG_FOR_ROLES"


@pytest.mark.parametrize("act", Act)
def test_act_done_twice_changes_nothing_the_second_time(cast: Cast, act: Act) -> None:
    # Only what ends something may be done again; everything else is so already.
    ends_something = act in (Act.SIGN_OUT, Act.UNLOCK)
    if act in FLAGS:
        column, value = FLAGS[act]
        User.objects.filter(pk=cast["adele"].pk).update(**{column: not value})
    if act is Act.ALLOW:
        User.objects.filter(pk=cast["adele"].pk).update(account_enabled=False)

    first, second = many(cast, act, "adele"), many(cast, act, "adele")

    assert first["adele"].changed and second["adele"].decision.allowed
    assert second["adele"].changed is ends_something
    assert AuditEvent.objects.filter(subject_id=cast["adele"].pk, result="success").exclude(
        activity="Add user"
    ).count() == (2 if ends_something else 1)


def test_each_of_a_batch_has_an_end_of_its_own(cast: Cast) -> None:
    ends = many(cast, Act.FORCE_CHANGE, "adele", "new", "diego", "global", "user.admin")

    assert {name: end.decision.code for name, end in ends.items()} == {
        "adele": "",
        "new": "NEVER_ISSUED",
        "diego": "",
        "global": "RESET_TARGET_ROLE",
        "user.admin": "ACT_SELF",
    }
    forced = set(User.objects.filter(must_change=True).values_list("pk", flat=True))
    assert forced == {cast["adele"].pk, cast["diego"].pk}
    assert {row.details["JobId"] for row in rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD)} == {"7"}
    assert {row.details["Entrance"] for row in rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD)} == {"bulk"}


def test_answers_come_in_the_order_asked_and_once_a_person(cast: Cast) -> None:
    wanted = [cast[name].pk for name in ("grady", "adele", "diego", "adele")]

    outcomes = act_on_people(
        tenant=cast.tenant,
        act=Act.BLOCK,
        user_ids=wanted,
        authority=AdminActs(actor=cast.actor("global")),
        now=clock.now(),
    )

    assert [outcome.user_id for outcome in outcomes] == wanted[:3]


def test_person_of_another_tenant_is_not_found_and_not_touched(cast: Cast) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")

    outcomes = act_on_people(
        tenant=cast.tenant,
        act=Act.BLOCK,
        user_ids=[stranger.pk, cast["adele"].pk],
        authority=AdminActs(actor=cast.actor("global")),
        now=clock.now(),
    )

    assert [outcome.decision.code for outcome in outcomes] == ["NOT_FOUND", ""]
    with within(stranger.tenant):
        assert User.objects.get(pk=stranger.pk).account_enabled


def test_batch_of_blocks_leaves_one_global_administrator(cast: Cast) -> None:
    cast.add_all(*(part(f"boss{number}", roles=(Role.GLOBAL_ADMINISTRATOR,)) for number in range(3)))
    bosses = ("global", "boss0", "boss1", "boss2")

    ends = many(cast, Act.BLOCK, *bosses, "adele", actor="privileged")

    assert sorted(ends[name].decision.code for name in bosses) == ["", "", "", "LAST_GLOBAL_ADMIN"]
    assert ends["adele"].decision.allowed
    assert User.objects.filter(pk__in=[cast[name].pk for name in bosses], account_enabled=True).count() == 1


def test_blocked_global_administrator_in_the_batch_is_no_reason_to_spare_another(cast: Cast) -> None:
    cast.add_all(part("boss", roles=(Role.GLOBAL_ADMINISTRATOR,)), part("away", roles=(Role.GLOBAL_ADMINISTRATOR,)))
    User.objects.filter(pk=cast["away"].pk).update(account_enabled=False)

    ends = many(cast, Act.BLOCK, "away", "boss", actor="privileged")

    assert ends["boss"].decision.allowed and ends["away"].decision.allowed and not ends["away"].changed


def test_block_of_many_ends_sessions_and_takes_back_links(cast: Cast) -> None:
    reset(cast, "adele", actor="global", deliver_to_alternate=True)
    open_session(cast["diego"], now=clock.now())

    many(cast, Act.BLOCK, "adele", "diego", reason="Left")

    links = OutboundMessage.objects.filter(about_user_id=cast["adele"].pk).filter(link_purpose="reveal")
    assert links and all(link.link_closed_at for link in links)
    assert not Session.objects.filter(ended_at=None).exists()
    assert {stored(cast, name).block_reason for name in ("adele", "diego")} == {"Left"}


def test_outcomes_are_settled_inside_the_transactions_that_write_them(cast: Cast) -> None:
    settled: list[tuple[dict[str, bool], bool]] = []

    def settle(outcomes: Sequence[ActOutcome]) -> None:
        settled.append(({o.decision.code: o.changed for o in outcomes}, connection.in_atomic_block))

    many(cast, Act.FORCE_CHANGE, "adele", "new", settle=settle)

    assert settled == [({"": True}, True), ({"NEVER_ISSUED": False}, True)]


@pytest.mark.django_db(transaction=True)
def test_settling_that_fails_takes_the_act_back(cast: Cast) -> None:
    def settle(outcomes: Sequence[ActOutcome]) -> None:
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError):
        many(cast, Act.BLOCK, "adele", settle=settle)

    assert stored(cast, "adele").account_enabled
    assert not rows(Activity.DISABLE_ACCOUNT)


def test_helpdesk_of_a_unit_acts_inside_it_alone_and_the_audit_log_names_the_unit(cast: Cast) -> None:
    unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
    UnitMember.objects.create(tenant=cast.tenant, unit=unit, user=cast["adele"])
    give(cast, cast["grady"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=unit)

    ends = many(cast, Act.FORCE_CHANGE, "adele", "diego", actor="grady")

    assert {name: end.decision.code for name, end in ends.items()} == {
        "adele": "",
        "diego": "RESET_TARGET_OUTSIDE_UNIT",
    }
    (row,) = (row for row in rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD) if row.result == "success")
    assert (row.details["ActingRole"], row.details["ActingUnit"]) == ("Helpdesk Administrator", "Sales")


def test_actor_who_lost_the_role_reaches_nobody(cast: Cast) -> None:
    acting = cast.actor("user.admin")
    User.objects.filter(pk=acting.id).update(account_enabled=False)

    outcomes = act_on_people(
        tenant=cast.tenant,
        act=Act.FORCE_CHANGE,
        user_ids=[cast["adele"].pk],
        authority=AdminActs(actor=acting),
        now=clock.now(),
    )

    assert [outcome.decision.code for outcome in outcomes] == ["RESET_NO_ROLE"]


@pytest.mark.postgres  # SQLite takes the rows of one INSERT by portions
def test_batch_asks_as_often_for_many_as_for_few(cast: Cast) -> None:
    cast.add_all(*(part(f"person{number}", has_password=False) for number in range(40)))
    User.objects.filter(upn_folded__startswith="person").update(password_issued_at=clock.now())

    def queries(act: Act, *names: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            many(cast, act, *names)
        return len(asked)

    for act in (Act.BLOCK, Act.FORCE_CHANGE, Act.NEVER_EXPIRES, Act.SIGN_OUT):
        few = queries(act, "person0", "person1")
        assert queries(act, *(f"person{number}" for number in range(2, 40))) == few


@pytest.mark.parametrize("act", OF_PASSWORDS)
@pytest.mark.parametrize(
    ("name", "code"), [("guest", "RESET_GUEST"), ("synced", "RESET_SYNCED_NO_WRITEBACK"), ("grady", "RESET_DELETED")]
)
def test_operator_is_bound_by_where_the_password_is_kept(cast: Cast, act: Act, name: str, code: str) -> None:
    User.objects.filter(pk=cast["grady"].pk).update(deleted_at=clock.now())

    (outcome,) = act_on_people(
        tenant=cast.tenant, act=act, user_ids=[cast[name].pk], authority=OperatorActs(), now=clock.now()
    )

    assert outcome.decision.code == code
    assert sentence(outcome.decision)


def test_operator_forces_a_change_of_anybody_else(cast: Cast) -> None:
    ends = act_on_people(
        tenant=cast.tenant,
        act=Act.FORCE_CHANGE,
        user_ids=[cast["global"].pk, cast["new"].pk],
        authority=OperatorActs(),
        now=clock.now(),
    )

    assert [end.decision.code for end in ends] == ["", "NEVER_ISSUED"]
    assert {row.actor_kind for row in rows(Activity.SET_FORCE_CHANGE_USER_PASSWORD)} == {"operator"}


def test_rule_of_an_act_says_what_the_act_itself_would(cast: Cast) -> None:
    acting = cast.actor("user.admin")
    names = ("adele", "new", "guest", "global", "user.admin", "helpdesk")
    facts = load_facts([cast[name] for name in names])

    for act in Act:
        said = {name: rule_of(act)(acting, facts[cast[name].pk]).code for name in names}
        assert said == {name: end.decision.code for name, end in many(cast, act, *names).items()}


def test_every_refusal_has_a_sentence(cast: Cast) -> None:
    for act in Act:
        for end in many(cast, act, "new", "guest", "synced", "global", "reader", "user.admin").values():
            if not end.decision.allowed:
                assert end.decision.code in SENTENCES and "%(" not in sentence(end.decision)


PAGES = {
    Act.FORCE_CHANGE: "force-change",
    Act.NEVER_EXPIRES: "never-expires",
    Act.EXPIRES: "expires",
    Act.STRONG_OPTIONAL: "strong-optional",
    Act.STRONG_REQUIRED: "strong-required",
}


@pytest.mark.parametrize("act", OF_PASSWORDS)
def test_page_asks_and_does(cast: Cast, act: Act) -> None:
    column, value = FLAGS[act]
    User.objects.filter(pk=cast["adele"].pk).update(**{column: not value})
    client, url = signed_in(cast["helpdesk"]), reverse(f"users:{PAGES[act]}", args=[cast["adele"].pk])

    asked = client.get(url)
    assert asked.status_code == 200 and getattr(stored(cast, "adele"), column) is not value

    done = client.post(url, follow=True)
    assert getattr(stored(cast, "adele"), column) is value
    assert done.context["tab"] == "password" and done.context["done"]
    assert client.post(url).status_code == 302


@pytest.mark.parametrize("act", OF_PASSWORDS)
def test_page_refuses_by_post_what_the_button_refuses(cast: Cast, act: Act) -> None:
    before = stored(cast, "global")
    client, url = signed_in(cast["helpdesk"]), reverse(f"users:{PAGES[act]}", args=[cast["global"].pk])

    asked, done = client.get(url), client.post(url)

    assert "does not cover it" in asked.content.decode()
    assert done.status_code == 403 and "does not cover it" in done.content.decode()
    after = stored(cast, "global")
    assert {column: getattr(after, column) for column, _ in FLAGS.values()} == {
        column: getattr(before, column) for column, _ in FLAGS.values()
    }


def test_panel_offers_each_flag_the_way_it_can_be_turned(cast: Cast) -> None:
    client = signed_in(cast["helpdesk"])
    panel = reverse("users:panel", args=[cast["adele"].pk])

    def offered(client: Client) -> set[str]:
        page = client.get(panel, {"tab": "password"}).content.decode()
        return {name for name in PAGES.values() if reverse(f"users:{name}", args=[cast["adele"].pk]) in page}

    assert offered(client) == {"force-change", "never-expires", "strong-optional"}
    many(cast, Act.NEVER_EXPIRES, "adele")
    many(cast, Act.STRONG_OPTIONAL, "adele")
    assert offered(client) == {"force-change", "expires", "strong-required"}
    assert offered(signed_in(cast["reader"])) == set()
