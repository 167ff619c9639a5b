"""A role is given, used and taken away in the browser: with scripts in the panel, and without them on pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.portal import NARROW, WIDE, Portal, has_focus, sign_in, tab_to
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "at 320 pixels without scripts"])
def test_new_helper_signs_in_again_and_reads_why_until_the_role_is_taken(
    portal: Portal, cast: Cast, scripts: bool
) -> None:
    boss = portal.tab(cast["global.admin"], scripts=scripts, size=WIDE if scripts else NARROW)
    helper = portal.tab(cast["adele.vance"], scripts=scripts)
    helper.goto("/account")
    expect(helper.get_by_role("heading", name="Who can reset me?")).to_be_visible()

    boss.goto("/roles?search=helpdesk")
    boss.get_by_role("link", name="Helpdesk Administrator", exact=True).click()
    boss.get_by_role("link", name="Assign", exact=True).click()
    boss.get_by_role("searchbox", name="Search people and groups").fill("adele")
    boss.get_by_role("button", name="Search", exact=True).last.click()
    boss.wait_for_url("**search=adele*")  # the list of everybody names Adele as well
    boss.get_by_label("Adele Vance").check()
    boss.get_by_role("button", name="Assign").click()
    expect(boss.get_by_text("The role is assigned.")).to_be_visible()

    helper.goto("/account")
    expect(helper.get_by_role("textbox", name="User name")).to_be_visible()
    sign_in(helper, user_name=cast["adele.vance"].user_principal_name, password=PASSWORD)
    helper.get_by_role("heading", name="Home").wait_for()
    helper.goto(f"/roles/why?target={cast['user.admin'].pk}")
    expect(helper.get_by_text("The smallest role that would do is User Administrator.")).to_be_visible()

    boss.get_by_role("link", name="Take the role from Adele Vance").click()
    boss.get_by_role("button", name="Take away Helpdesk Administrator").click()
    expect(boss.get_by_text("The role was taken away")).to_be_visible()
    expect(boss.get_by_text("Adele Vance")).to_have_count(0)

    helper.goto("/roles")
    expect(helper.get_by_role("textbox", name="User name")).to_be_visible()


def test_two_people_are_held_against_each_other_without_a_mouse(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/roles/why")

    tab_to(page, page.get_by_role("group", name="On whom").get_by_role("searchbox"))
    page.keyboard.type("global admin")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="On whom").get_by_label("Global Admin").wait_for()
    tab_to(page, page.get_by_role("group", name="On whom").get_by_label("Global Admin"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Search and show why"))
    page.keyboard.press("Enter")

    verdict = page.get_by_role("region", name="Helpdesk Admin and Global Admin")
    expect(verdict.get_by_text("RESET_TARGET_ROLE").first).to_be_visible()


def test_protected_role_keeps_a_command_that_says_why(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/roles")
    page.get_by_role("link", name="Password Administrator", exact=True).click()
    command = page.get_by_role("dialog").get_by_role("button", name="Assign", disabled=True)
    expect(page.get_by_role("dialog").get_by_role("heading", name="Password Administrator")).to_be_focused()

    tab_to(page, command)

    expect(command).to_have_accessible_description(re.compile("None of your roles may give roles."))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert has_focus(page.get_by_role("link", name="Password Administrator", exact=True))
