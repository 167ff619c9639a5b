"""Licences that decide who may reset: nobody is shut out by the change without being named first."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from adminportal.audit.models import AuditEvent
from sspr.models import Reach
from tests.cast import Cast, make_cast
from tests.sspr.self_service import policy_for
from users.models import LicenceAssignment, LicenceProduct, Tenant
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    return cast


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("set_licensing", "contoso.example", *arguments, stdout=out)
    return out.getvalue()


def mode_of(cast: Cast) -> str:
    return Tenant.objects.get(pk=cast.tenant.pk).licensing_mode


def test_whom_it_shuts_out_is_named_before_anything_is_changed(cast: Cast) -> None:
    with pytest.raises(CommandError) as refusal:
        run("microsoft")
    with pytest.raises(CommandError):
        run("microsoft", "--accept", "2")

    assert "This leaves 1 of the" in str(refusal.value)
    assert "adele.vance@contoso.example" in str(refusal.value)
    assert mode_of(cast) == "portal"


def test_confirmed_number_switches_it_on_with_an_audit_row(cast: Cast) -> None:
    assert "left unable to reset: 1" in run("microsoft", "--accept", "1")

    event = AuditEvent.objects.filter(activity="Update company").latest("occurred_at")
    assert mode_of(cast) == "microsoft"
    assert event.details == {"LeftUnableToReset": "1"}
    assert "microsoft" in str(event.targets[0]["modified"])


def test_it_shuts_nobody_out_who_has_a_licence_and_is_switched_off_without_asking(cast: Cast) -> None:
    with within(cast.tenant):
        product = LicenceProduct.objects.get(tenant=cast.tenant)
        LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=cast["adele.vance"])

    assert "left unable to reset: 0" in run("microsoft")
    run("portal")

    assert mode_of(cast) == "portal"


def test_unknown_tenant_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no tenant"):
        call_command("set_licensing", "nobody.example", "microsoft")
