"""One person: what each reader sees of them and what each may do, and that POST is refused where the button is."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import Activity
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, make_tenant, signed_in
from tests.passwords.reset_cast import reset
from users.models import (
    Group,
    GroupMember,
    LicenceAssignment,
    LicenceProduct,
    RoleAssignment,
    Session,
    SignInGuard,
    User,
)
from users.roles import TEMPLATE_IDS, Role
from users.selectors import list_holders
from users.services.lockout import digests_of_name
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADDRESS, MASKED = "adele.vance.contoso@mail.example", "a•••@mail.example"
ACTS = ("block", "allow", "signout-person", "unlock")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def url(cast: Cast, name: str, *, page: str = "panel") -> str:
    return reverse(f"users:{page}", args=[cast[name].pk])


def body(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined]


def reload(cast: Cast, name: str) -> User:
    with within(cast.tenant):
        return User.objects.get(pk=cast[name].pk)


def refusals(cast: Cast) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, result="failure")
    return [(row.activity, row.details.get("RefusalCode", "")) for row in rows]


def test_panel_is_a_page_and_a_fragment(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    page = body(client.get(url(cast, "adele.vance")))
    fragment = body(client.get(url(cast, "adele.vance"), headers={"HX-Request": "true", "HX-Target": "panel"}))

    assert "<h1" in page and "Adele Vance" in page
    assert "<html" not in fragment
    assert "data-panel-title" in fragment and "Adele Vance" in fragment


def test_account_tab_shows_roles_groups_and_work(cast: Cast) -> None:
    page = body(signed_in(cast["global.reader"]).get(url(cast, "grady.archie")))

    assert "Break glass (role-assignable)" in page
    assert "Protected by the role-assignable group Break glass" in page
    assert "Helpdesk Administrator" in body(signed_in(cast["global.reader"]).get(url(cast, "helpdesk.admin")))


def test_contacts_are_masked_for_a_reader_and_full_for_whoever_may_reset(cast: Cast) -> None:
    for_reader = body(signed_in(cast["global.reader"]).get(url(cast, "adele.vance")))
    assert ADDRESS not in for_reader and MASKED in for_reader
    assert not AuditEvent.objects.filter(activity=Activity.VIEWED_CONTACT_DATA).exists()

    for_helpdesk = body(signed_in(cast["helpdesk.admin"]).get(url(cast, "adele.vance")))
    assert ADDRESS in for_helpdesk
    seen = AuditEvent.objects.get(activity=Activity.VIEWED_CONTACT_DATA)
    assert seen.actor_id == cast["helpdesk.admin"].pk
    assert seen.subject_id == cast["adele.vance"].pk


def test_contacts_are_masked_where_the_matrix_forbids_the_reset(cast: Cast) -> None:
    with within(cast.tenant):
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            role=TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR],
            created_at=clock.now(),
        )

    assert ADDRESS not in body(signed_in(cast["helpdesk.admin"]).get(url(cast, "adele.vance")))


def test_tenant_may_show_contacts_to_every_reader(cast: Cast) -> None:
    cast.tenant.show_full_contact_to_readers = True
    cast.tenant.save(update_fields=["show_full_contact_to_readers"])

    assert ADDRESS in body(signed_in(cast["global.reader"]).get(url(cast, "adele.vance")))


def test_methods_are_masked_even_for_whoever_may_reset(cast: Cast) -> None:
    page = body(signed_in(cast["global.admin"]).get(url(cast, "adele.vance"), {"tab": "methods"}))

    assert MASKED in page and ADDRESS not in page
    assert "Filled in by the organization" in page


def test_reader_sees_every_command_disabled_with_its_reason(cast: Cast) -> None:
    page = body(signed_in(cast["global.reader"]).get(url(cast, "adele.vance")))

    assert "None of your roles may reset passwords." in page
    assert "None of your roles may block or unblock sign-in." in page
    assert "None of your roles may sign people out." in page
    assert "None of your roles may give roles." in page
    assert page.count('aria-disabled="true"') == 5
    for page_name in ("block", "signout-person"):
        assert url(cast, "adele.vance", page=page_name) not in page


def test_panel_names_who_could(cast: Cast) -> None:
    response = signed_in(cast["helpdesk.admin"]).get(url(cast, "global.admin"))

    assert {str(holder.role) for holder in response.context["person"].holders} == {
        "Global Administrator",
        "Privileged Authentication Administrator",
    }


def test_blocked_and_inactive_holders_are_not_named(cast: Cast) -> None:
    with within(cast.tenant):
        group = Group.objects.create(tenant=cast.tenant, name="Admins", is_role_assignable=True, created_at=clock.now())
        for name in ("diego.siciliani", "isaiah.langer"):
            GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast[name])
        for active, role in ((True, Role.HELPDESK_ADMINISTRATOR), (False, Role.USER_ADMINISTRATOR)):
            RoleAssignment.objects.create(
                tenant=cast.tenant, group=group, role=TEMPLATE_IDS[role], is_active=active, created_at=clock.now()
            )
        named = list_holders([Role.HELPDESK_ADMINISTRATOR, Role.USER_ADMINISTRATOR])

    assert named == {
        Role.HELPDESK_ADMINISTRATOR: ["Diego Siciliani", "Helpdesk Admin"],
        Role.USER_ADMINISTRATOR: ["User Admin"],
    }


def test_licences_and_directory_have_their_tabs(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    with within(cast.tenant):
        product = LicenceProduct.objects.create(tenant=cast.tenant, name="Portal, all features")
        LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=cast["lee.gu"])

    assert "Portal, all features" in body(client.get(url(cast, "lee.gu"), {"tab": "licenses"}))
    assert "corp.example" in body(client.get(url(cast, "lee.gu"), {"tab": "directory"}))
    local = client.get(url(cast, "adele.vance"), {"tab": "directory"})
    assert local.context["tab"] == "account"
    assert "Directory" not in [str(tab.label) for tab in local.context["tabs"]]


def test_password_tab_says_how_the_temporary_password_stands(cast: Cast) -> None:
    client, now = signed_in(cast["global.admin"]), clock.now()

    def state(name: str) -> str:
        return client.get(url(cast, name), {"tab": "password"}).context["state"].text

    assert state("never.issued") == "Never issued"
    assert state("adele.vance") == "No temporary password"
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(
            is_temporary=True, temporary_expires_at=now + timedelta(hours=72)
        )
        row = PasswordReset.objects.create(
            tenant=cast.tenant,
            target=cast["adele.vance"],
            entrance="panel",
            idempotency_key="one",
            outcome=PasswordReset.Outcome.DONE,
            correlation_id=uuid4(),
            created_at=now,
        )
        assert state("adele.vance") == "Issued"
        for column, text in (("shown_at", "Opened"), ("first_used_at", "Used")):
            PasswordReset.objects.filter(pk=row.pk).update(**{column: now})
            assert state("adele.vance") == text
    with clock.travel(timedelta(hours=73)):
        assert signed_in(cast["global.admin"], client) and state("adele.vance") == "Expired"


@pytest.mark.parametrize("in_mail", [False, True], ids=["link", "password"])
def test_password_that_was_mailed_counts_as_delivered_once_the_mail_is_sent(cast: Cast, in_mail: bool) -> None:
    client = signed_in(cast["global.admin"])
    cast.tenant.password_in_mail = in_mail
    cast.tenant.save(update_fields=["password_in_mail"])
    reset(cast, "adele.vance", actor="global.admin", deliver_to=("private@mail.example",), notify=True)

    def state() -> str:
        return client.get(url(cast, "adele.vance"), {"tab": "password"}).context["state"].text

    OutboundMessage.objects.exclude(to="private@mail.example").update(sent_at=clock.now())
    assert state() == "Issued"
    OutboundMessage.objects.filter(to="private@mail.example").update(sent_at=clock.now())
    assert state() == "Delivered"


def test_lock_is_shown_and_ended(cast: Cast) -> None:
    client, now = signed_in(cast["helpdesk.admin"]), clock.now()
    SignInGuard.objects.create(
        name_digest=digests_of_name("adele.vance@contoso.example")[0],
        is_familiar=False,
        failures=10,
        locked_until=now + timedelta(minutes=1),
    )
    assert "Locked until" in body(client.get(url(cast, "adele.vance"), {"tab": "password"}))

    response = client.post(url(cast, "adele.vance", page="unlock"), follow=True)

    assert "The account is unlocked." in body(response)
    assert "Not locked." in body(response)
    assert not SignInGuard.objects.exists()


def test_lock_until_unlocked_is_told_apart(cast: Cast) -> None:
    SignInGuard.objects.create(
        name_digest=digests_of_name("adele.vance@contoso.example")[0], is_familiar=False, failures_in_a_row=100
    )

    page = body(signed_in(cast["helpdesk.admin"]).get(url(cast, "adele.vance"), {"tab": "password"}))

    assert "until somebody unlocks it" in page


def test_history_is_whole_for_audit_readers_and_of_the_password_for_resetters(cast: Cast) -> None:
    signed_in(cast["user.admin"]).post(url(cast, "adele.vance", page="block"), {"reason": "left"})
    signed_in(cast["user.admin"]).post(url(cast, "adele.vance", page="signout-person"))

    whole = body(signed_in(cast["global.reader"]).get(url(cast, "adele.vance"), {"tab": "history"}))
    narrow = body(signed_in(cast["helpdesk.admin"]).get(url(cast, "adele.vance"), {"tab": "history"}))
    none = body(signed_in(cast["directory.readers"]).get(url(cast, "adele.vance"), {"tab": "history"}))

    assert "Disable account" in whole and "Add user" in whole and "Signed out of all sessions" in whole
    assert "Disable account" not in narrow and "Signed out of all sessions" in narrow
    assert "The history is shown to whoever may reset this person" in none
    assert "Signed out of all sessions" not in none


def test_history_is_paged(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.views.user_panel.HISTORY_ROWS", 1)
    client = signed_in(cast["global.admin"])
    client.post(url(cast, "adele.vance", page="signout-person"))

    first = client.get(url(cast, "adele.vance"), {"tab": "history"})
    second = client.get(first.context["next_url"])

    assert [line.activity for line in first.context["lines"]] == ["Signed out of all sessions"]
    assert [line.activity for line in second.context["lines"]] == ["Add user"]
    assert client.get(url(cast, "adele.vance"), {"tab": "history", "after": "x"}).status_code == 404


def test_block_asks_then_blocks_with_its_reason_and_ends_sessions(cast: Cast) -> None:
    signed_in(cast["adele.vance"])
    client = signed_in(cast["user.admin"])
    assert "Block this user" in body(client.get(url(cast, "adele.vance", page="block")))
    assert reload(cast, "adele.vance").account_enabled

    response = client.post(url(cast, "adele.vance", page="block"), {"reason": "Left the company"}, follow=True)

    assert "Sign-in is blocked, and every session was ended." in body(response)
    person = reload(cast, "adele.vance")
    assert (person.account_enabled, person.block_reason) == (False, "Left the company")
    assert not Session.objects.filter(user=person, ended_at=None).exists()
    response = client.post(url(cast, "adele.vance", page="allow"), follow=True)
    assert "Sign-in is allowed again." in body(response)
    assert reload(cast, "adele.vance").account_enabled


def test_a_reason_that_is_too_long_changes_nothing(cast: Cast) -> None:
    response = signed_in(cast["user.admin"]).post(url(cast, "adele.vance", page="block"), {"reason": "x" * 257})

    assert response.status_code == 422
    assert reload(cast, "adele.vance").account_enabled


def test_sign_out_ends_every_session_of_the_person(cast: Cast) -> None:
    signed_in(cast["adele.vance"])
    client = signed_in(cast["helpdesk.admin"])

    response = client.post(url(cast, "adele.vance", page="signout-person"), follow=True)

    assert "Every session was ended." in body(response)
    assert not Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()


@pytest.mark.parametrize(
    ("actor", "target", "page", "status", "code"),
    [
        ("global.reader", "adele.vance", "block", 403, "NO_RIGHT_USER_BLOCK"),
        ("global.reader", "isaiah.langer", "allow", 403, "NO_RIGHT_USER_BLOCK"),
        ("global.reader", "adele.vance", "signout-person", 403, "NO_RIGHT_SESSION_END"),
        ("global.reader", "adele.vance", "unlock", 403, "RESET_NO_ROLE"),
        ("helpdesk.admin", "adele.vance", "block", 403, "NO_RIGHT_USER_BLOCK"),
        ("password.admin", "adele.vance", "signout-person", 403, "NO_RIGHT_SESSION_END"),
        ("user.admin", "global.admin", "block", 403, "RESET_TARGET_ROLE"),
        ("user.admin", "grady.archie", "block", 403, "RESET_TARGET_RA_GROUP"),
        ("helpdesk.admin", "user.admin", "signout-person", 403, "RESET_TARGET_ROLE"),
        ("helpdesk.admin", "user.admin", "unlock", 403, "RESET_TARGET_ROLE"),
        ("global.admin", "global.admin", "block", 400, "BLOCK_SELF"),
        ("global.admin", "global.admin", "signout-person", 400, "SIGN_OUT_SELF"),
        ("global.admin", "global.admin", "unlock", 400, "RESET_SELF"),
        ("global.admin", "lee.gu", "unlock", 400, "RESET_SYNCED_NO_WRITEBACK"),
        ("privileged.authentication.admin", "global.admin", "block", 400, "LAST_GLOBAL_ADMIN"),
    ],
)
def test_post_is_refused_with_the_sentence_and_recorded(
    cast: Cast, actor: str, target: str, page: str, status: int, code: str
) -> None:
    signed_in(cast[target])
    before = reload(cast, target)

    response = signed_in(cast[actor]).post(url(cast, target, page=page), {"reason": "x"})

    assert response.status_code == status
    assert response.context["problem"] in body(response)
    assert "Nothing was changed." in body(response)
    assert [found for _, found in refusals(cast)] == [code]
    after = reload(cast, target)
    assert (after.account_enabled, after.sessions_valid_from) == (before.account_enabled, before.sessions_valid_from)
    assert Session.objects.filter(user=after, ended_at=None).exists()


def test_last_global_admin_shows_a_disabled_block_button(cast: Cast) -> None:
    page = body(signed_in(cast["privileged.authentication.admin"]).get(url(cast, "global.admin")))

    assert "This is the last enabled Global Administrator." in page
    assert url(cast, "global.admin", page="block") not in page


def test_a_page_that_asks_offers_no_button_where_it_would_be_refused(cast: Cast) -> None:
    response = signed_in(cast["helpdesk.admin"]).get(url(cast, "adele.vance", page="block"))

    assert "None of your roles may block or unblock sign-in." in body(response)
    assert "btn-danger" not in body(response)


@pytest.mark.parametrize("page", ["panel", *ACTS])
def test_people_of_another_tenant_and_nobody_are_404(cast: Cast, page: str) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    client = signed_in(cast["global.admin"])

    for user_id in (stranger.pk, uuid4()):
        address = reverse(f"users:{page}", args=[user_id])
        assert client.post(address).status_code == (405 if page == "panel" else 404)
        assert client.get(address).status_code == (405 if page == "unlock" else 404)
    with within(stranger.tenant):
        assert User.objects.get(pk=stranger.pk).account_enabled


@pytest.mark.parametrize("page", ["panel", "block", "allow", "signout-person"])
def test_head_is_answered_without_a_trace(cast: Cast, page: str) -> None:
    before = AuditEvent.objects.count()

    response = signed_in(cast["global.admin"]).head(url(cast, "adele.vance", page=page))

    assert response.status_code == 200
    assert AuditEvent.objects.count() == before


def test_a_role_that_may_not_read_people_gets_403(cast: Cast) -> None:
    client = signed_in(cast["reports.reader"])

    assert client.get(url(cast, "adele.vance")).status_code == 403
    for act in ACTS:
        assert client.post(url(cast, "adele.vance", page=act)).status_code == 403


def get_within_budget(client: Client, budget: str, address: str) -> None:
    # Two minutes on, the session's last activity is written too: the dearest case.
    with within_budget(budget), clock.travel(timedelta(minutes=2)):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("target", ["adele.vance", "global.admin", "lee.gu"])
@pytest.mark.parametrize("actor", ["helpdesk.admin", "privileged.authentication.admin", "global.reader"])
def test_pages_keep_their_query_budgets(cast: Cast, actor: str, target: str) -> None:
    client = signed_in(cast[actor])

    for tab in ("account", "licenses", "password", "methods", "directory", "history"):
        get_within_budget(client, "users:panel", f"{url(cast, target)}?tab={tab}")
    for page in ("block", "allow", "signout-person"):
        get_within_budget(client, f"users:{page}", url(cast, target, page=page))
    for query in ("", "?search=admin", "?view=blocked&sort=-changed", "?count=exact&search=a", "?sort=status"):
        get_within_budget(client, "users:active", f"/users/active{query}")


def test_budgets_hold_where_hits_are_many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.grid.COUNTED", 5)
    monkeypatch.setattr("users.grid.WALK", 3)
    client = signed_in(cast["helpdesk.admin"])

    for query in ("?search=admin", "?search=admin&sort=-changed&count=exact"):
        get_within_budget(client, "users:active", f"/users/active{query}")


def test_panel_shows_whatever_an_import_may_have_brought(cast: Cast) -> None:
    brought = {"fax": "+1 202 555 0141", "street_address": "7 Quay Lane", "postal_code": "AB1 2CD", "state": "Ohio"}
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(mail="adele@mail.example", **brought)

    page = signed_in(cast["global.admin"]).get(f"/users/active/{cast['adele.vance'].pk}").content.decode()

    assert all(value in page for value in (*brought.values(), "adele@mail.example"))
