"""What is done to many people, as a person does it who never saw it: a department, everybody, keys alone."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from adminportal.tryout import processes
from passwords.models import BulkItem, BulkJob
from tests.browser.portal import NARROW, Portal, has_focus, misfits, sign_in, tab_to
from tests.cast import Cast
from tests.passwords.many_cast import add_department
from tests.services.valkey import Valkey
from users.models import User
from users.tenancy import within

pytestmark = pytest.mark.browser

WORKER_MS = 60_000
"""Milliseconds that a worker may take to start up and to finish, on a machine that is busy with other tests."""
DEPARTMENT = 30
EVERYBODY = 260


def results_of(page: Page) -> dict[str, str]:
    """Return the passwords on the page by user name, whether they are covered or not."""
    found = {}
    for row in page.locator("tbody tr").all():
        secret = row.locator("[data-secret-value]")
        if secret.count():
            found[row.locator("td").first.inner_text().strip()] = (secret.text_content() or "").strip()
    return found


def test_department_of_thirty_is_reset_at_once(portal: Portal, cast: Cast) -> None:
    add_department(cast, DEPARTMENT)
    admin = portal.tab(cast["helpdesk.admin"])
    admin.goto("/users/active")

    admin.get_by_role("searchbox", name="Search active users").fill("sales")
    admin.get_by_role("button", name="Search", exact=True).click()
    admin.get_by_role("checkbox", name="Select everyone on this page").check()
    expect(admin.get_by_text(f"{DEPARTMENT} selected")).to_be_visible()
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.get_by_text(f"{DEPARTMENT} passwords will be reset")).to_be_visible()
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.get_by_text("Finished")).to_be_visible()

    shown = results_of(admin)
    assert len(shown) == DEPARTMENT
    expect(admin.locator("[data-secret-value]").first).to_be_hidden()
    admin.get_by_role("button", name="Show the password of Sales Person 007").click()
    expect(admin.locator("[data-secret-value]").nth(7)).to_be_visible()
    name, password = next(item for item in shown.items() if item[0].startswith("sales.007@"))
    admin.goto("/users/active")
    expect(admin.locator("[data-grid-bar]")).to_be_hidden()
    admin.go_back()
    assert password not in admin.content()

    desk = portal.tab()
    sign_in(desk, user_name=name, password=password)
    desk.get_by_role("heading", name="Update your password").wait_for()


@pytest.fixture
def bulk_worker(portal: Portal, valkey: Valkey, tmp_path: Path) -> Iterator[None]:
    """Run a real worker for bulk jobs that is woken through a real broker."""
    database = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{place}",
        "REDIS_URL": valkey.url,
        "PUBLIC_URL": portal.url,
    }
    options = ["-Q", "bulk", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (tmp_path / "worker.log").open("ab") as log:
        worker = processes.start(
            [sys.executable, "-m", "celery", "-A", "adminportal", "worker", *options],
            environment=environment,
            output=log,
            death_signal=signal.SIGKILL,
        )
    yield
    processes.stop(worker, grace_seconds=10)


@pytest.mark.postgres
@pytest.mark.valkey
def test_everybody_is_reset_in_the_background_though_the_page_is_closed(
    portal: Portal, cast: Cast, bulk_worker: None
) -> None:
    names = add_department(cast, EVERYBODY)
    admin = portal.tab(cast["global.admin"])
    admin.goto("/users/active")

    admin.get_by_role("checkbox", name="Select everyone on this page").check()
    admin.get_by_role("link", name=re.compile(r"Select all \d+ users that match")).click()
    expect(admin.get_by_text("You yourself are left out.")).to_be_visible()
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.get_by_text("2 users will be refused")).to_be_visible()
    label = admin.get_by_text(re.compile(r"^To confirm, type RESET \d+$")).inner_text()
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.get_by_text(re.compile(r"Type RESET \d+ exactly so\. Nothing was started\."))).to_be_visible()
    admin.get_by_label(label).fill(label.removeprefix("To confirm, type "))
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.locator("#bulk-state")).to_contain_text(re.compile("Running|Finished"))
    address = admin.url
    portal.leave()

    later = portal.tab(cast["global.admin"])
    later.goto("/passwords/bulk")
    later.get_by_role("link", name=re.compile(r"Reset the passwords of \d+ users")).click()
    assert later.url == address
    expect(later.get_by_text("Finished")).to_be_visible(timeout=WORKER_MS)
    later.get_by_role("searchbox", name="Search the results").fill("person 123")
    later.get_by_role("button", name="Search", exact=True).last.click()
    later.get_by_role("button", name="Show passwords").click()
    (shown,) = results_of(later).values()
    with within(cast.tenant):
        assert User.objects.get(pk=cast["sales.123"].pk).check_password(shown)
        ends = list(BulkItem.objects.filter(job=BulkJob.objects.get()).values_list("end", flat=True))
    assert len(ends) == EVERYBODY + len(cast.people) - len(names) - 1
    assert ends.count("done") == len(ends) - 2
    assert ends.count("refused") == 2


def test_people_are_chosen_and_reset_with_keys_alone(portal: Portal, cast: Cast) -> None:
    add_department(cast, 4)
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active?search=sales")
    first = page.get_by_role("checkbox", name="Select Sales Person 000")
    tab_to(page, first)

    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Control+a")
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.get_by_role("button", name="Reset password", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What will happen").wait_for()
    tab_to(page, page.get_by_role("button", name="Reset password", exact=True))
    page.keyboard.press("Enter")

    expect(page.get_by_text("Finished")).to_be_visible()
    expect(page.locator("[data-secret-value]")).to_have_count(3)
    button = page.get_by_role("button", name="Show the password of Sales Person 001")
    tab_to(page, button)
    assert has_focus(button)
    page.keyboard.press("Enter")
    expect(page.locator("[data-secret-value]").nth(1)).to_be_visible()


def test_ticks_stay_while_pages_are_turned_sorted_and_searched(portal: Portal, cast: Cast) -> None:
    add_department(cast, 60)
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active?search=sales")

    page.get_by_role("checkbox", name="Select Sales Person 001").check()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select Sales Person 055").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("link", name="Username").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.goto("/users/active?search=adele")
    page.get_by_role("checkbox", name="Select Adele Vance").check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.goto("/users/active?search=sales")
    expect(page.get_by_role("checkbox", name="Select Sales Person 001")).to_be_checked()

    page.get_by_role("button", name="Force a password change").click()
    page.get_by_text("Force a password change for 3 users").first.wait_for()
    page.goto("/users/active")
    page.get_by_role("button", name="Clear selection").click()
    page.reload()
    expect(page.locator("[data-grid-bar]")).to_be_hidden()


def test_ticks_of_one_person_are_not_those_of_the_next_in_the_same_window(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active?search=adele")
    page.get_by_role("checkbox", name="Select Adele Vance").check()
    expect(page.get_by_text("1 selected")).to_be_visible()

    other = portal.tab(cast["global.admin"])
    page.context.clear_cookies()
    page.context.add_cookies(other.context.cookies())  # type: ignore[arg-type]  # as playwright gave them
    page.goto("/users/active?search=adele")

    expect(page.get_by_role("checkbox", name="Select Adele Vance")).not_to_be_checked()


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "at 320 pixels"])
def test_everyone_of_a_search_is_reset(portal: Portal, cast: Cast, scripts: bool) -> None:
    add_department(cast, 3)
    admin = portal.tab(cast["helpdesk.admin"], scripts=scripts, size=NARROW)

    admin.goto("/users/active?search=sales")
    if scripts:
        admin.get_by_role("checkbox", name="Select everyone on this page").check()
    assert not scripts or misfits(admin) == []
    admin.get_by_role("link", name="Select all 3 users that match").click()
    expect(admin.get_by_text("All 3 users selected.")).to_be_visible()
    assert not scripts or misfits(admin) == []
    admin.get_by_role("button", name="Reset password", exact=True).click()
    admin.get_by_label("Each user is mailed a one-time link, and I see no password").check()
    if not scripts:
        admin.get_by_role("button", name="Preview").click()
    expect(admin.get_by_text("get a one-time link at their alternate address")).to_be_visible()
    assert not scripts or misfits(admin) == []
    admin.get_by_label("I hand them out myself").check()
    if not scripts:
        admin.get_by_role("button", name="Preview").click()
    expect(admin.get_by_text("get a one-time link at their alternate address")).to_have_count(0)
    admin.get_by_role("button", name="Reset password", exact=True).click()
    expect(admin.get_by_text("Finished")).to_be_visible()

    expect(admin.locator("[data-secret-value]")).to_have_count(3)
    assert not scripts or misfits(admin) == []


def test_progress_is_told_to_screen_readers_at_every_tenth(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active")

    said = page.evaluate("""() => {
      const heard = [], live = document.querySelector("[data-live]"), main = document.querySelector("main");
      new MutationObserver(() => heard.push(live.textContent)).observe(live, { childList: true });
      const place = document.createElement("div");
      main.append(place);
      return (async () => {
        for (let percent = 0; percent <= 30; percent += 1) {
          place.dataset.announce = `${percent} %`;
          place.dataset.announceStep = String(percent);
          document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
          await new Promise((done) => setTimeout(done));
        }
        return heard;
      })();
    }""")

    assert said == ["10 %", "20 %", "30 %"]


def test_people_come_soon_in_a_narrow_window_and_no_command_is_lost(portal: Portal, cast: Cast) -> None:
    tab = portal.tab(cast["global.admin"], size=(390, 844))
    tab.goto("/users/active")

    first = tab.locator("[data-grid-row]").first.bounding_box()
    tab.get_by_label("More commands").click()

    assert first is not None and first["y"] < 480
    for command in ("Add multiple users", "Refresh", "Choose columns"):
        expect(tab.get_by_role("link", name=command)).to_be_visible()
    assert misfits(tab) == []
    with tab.expect_download() as sent:
        tab.get_by_role("button", name="Export users").click()
    assert sent.value.suggested_filename.endswith(".csv")
    tab.locator("summary", has_text="More views").click()
    tab.get_by_role("link", name="Sign-in blocked").click()
    expect(tab.locator("[aria-current]", has_text="Sign-in blocked")).to_be_visible()
    tab.set_viewport_size({"width": 1440, "height": 900})
    expect(tab.get_by_label("More commands")).to_be_hidden()
    expect(tab.get_by_role("button", name="Export users")).to_be_visible()
