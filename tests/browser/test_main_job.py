"""The main job on real parts: import, reset, worker, mail, link, sign-in, change, and the proof of it."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal import Portal, change_password, sign_in
from tests.cast import PASSWORD, Cast
from tests.people_files import GOOD, content_of, rows_of
from tests.services.smtp import SmtpSink

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey]

ROW = 139
"""Row of the file whose person the rest is about."""
WORKER_MS = 30_000
"""Milliseconds that a worker may take to start up and to send, on a machine that is busy with other tests."""
OWN_PASSWORD = "Fjord-Lantern-58-Orbit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A person of the file."""

    user_name: str
    display_name: str
    alternate_email: str

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Listed:
        """Read a row."""
        return cls(
            user_name=row["User Name"],
            display_name=row["Display Name"],
            alternate_email=row["Alternate email address"],
        )


def test_imported_person_is_reset_by_mail_signs_in_and_the_administrator_sees_it(
    portal: Portal, cast: Cast, post_office: SmtpSink
) -> None:
    rows = rows_of(GOOD)
    person = Listed.of(rows[ROW])
    admin = portal.tab()

    sign_in(admin, user_name=cast["global.admin"].user_principal_name, password=PASSWORD)
    admin.get_by_role("heading", name="Home").wait_for()
    _import(admin, len(rows))
    _reset_to_alternate_address(admin, person)
    link = _link_of_mail(post_office, person)
    _scan(link)
    shown = _open_link(portal, link, person)
    admin.reload()
    expect(admin.get_by_text("Opened")).to_be_visible()
    _sign_in_and_change(portal, person, shown)

    admin.reload()
    expect(admin.get_by_text("The user has chosen a password of their own since.")).to_be_visible()
    _see_message_trace(admin, person)
    _see_audit_log(admin, person)


def _import(admin: Page, people: int) -> None:
    admin.goto("/users/import")
    file = {"name": GOOD, "mimeType": "text/csv", "buffer": content_of(GOOD)}
    admin.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]  # as playwright takes it
    admin.get_by_role("button", name="Check the rows").click()
    admin.get_by_role("heading", name="Check before adding").wait_for()
    expect(admin.get_by_text(f"{people} will be created")).to_be_visible()
    admin.get_by_role("button", name="Add users").click()
    admin.get_by_role("heading", name="Users added").wait_for()
    expect(admin.get_by_text(f"{people} people were created from {people} rows.")).to_be_visible()


def _reset_to_alternate_address(admin: Page, person: Listed) -> None:
    admin.goto("/users/active")
    admin.get_by_role("searchbox", name="Search active users").fill(person.display_name)
    admin.get_by_role("button", name="Search", exact=True).click()
    admin.get_by_role("link", name=f"Reset password of {person.display_name}").click()
    panel = admin.get_by_role("dialog", name="Reset password")
    panel.get_by_label("Email the sign-in info to the user's alternate address").check()
    panel.get_by_role("button", name="Reset password").click()
    admin.get_by_role("dialog", name="Password has been reset").wait_for()
    expect(admin.get_by_role("region", name="Sign-in info").get_by_text("Sent")).to_be_visible(timeout=WORKER_MS)


def _link_of_mail(post_office: SmtpSink, person: Listed) -> str:
    (mail,) = [mail for mail in post_office.to(person.alternate_email) if "/reveal/" in mail.body()]
    assert person.user_name in mail.body()
    assert person.user_name in mail.body("html")
    found = re.search(r"http://\S+/reveal/\S+", mail.body())
    assert found is not None
    return found[0]


def _scan(link: str) -> None:
    """Ask for the link as scanners of mail do, before the person can."""
    for method in ("GET", "HEAD", "GET", "GET"):
        with urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=15) as answer:
            assert answer.status == 200


def _open_link(portal: Portal, link: str, person: Listed) -> str:
    visitor = portal.tab()
    visitor.goto(link)
    expect(visitor.get_by_text(person.user_name)).to_be_visible()
    visitor.get_by_role("button", name="Show password").click()
    shown = visitor.get_by_label("Password", exact=True).inner_text()
    visitor.goto(link)
    visitor.get_by_role("heading", name="This link was used").wait_for()
    assert shown not in visitor.content()
    return shown


def _sign_in_and_change(portal: Portal, person: Listed, shown: str) -> None:
    desk = portal.tab()
    sign_in(desk, user_name=person.user_name, password=shown)
    desk.get_by_role("heading", name="Update your password").wait_for()
    desk.goto("/account")
    desk.get_by_role("heading", name="Update your password").wait_for()
    change_password(desk, old=shown, new=OWN_PASSWORD)
    desk.get_by_role("link", name="Continue").click()
    desk.get_by_role("heading", name="My account").wait_for()
    expect(desk.get_by_text(person.alternate_email)).to_be_visible()


def _see_message_trace(admin: Page, person: Listed) -> None:
    admin.goto("/messages")
    row = admin.get_by_role("row").filter(has_text="One-time link to a temporary password")
    expect(row).to_contain_text(person.user_name)
    expect(row).to_contain_text("Opened")


def _see_audit_log(admin: Page, person: Listed) -> None:
    admin.goto("/audit")
    for activity in ("Reset user password", "Change user password"):
        row = admin.get_by_role("row").filter(has=admin.get_by_role("link", name=activity, exact=True))
        expect(row).to_contain_text(person.user_name)
        expect(row).to_contain_text("Success")
