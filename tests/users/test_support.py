"""Contact support: on sign-in and in the wizard, for the named or the only tenant; never by what is typed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from adminportal.settings.addresses import support_contact, support_page
from tests.cast import Cast, make_cast
from tests.solving import solved
from users.models import Tenant

PAGES = ("/signin", "/passwordreset", "/forgot-username")
FURTHER_PAGES = (
    "/forgot-username/sent",
    "/passwordreset/contact",
    "/passwordreset/contact/sent",
    "/passwordreset/step",
)
COOKIES = (
    settings.HOME_COOKIE_NAME,
    settings.SSPR_COOKIE_NAME,
    settings.DEVICE_COOKIE_NAME,
    settings.TRUSTED_COOKIE_NAME,
    settings.SESSION_COOKIE_NAME,
    settings.LANGUAGE_COOKIE_NAME,
)
LINK = "https://help.contoso.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    values = {"support_contact": "help@contoso.example", "support_url": "https://help.contoso.example"}
    Tenant.objects.filter(pk=cast.tenant.pk).update(**values)
    return cast


def shown(address: str) -> str:
    return Client().get(address).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_only_tenant_is_offered_to_everybody(cast: Cast, page: str) -> None:
    assert 'href="https://help.contoso.example"' in shown(page)
    assert 'href="mailto:help@contoso.example"' in shown(page)


@pytest.mark.parametrize("page", PAGES)
def test_of_several_tenants_only_the_one_that_the_address_names(cast: Cast, page: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")

    assert "help.contoso.example" not in shown(page)
    assert "help.contoso.example" in shown(f"{page}?whr=contoso.example")
    assert "help.contoso.example" not in shown(f"{page}?whr=fabrikam.example")
    assert "help.contoso.example" not in shown(f"{page}?whr={'x' * 400}")


@pytest.mark.parametrize("page", PAGES)
def test_other_addresses_than_https_are_no_link(cast: Cast, page: str) -> None:
    Tenant.objects.update(support_contact="+1 202 555 0188", support_url="javascript:alert(1)")

    assert "javascript:" not in shown(page)
    assert "<span>+1 202 555 0188</span>" in shown(page)


@pytest.mark.parametrize("page", PAGES)
def test_odd_address_adds_nothing_to_the_mail_that_it_opens(cast: Cast, page: str) -> None:
    Tenant.objects.update(support_contact="help?bcc=all@contoso.example")

    assert 'href="mailto:help%3Fbcc%3Dall@contoso.example"' in shown(page)


def test_named_organization_is_kept_through_the_pages_that_follow(cast: Cast) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    client = Client()

    first = client.get("/signin?whr=contoso.example")
    page_one = client.get(link_to("/passwordreset", first))
    begun = client.post("/passwordreset", {"user_name": "nobody@fabrikam.example", **solved(page_one)})
    step = client.get(begun["Location"])
    password = client.post("/signin", {"user_name": "nobody@fabrikam.example"})

    assert begun.status_code == 302
    sent = client.get("/forgot-username/sent")
    for page in (first, page_one, step, password, sent, client.get("/passwordreset/contact")):
        assert LINK in page.content.decode()
    other = client.get("/passwordreset?whr=fabrikam.example")
    assert LINK not in other.content.decode()
    assert LINK not in client.get(link_to("/signin", other)).content.decode()


@pytest.mark.parametrize("ends", ["/passwordreset/cancel", "/passwordreset/reason"])
def test_way_back_from_an_attempt_still_knows_the_organization(cast: Cast, ends: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    client = Client()

    client.get("/passwordreset?whr=contoso.example")
    back = client.post(ends)

    assert back.status_code == 302
    assert LINK in client.get(back["Location"]).content.decode()


@pytest.mark.parametrize("query", ["", "?whr=", "?whr=not%20a%20domain", "?username=a@fabrikam.example"])
@pytest.mark.parametrize("page", PAGES)
def test_whoever_comes_in_anew_is_told_nothing_of_an_earlier_link(cast: Cast, page: str, query: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    client = Client()

    client.get("/passwordreset?whr=contoso.example")
    anew = client.get(f"{page}{query}")
    after = [client.post("/signin", {"user_name": "a@fabrikam.example"}), client.get("/forgot-username/sent")]

    for answer in (anew, *after):
        assert LINK not in answer.content.decode() and "Contoso" not in answer.content.decode()
        assert "whr=contoso" not in answer.content.decode()
    assert not client.cookies[settings.HOME_COOKIE_NAME].value


def test_a_form_that_is_sent_forgets_nothing(cast: Cast) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    client = Client()

    client.get("/forgot-username?whr=contoso.example")
    answers = [client.post(page, {"user_name": "", "address": "x"}) for page in PAGES]

    for answer in answers:
        assert answer.status_code == 422 and LINK in answer.content.decode()


@pytest.mark.parametrize("contact", ["help@contoso.example", ""])
@pytest.mark.parametrize("url", ["https://help.contoso.example", ""])
def test_support_that_an_address_names_says_whose_it_is(cast: Cast, url: str, contact: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    Tenant.objects.filter(pk=cast.tenant.pk).update(support_url=url, support_contact=contact)

    for page in PAGES:
        assert ("Support of Contoso" in shown(f"{page}?whr=contoso.example")) is bool(url or contact)
        assert "Support of" not in shown(f"{page}?whr=fabrikam.example")


@pytest.mark.parametrize("page", PAGES)
def test_support_of_the_only_tenant_names_nobody(cast: Cast, page: str) -> None:
    assert "Contact support" in shown(page)
    assert "Contoso" not in shown(page)


@pytest.mark.parametrize("page", ["/signin", "/forgot-username"])
def test_domain_without_a_tenant_looks_like_one_whose_tenant_offers_no_support(cast: Cast, page: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")

    answers = [Client().get(page, {"whr": domain}) for domain in ("fabrikam.example", "nobodyis.example")]

    assert len({still(answer.content.decode()) for answer in answers}) == 1
    assert len({tuple(sorted(answer.cookies)) for answer in answers}) == 1


def link_to(path: str, answer: HttpResponse) -> str:
    """Return the address of a link to a page."""
    found = re.search(rf'href="({path}(?:\?[^"]*)?)"', answer.content.decode())
    assert found, path
    return unescape(found[1])


def still(page: str) -> str:
    """Take off what differs at every request, and the domain itself."""
    page = re.sub(r"fabrikam\.example|nobodyis\.example", "DOMAIN", page)
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce|data-proof|name="captcha" value)="[^"]*"', r"\1", page)
    return re.sub(r"captcha/[^/]+/|[0-9a-f]{8}-[0-9a-f-]{27}", "", page)


def test_what_is_no_domain_is_not_kept() -> None:
    client = Client()

    client.get("/signin", {"whr": "contoso.example; path=/"})

    assert settings.HOME_COOKIE_NAME not in client.cookies


@pytest.mark.parametrize("value", ["\\000x", "contoso.example\\000", "\\377", "contoso.example\\012", "x" * 4000])
def test_cookie_that_is_no_domain_is_passed_over(cast: Cast, value: str) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    cookies = "; ".join(f'{name}="{value}"' for name in COOKIES)
    answers = [Client().get(page, headers={"cookie": cookies}) for page in FURTHER_PAGES]
    answers += [Client().post(page, {"user_name": ""}, headers={"cookie": cookies}) for page in PAGES]

    assert {answer.status_code for answer in answers} <= {200, 302, 422, 429}
    assert LINK not in "".join(answer.content.decode() for answer in answers)


def test_support_of_the_operator_where_the_organization_is_not_known(cast: Cast, settings: Settings) -> None:
    make_cast("fabrikam.example", "Fabrikam")
    settings.SUPPORT_URL, settings.SUPPORT_CONTACT = "https://operator.example/help", "+1 202 555 0150"

    assert "https://operator.example/help" in shown("/signin")
    assert "<span>+1 202 555 0150</span>" in shown("/passwordreset?whr=fabrikam.example")
    named = shown("/passwordreset?whr=contoso.example")
    assert LINK in named and "operator.example" not in named


@pytest.mark.parametrize("url", ["http://help.example", "https://", "javascript:alert(1)", "https://a b.example"])
def test_other_support_pages_than_https_stop_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SUPPORT_URL"):
        support_page(url)


@pytest.mark.parametrize("text", ["the help desk", "https://help.example", "help@example", "12"])
def test_support_contact_that_is_neither_address_nor_number_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SUPPORT_CONTACT"):
        support_contact(text)


def test_support_that_can_be_used_is_taken() -> None:
    assert support_page("https://help.example/portal") == "https://help.example/portal"
    assert [support_contact(text) for text in ("", "help@help.example", "+1 202 555 0150")][1:] == [
        "help@help.example",
        "+1 202 555 0150",
    ]
