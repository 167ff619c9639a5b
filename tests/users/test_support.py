"""Contact support: on sign-in and in the wizard, for the named or the only tenant; never by what is typed."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast, make_cast
from users.models import Tenant

PAGES = ("/signin", "/passwordreset")
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
