"""Ways to the pages of what is done to many people at once."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from passwords.bulk_options import BulkOptions
from passwords.models import BulkJob
from passwords.services.bulk import start_bulk, typed_text
from passwords.services.bulk_preview import preview
from passwords.services.bulk_run import run_next_chunk
from passwords.services.bulk_selection import draft_from_filter, draft_from_ids
from tests.browser.atlas import Way, deliver, go, press
from tests.cast import Cast
from tests.passwords.many_cast import add_department
from users.tenancy import within

DEPARTMENT = 120
"""People of a department that is too large to be done at once."""


def tick_people(page: Page, cast: Cast) -> None:
    """Tick two rows."""
    go(page, reverse("users:active"))
    for number in (0, 1):
        page.locator("[data-grid-tick]:enabled").nth(number).check()


def tick_page(page: Page, cast: Cast) -> None:
    """Tick all rows of the page and open what else can be done."""
    go(page, reverse("users:active"))
    page.locator("[data-grid-all]").check()
    page.locator("summary[aria-label='More for the selected people']").click()


def tick_nobody(page: Page, cast: Cast) -> None:
    """Take all ticks away behind the back of the page, and go on."""
    tick_people(page, cast)
    page.evaluate("""() => {
      for (const box of document.querySelectorAll("[data-grid-tick]")) box.checked = false;
      sessionStorage.clear();
    }""")
    press(page, "Block sign-in")
    page.get_by_role("alert").wait_for()


def choose_everyone(act: str, *, search: str = "") -> Way:
    """Return the way to the preview of what would be done to everyone of a search."""

    def way(page: Page, cast: Cast) -> None:
        go(page, f"{reverse('users:active')}?search={search}&select=all")
        if act in ("Reset password", "Force a password change", "Block sign-in", "Sign out everywhere"):
            press(page, act)
        else:
            page.locator("summary[aria-label='More for the selected people']").click()
            page.get_by_role("button", name=act, exact=True).locator("visible=true").click()
        page.get_by_role("heading", name="What will happen").wait_for()

    return way


def choose_blind(page: Page, cast: Cast) -> None:
    """Let everybody get a link, and see the preview follow."""
    choose_everyone("Reset password")(page, cast)
    page.get_by_label("Each user is mailed a one-time link, and I see no password").check()
    page.get_by_text("They have no alternate address to send a link to.").wait_for()


def list_those_refused(page: Page, cast: Cast) -> None:
    """See everyone who would be refused."""
    choose_everyone("Reset password")(page, cast)
    page.get_by_role("link", name="See everyone who is refused").click()
    page.get_by_role("heading", name="Refused").wait_for()


def paste_list(page: Page, cast: Cast) -> None:
    """Paste user names of which one is nobody's and one is written twice."""
    go(page, reverse("passwords:bulk-list"))
    names = [cast["adele.vance"], cast["diego.siciliani"], cast["adele.vance"], cast["global.admin"]]
    lines = [each.user_principal_name for each in names]
    page.get_by_label("Or paste user names").fill("\n".join([*lines, "nobody@contoso.example"]))
    press(page, "Next")
    page.get_by_role("heading", name="What will happen").wait_for()
    for summary in page.locator(".bulk__names summary").all():
        summary.click()


def send_empty_list(page: Page, cast: Cast) -> None:
    """Send no list."""
    go(page, reverse("passwords:bulk-list"))
    press(page, "Next")
    page.get_by_role("alert").first.wait_for()


def start(cast: Cast, *names: str, act: str = "reset", options: BulkOptions | None = None) -> BulkJob:
    """Do an act to these people as Global Administrator, or begin with a department where nobody is named."""
    actor, now, chosen = cast.actor("global.admin"), clock.now(), options or BulkOptions()
    if not names and "sales.000" not in cast.people:
        add_department(cast, DEPARTMENT)
    with within(cast.tenant):
        if names:
            job = draft_from_ids(actor=actor, act=act, user_ids=[cast[name].pk for name in names], now=now)
        else:
            job = draft_from_filter(actor=actor, act=act, search="sales", view="all", in_contacts=True, now=now)
        found = preview(job, actor=actor, options=chosen, now=now)
        typed = typed_text(job, found)
        return start_bulk(job.pk, actor=actor, options=chosen, fingerprint=found.fingerprint, typed=typed, now=now)


def results(page: Page, cast: Cast) -> None:
    """See how a small job ended: two are through, one was refused."""
    job = start(cast, "adele.vance", "diego.siciliani", "lee.gu")
    go(page, reverse("passwords:bulk", args=[job.pk]))


def results_shown(page: Page, cast: Cast) -> None:
    """Have the passwords shown, one of them readable."""
    results(page, cast)
    press(page, "Show passwords")
    page.get_by_role("button", name="Show the password of Adele Vance").click()


def results_blind(page: Page, cast: Cast) -> None:
    """See how links fare of which nobody else sees the password."""
    job = start(cast, "adele.vance", "diego.siciliani", options=BulkOptions(blind=True, deliver_to_alternate=True))
    deliver(cast)
    go(page, reverse("passwords:bulk", args=[job.pk]))


def results_of_others(page: Page, cast: Cast) -> None:
    """See a job that somebody else started."""
    results_path = reverse("passwords:bulk", args=[start(cast, "adele.vance", "diego.siciliani").pk])
    go(page, results_path)


def slips(page: Page, cast: Cast) -> None:
    """See slips to be printed."""
    results(page, cast)
    with page.expect_popup() as opened:
        press(page, "Print, four a page")
    opened.value.close()
    page.evaluate("() => document.querySelector('.hand-out__print').removeAttribute('target')")
    page.reload()
    page.evaluate("() => document.querySelector('.hand-out__print').removeAttribute('target')")
    press(page, "Print, four a page")
    page.get_by_role("heading", name="Slips").wait_for()


def running(page: Page, cast: Cast) -> None:
    """Watch a job of a large department that has begun."""
    job = start(cast)
    with within(cast.tenant):
        run_next_chunk(job.pk, now=clock.now())
    go(page, reverse("passwords:bulk", args=[job.pk]))


def cancel(page: Page, cast: Cast) -> None:
    """Be asked before a job is canceled."""
    running(page, cast)
    page.get_by_role("link", name="Cancel the job").click()
    page.get_by_role("heading", name="Cancel the job").wait_for()


def purge(page: Page, cast: Cast) -> None:
    """Be asked before passwords are purged."""
    results(page, cast)
    page.get_by_role("link", name="Purge now").click()
    page.get_by_role("heading", name="Purge the passwords").wait_for()


def list_of_jobs(page: Page, cast: Cast) -> None:
    """See what was done to many."""
    start(cast, "adele.vance", "diego.siciliani")
    start(cast, "adele.vance", "diego.siciliani", act="block")
    running(page, cast)
    go(page, reverse("passwords:bulk-jobs"))
