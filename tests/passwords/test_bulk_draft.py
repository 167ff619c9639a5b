"""The page of a draft: options, preview, confirmation, and what is asked for before anything starts."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.models import BulkItem, BulkJob, BulkState, PasswordReset
from passwords.services.bulk import AT_ONCE
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.many_cast import add_department, draft
from users.models import Contact, Session, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
LARGE = AT_ONCE + 3
AUTOMATIC = {"how": "automatic", "style": "random", "must_change": "on"}
OWN_PASSWORD = "Quiet-Harbour-63-Maple"
PART = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def body(response: object) -> str:
    return " ".join(unescape(response.content.decode()).split())  # type: ignore[attr-defined]


def address(job: BulkJob) -> str:
    return reverse("passwords:bulk", args=[job.pk])


def fingerprint(client: Client, job: BulkJob) -> str:
    found = re.search(r'name="fingerprint" value="(\w+)"', body(client.get(address(job))))
    assert found
    return found[1]


def state_of(cast: Cast, job: BulkJob) -> str:
    with within(cast.tenant):
        return BulkJob.objects.get(pk=job.pk).state


def make_stale(cast: Cast, name: str) -> None:
    """Let the last proof of somebody be old."""
    with within(cast.tenant):
        Session.objects.filter(user=cast[name]).update(proven_at=clock.now() - timedelta(days=1))


def test_draft_shows_who_is_reached_and_why_the_others_are_not(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani", "lee.gu", "guest.person", "global.admin"])

    page = body(admin.get(address(job)))

    assert "Reset the passwords of 4 users" in page
    assert "2 passwords will be reset" in page
    assert "You yourself are left out." in page
    assert "2 users will be refused" in page
    assert "They come from a directory and password writeback is off. <strong>(1)</strong>" in page
    assert "They sign in at another organization, so the password is not kept here. <strong>(1)</strong>" in page
    assert [user.display_name for user in admin.get(address(job)).context["chosen"]] == [
        "Adele Vance",
        "Diego Siciliani",
        "Guest Person",
        "Lee Gu",
    ]
    assert "administrator" not in page.partition("What will happen")[2].partition("</section>")[0]


def test_preview_counts_the_administrators_who_would_be_reset(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "helpdesk.admin", "grady.archie"])

    assert "2 of them are administrators or protected by a role-assignable group." in body(admin.get(address(job)))


def test_everyone_who_is_refused_is_listed_with_a_sentence_and_can_be_searched(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "lee.gu", "guest.person"])
    url = reverse("passwords:bulk-left-out", args=[job.pk])

    page, found, none = body(admin.get(url)), body(admin.get(url, {"search": "lee"})), body(admin.get(f"{url}?after=x"))

    directory = "Lee Gu comes from the directory corp.example and password writeback is off."
    assert f"{directory} <code>RESET_SYNCED_NO_WRITEBACK</code>" in page
    assert "Guest Person signs in at another organization" in page
    assert "Adele Vance" not in page
    assert "Guest Person" not in found
    assert "This list cannot be shown." in none


def test_oneself_is_among_those_who_are_refused(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "global.admin"])

    preview = body(admin.get(address(job)))
    page = admin.get(reverse("passwords:bulk-left-out", args=[job.pk]))

    assert "1 password will be reset" in preview
    assert "See everyone who is refused" in preview
    assert [row.user.pk for row in page.context["rows"]] == [cast["global.admin"].pk]
    assert "You cannot reset your own password here." in body(page)
    assert "<code>RESET_SELF</code>" in body(page)


def test_those_refused_are_paged_without_gap_and_repeat(
    cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passwords.views.bulk_draft.LISTED", 3)
    names = add_department(cast, 8)
    with within(cast.tenant):
        User.objects.filter(pk__in=[cast[name].pk for name in names]).update(user_type="guest")
    url: str = reverse("passwords:bulk-left-out", args=[draft(cast, names).pk])

    seen, query = [], ""
    while True:
        response = admin.get(url + query)
        seen += [row.user.user_principal_name.partition("@")[0] for row in response.context["rows"]]
        query = response.context["next_url"]
        if not query:
            break

    assert seen == names


def test_preview_follows_the_options_and_nothing_is_changed(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    with within(cast.tenant):
        before = list(User.objects.order_by("pk").values())

    part = admin.post(
        reverse("passwords:bulk-preview", args=[job.pk]), {**AUTOMATIC, "delivery": "users"}, headers=PART
    )
    whole = admin.post(reverse("passwords:bulk-preview", args=[job.pk]), {**AUTOMATIC, "delivery": "users"})

    assert "<html" not in body(part)
    assert "<html" in body(whole)
    for page in (body(part), body(whole)):
        assert "1 password will be reset" in page
        assert "They have no alternate address to send a link to." in page
    with within(cast.tenant):
        assert list(User.objects.order_by("pk").values()) == before
    assert admin.get(address(job)).context["form"]["delivery"].value() == "users"


def test_preview_of_options_that_cannot_be_says_what_is_wrong(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    fields = {**AUTOMATIC, "email_to_me": "on", "addresses": "not an address"}

    response = admin.post(reverse("passwords:bulk-preview", args=[job.pk]), fields, headers=PART)

    assert response.status_code == 422
    assert "These are not email addresses: not an address. Nothing was changed." in body(response)


def shown_in(response: object) -> dict[str, str]:
    lines = response.context["lines"]  # type: ignore[attr-defined]
    return {line.row.user_name.partition("@")[0]: line.password.expose() for line in lines if line.password}


def test_few_people_are_reset_at_once_and_their_passwords_are_in_the_answer_covered(cast: Cast, admin: Client) -> None:
    names = add_department(cast, AT_ONCE)
    job = draft(cast, names)

    response = admin.post(address(job), {**AUTOMATIC, "fingerprint": fingerprint(admin, job)})

    assert state_of(cast, job) == BulkState.FINISHED
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    page, shown = body(response), shown_in(response)
    assert "Finished" in page
    assert 'hx-history="false"' in page
    assert page.count("secret--masked") == AT_ONCE
    assert sorted(shown) == names
    assert shown["sales.007"] not in body(admin.get(address(job)))
    with within(cast.tenant):
        assert User.objects.get(pk=cast["sales.007"].pk).check_password(shown["sales.007"])
        assert PasswordReset.objects.filter(job=job, outcome="done").count() == AT_ONCE
    handed = AuditEvent.objects.filter(activity="Viewed temporary password", details__JobId=str(job.pk))
    assert handed.count() == AT_ONCE


def test_starting_twice_resets_once_and_shows_the_same(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, 3))
    fields = {**AUTOMATIC, "fingerprint": fingerprint(admin, job)}

    first, second = (shown_in(admin.post(address(job), fields)) for _again in range(2))

    assert len(first) == 3
    assert first == second
    with within(cast.tenant):
        assert PasswordReset.objects.filter(job=job).count() == 3


def test_blind_start_leads_to_the_page_without_a_password(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, 3))
    admin.post(reverse("passwords:bulk-preview", args=[job.pk]), {**AUTOMATIC, "delivery": "users"})
    fields = {**AUTOMATIC, "delivery": "users", "fingerprint": fingerprint(admin, job)}

    response = admin.post(address(job), fields, follow=True)

    assert response.redirect_chain == [(address(job), 302)]
    assert "This job shows nobody a password" in body(response)
    assert shown_in(response) == {}


def test_starting_again_shows_no_administrators_password_without_fresh_proof(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "helpdesk.admin"])
    fields = {**AUTOMATIC, "fingerprint": fingerprint(admin, job)}
    shown = shown_in(admin.post(address(job), fields))
    make_stale(cast, "global.admin")

    again = admin.post(address(job), fields)

    assert shown.keys() == {"adele.vance", "helpdesk.admin"}
    assert again.headers["Location"] == address(job)


def test_many_people_need_the_typed_number(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, LARGE))
    page = body(admin.get(address(job)))
    fields = {**AUTOMATIC, "fingerprint": fingerprint(admin, job)}

    missing = admin.post(address(job), fields)
    wrong = admin.post(address(job), {**fields, "typed": f"RESET {LARGE - 1}"})
    stale = state_of(cast, job)
    right = admin.post(address(job), {**fields, "typed": f" reset  {str(LARGE)[0]},{str(LARGE)[1:]} "})

    assert f"To confirm, type RESET {LARGE}" in page
    for refused in (missing, wrong):
        assert refused.status_code == 422
        assert f"Type RESET {LARGE} exactly so. Nothing was started." in body(refused)
    assert stale == BulkState.DRAFT
    assert right.status_code == 302
    assert state_of(cast, job) == BulkState.RUNNING


def test_many_people_need_fresh_proof_and_the_options_survive_it(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, LARGE))
    fields = {**AUTOMATIC, "fingerprint": fingerprint(admin, job), "typed": f"RESET {LARGE}", "reason": "Leak"}
    make_stale(cast, "global.admin")

    page, response = body(admin.get(address(job))), admin.post(address(job), fields)

    assert "You will be asked to prove once more that it is you." in page
    assert response.headers["Location"].startswith(f"{reverse('users:confirm')}?next=%2Fpasswords%2Fbulk%2F")
    assert state_of(cast, job) == BulkState.DRAFT
    assert admin.get(address(job)).context["form"]["reason"].value() == "Leak"
    back = body(admin.get(f"{address(job)}?proven=1"))
    assert "Your sign-in is confirmed. Nothing has started yet: confirm below." in back
    assert "Nothing has started yet" not in body(admin.get(address(job)))


def test_changed_set_is_shown_again_and_nothing_starts(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    fields = {**AUTOMATIC, "fingerprint": fingerprint(admin, job)}
    with within(cast.tenant):
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(user_type="guest")

    response = admin.post(address(job), fields)

    assert response.status_code == 409
    assert "Nothing was started: look again." in body(response)
    assert "1 password will be reset" in body(response)
    assert state_of(cast, job) == BulkState.DRAFT
    assert admin.post(address(job), {**AUTOMATIC, "fingerprint": fingerprint(admin, job)}).status_code == 200


def test_draft_that_reaches_nobody_has_no_button_and_is_refused(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["lee.gu", "guest.person"])
    page = body(admin.get(address(job)))

    response = admin.post(address(job), {**AUTOMATIC, "fingerprint": fingerprint(admin, job)})

    assert "Nobody is left whom this would reach. Nothing was changed." in page
    assert response.status_code == 422
    assert state_of(cast, job) == BulkState.DRAFT


def test_own_password_for_all_needs_its_tick_and_is_given_to_all(cast: Cast, admin: Client) -> None:
    names = add_department(cast, 2)
    job = draft(cast, names)
    fields = {"how": "own", "new_password": OWN_PASSWORD, "fingerprint": fingerprint(admin, job)}

    refused = admin.post(address(job), fields)
    admin.post(address(job), {**fields, "own_for_all": "on"})

    assert refused.status_code == 422
    assert "Confirm that all of them get this same password" in body(refused)
    assert OWN_PASSWORD not in body(refused)
    with within(cast.tenant):
        assert all(User.objects.get(pk=cast[name].pk).check_password(OWN_PASSWORD) for name in names)
        assert OWN_PASSWORD not in str(list(BulkJob.objects.values()))


def test_own_password_is_not_offered_for_many(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, LARGE))
    page = body(admin.get(address(job)))
    fields = {"how": "own", "new_password": OWN_PASSWORD, "own_for_all": "on", "typed": f"RESET {LARGE}"}

    response = admin.post(address(job), {**fields, "fingerprint": fingerprint(admin, job)})

    assert f"One password of your own for all is possible for at most {AT_ONCE} users." in page
    assert response.status_code == 422
    assert state_of(cast, job) == BulkState.DRAFT


def test_blind_and_own_password_exclude_each_other(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    fields = {"how": "own", "new_password": OWN_PASSWORD, "own_for_all": "on", "delivery": "users"}

    response = admin.post(address(job), {**fields, "fingerprint": fingerprint(admin, job)})

    assert response.status_code == 422
    assert "A password that you typed is known to you." in body(response)


@pytest.mark.parametrize("act", ["force_change", "block", "allow", "sign_out", "never_expires", "strong_required"])
def test_other_acts_ask_for_a_reason_alone_and_run(cast: Cast, admin: Client, act: str) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"], act=act)
    page = admin.get(address(job))

    admin.post(address(job), {"reason": "Left", "fingerprint": fingerprint(admin, job)})

    assert set(page.context["form"].fields) == {"reason", "ticket"}
    with within(cast.tenant):
        assert set(BulkItem.objects.filter(job=job).values_list("end", flat=True)) == {"done"}


def test_draft_is_its_starters_alone(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"], actor="helpdesk.admin")

    for response in (admin.get(address(job)), admin.post(address(job), AUTOMATIC)):
        assert response.status_code == 404
    assert signed_in(cast["helpdesk.admin"]).get(address(job)).status_code == 200


def test_starter_who_lost_the_right_is_refused(cast: Cast) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"], act="block", actor="user.admin")
    client = signed_in(cast["user.admin"])
    fields = {"fingerprint": fingerprint(client, job)}
    with within(cast.tenant):
        cast["user.admin"].role_assignments.all().delete()
        cast["helpdesk.admin"].role_assignments.update(user=cast["user.admin"])

    response = client.post(address(job), fields)

    assert response.status_code in (403, 409)
    assert state_of(cast, job) == BulkState.DRAFT


def test_alternate_addresses_are_counted_not_shown(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    with within(cast.tenant):
        known = Contact.objects.get(user=cast["adele.vance"], kind="alternate_email").value

    part = admin.post(reverse("passwords:bulk-preview", args=[job.pk]), {**AUTOMATIC, "delivery": "both"}, headers=PART)

    assert "<strong>1</strong> get a one-time link at their alternate address" in body(part)
    assert known not in body(part)


def test_page_says_so_where_mails_hold_the_passwords(cast: Cast, admin: Client) -> None:
    job = draft(cast, ["adele.vance", "diego.siciliani"])
    before = body(admin.get(address(job)))

    cast.tenant.password_in_mail = True
    cast.tenant.save(update_fields=["password_in_mail"])
    after = body(admin.get(address(job)))

    assert "The mail leads to the results." in before
    assert "I hand them out, and each user is also mailed a one-time link" in before
    assert "The mail holds the passwords." in after
    assert "I hand them out, and each user is also mailed the password" in after


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"select": "all"}, "All users"),
        ({"select": "all", "search": "adele"}, "Everyone found by “adele”"),
        ({"select": "all", "view": "blocked"}, "Everyone whose sign-in is blocked"),
        (
            {"select": "all", "view": "licensed", "search": "adele"},
            "Everyone in the view “Licensed users”, found by “adele”",
        ),
    ],
)
def test_page_says_how_the_people_were_chosen(cast: Cast, admin: Client, chosen: dict[str, str], words: str) -> None:
    response = admin.post(reverse("passwords:bulk-new"), {"act": "reset", **chosen}, follow=True)

    assert response.context["source"] == words


def test_pages_of_a_job_cost_a_fixed_number_of_queries(cast: Cast, admin: Client) -> None:
    job = draft(cast, add_department(cast, LARGE))

    with within_budget("passwords:bulk draft"):
        admin.get(address(job))
    admin.post(address(job), {**AUTOMATIC, "fingerprint": fingerprint(admin, job), "typed": f"RESET {LARGE}"})
    with within_budget("passwords:bulk"):
        admin.get(address(job))
    with within_budget("passwords:bulk-progress"):
        admin.get(reverse("passwords:bulk-progress", args=[job.pk]), headers=PART)
    with within_budget("passwords:bulk-jobs"):
        admin.get(reverse("passwords:bulk-jobs"))
