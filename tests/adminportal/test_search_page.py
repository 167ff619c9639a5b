"""The search in the top bar: what it finds, for whom, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override

from adminportal import clock
from adminportal.centre.search_commands import read_command
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, make_tenant, part, signed_in
from tests.contracts.matrix import give, make_group, make_unit
from users.roles import TEMPLATE_IDS, Role
from users.search import LONGEST_SEARCH, words_of
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


def found(cast: Cast, who: str, typed: str) -> dict[str, dict[str, str]]:
    """Return labels with their addresses under each heading, as this person finds them."""
    answer = signed_in(cast[who]).get(reverse("centre:search"), {"q": typed})
    assert answer.status_code == 200
    return {str(part.heading): {hit.label: hit.url for hit in part.hits} for part in answer.context["parts"]}


def of(cast: Cast, route: str, name: str) -> str:
    return reverse(route, args=[cast[name].pk])


def test_people_groups_roles_and_settings_are_found_together(cast: Cast) -> None:
    cast.add("helga.password", display_name="Helga Password")
    group = make_group(cast, "Password desk", is_role_assignable=False)

    parts = found(cast, "global.admin", "password")

    assert of(cast, "users:panel", "helga.password") in parts["Users"].values()
    assert parts["Groups"] == {"Password desk": reverse("users:group", args=[group.pk])}
    role = reverse("users:role", args=[TEMPLATE_IDS[Role.PASSWORD_ADMINISTRATOR]])
    assert parts["Roles"]["Password Administrator"] == role
    assert parts["Settings & pages"]["Password policy"] == reverse("passwords:policy")


def test_settings_are_found_by_blade_by_section_and_by_their_own_name(cast: Cast) -> None:
    org = reverse("centre:org-settings")

    assert found(cast, "global.admin", "customization")["Settings & pages"] == {
        "Customization": reverse("sspr:settings-customization")
    }
    assert found(cast, "global.admin", "time zone")["Settings & pages"] == {"Region": f"{org}#section-region"}
    page = signed_in(cast["global.admin"]).get(org).content.decode()
    assert 'id="section-region"' in page


def test_reset_and_a_name_offers_the_people_whom_the_reader_may_reset(cast: Cast) -> None:
    cast.add("adele.admin", display_name="Adele Admin", roles=(Role.GLOBAL_ADMINISTRATOR,))

    parts = found(cast, "helpdesk.admin", "Reset password of ADÉLE")

    assert parts["Commands"] == {"Reset password of Adele Vance": of(cast, "passwords:reset", "adele.vance")}
    assert set(parts["Users"]) == {"Adele Admin", "Adele Vance"}


def test_who_may_reset_nobody_finds_the_person_and_no_command(cast: Cast) -> None:
    parts = found(cast, "global.reader", "reset adele")

    assert set(parts) == {"Users"}


def test_block_is_offered_to_whom_it_is_allowed_and_only_for_people_who_may_sign_in(cast: Cast) -> None:
    assert found(cast, "user.admin", "block adele")["Commands"] == {
        "Block sign-in of Adele Vance": of(cast, "users:block", "adele.vance")
    }
    assert set(found(cast, "user.admin", "block isaiah")) == {"Users"}
    assert "Commands" not in found(cast, "helpdesk.admin", "block adele")


def test_oneself_is_offered_no_command(cast: Cast) -> None:
    assert "Commands" not in found(cast, "helpdesk.admin", "reset helpdesk admin")


def test_add_user_leads_to_its_page_for_whoever_may_add(cast: Cast) -> None:
    assert found(cast, "user.admin", "add user")["Commands"]["Add user"] == reverse("passwords:add-user")
    assert "Commands" not in found(cast, "helpdesk.admin", "add user")


def test_a_command_is_understood_in_the_language_of_the_reader_and_in_english() -> None:
    with override("nb"):
        typed = gettext("Reset password")
        assert typed != "Reset password"
        command, named = read_command(words_of(f"{typed} anna"))
        assert command and command.route == "passwords:reset" and named == ("anna",)
        english, _ = read_command(words_of("reset anna"))
        assert english == command


def test_the_word_of_a_command_alone_is_searched_for() -> None:
    assert read_command(words_of("reset")) == (None, ("reset",))
    assert read_command(words_of("resetting anna")) == (None, ("resetting", "anna"))


def test_reader_of_reports_finds_no_people_groups_roles_or_closed_pages(cast: Cast) -> None:
    assert set(found(cast, "reports.reader", "adele")) == set()
    parts = found(cast, "reports.reader", "re")

    assert set(parts) == {"Settings & pages"}
    assert "Recovery readiness" in parts["Settings & pages"]
    assert {"Reset password", "Region"}.isdisjoint(parts["Settings & pages"])


def test_alternate_addresses_are_searched_as_on_active_users(cast: Cast) -> None:
    assert "Users" in found(cast, "helpdesk.admin", "vance.contoso@mail")
    assert "Users" not in found(cast, "global.reader", "vance.contoso@mail")


def test_role_over_a_unit_finds_the_people_of_the_unit_first(cast: Cast) -> None:
    cast.add_all(part("desk.north"), part("anna.north"), part("anna.south"))
    unit = make_unit(cast, "North", cast["anna.north"])
    give(cast, cast["desk.north"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=unit)

    parts = found(cast, "desk.north", "reset anna")

    assert parts["Commands"] == {"Reset password of Anna North": of(cast, "passwords:reset", "anna.north")}
    assert set(parts["Users"]) == {"Anna North"}


def test_people_and_groups_of_another_tenant_are_not_found(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    other.add("zoe.stranger")
    with within(other.tenant):
        make_group(other, "Zoe's friends", is_role_assignable=False)

    assert found(cast, "global.admin", "zoe") == {}


def test_first_people_lead_on_to_the_whole_list(cast: Cast) -> None:
    cast.add_all(*(part(f"anna.{number}") for number in range(7)))
    client = signed_in(cast["helpdesk.admin"])

    answer = client.get(reverse("centre:search"), {"q": "reset anna"})

    (people,) = [each for each in answer.context["parts"] if each.heading == "Users"]
    assert len(people.hits) == 5
    assert people.more_url == f"{reverse('users:active')}?search=anna"
    assert len(client.get(people.more_url).context["rows"]) == 7


def test_nothing_found_is_said_in_a_sentence_and_nothing_typed_says_nothing(cast: Cast) -> None:
    client, url = signed_in(cast["global.admin"]), reverse("centre:search")

    assert "Nothing was found." in client.get(url, {"q": "nothing-at-all"}).content.decode()
    assert "Nothing was found." in client.get(url, {"q": "?!"}).content.decode()
    assert "Nothing was found." not in client.get(url).content.decode()


def test_too_long_a_search_is_refused_with_a_sentence(cast: Cast) -> None:
    answer = signed_in(cast["global.admin"]).get(reverse("centre:search"), {"q": "a" * (LONGEST_SEARCH + 1)})

    assert answer.status_code == 422
    assert f"Search for at most {LONGEST_SEARCH} characters." in answer.content.decode()


def test_what_was_typed_stays_in_the_bar_as_text(cast: Cast) -> None:
    page = signed_in(cast["global.admin"]).get(reverse("centre:search"), {"q": '"><b>anna'}).content.decode()

    assert "<b>anna" not in page
    assert 'value="&quot;&gt;&lt;b&gt;anna' in page


def test_the_page_is_for_holders_of_a_role(cast: Cast) -> None:
    assert signed_in(cast["adele.vance"]).get(reverse("centre:search"), {"q": "anna"}).status_code == 403
    assert Client().get(reverse("centre:search")).status_code == 302


def test_search_keeps_its_budget_with_more_hits_than_are_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    # With a small count and walk the dearest way of reading a page is taken: ids, edge, walk, sorted hits.
    monkeypatch.setattr("users.grid.COUNTED", 2)
    monkeypatch.setattr("users.grid.WALK", 2)
    cast.add_all(*(part(f"anna.{number}") for number in range(7)))
    client = signed_in(cast["global.admin"])

    with within_budget("centre:search"), clock.travel(timedelta(minutes=2)):
        answer = client.get(reverse("centre:search"), {"q": "reset a"})

    assert {str(each.heading) for each in answer.context["parts"]} > {"Commands", "Users"}


def test_my_account_leads_holders_of_a_role_to_the_admin_center(cast: Cast) -> None:
    def page_of(name: str) -> str:
        return unescape(signed_in(cast[name]).get(reverse("users:account")).content.decode())

    assert "Open the admin center" in page_of("helpdesk.admin")
    assert "Open the admin center" not in page_of("adele.vance")
