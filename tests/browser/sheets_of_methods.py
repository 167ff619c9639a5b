"""Pages about how people prove who they are, and ways to them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from tests.browser.atlas import Sheet, at, go, press
from tests.cast import Cast
from tests.users.contact_ways import changes_address
from users.models import AuthenticationMethod, MethodKind
from users.services.methods import save_method, set_default
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import within

NOBODY = ""


def register(cast: Cast, name: str = "adele.vance") -> UUID:
    """Give a person one method of most kinds and return the id of the app."""
    user, now, by = cast[name], clock.now(), cast.actor(name).for_audit()
    with within(cast.tenant):
        for kind, value in ((MethodKind.EMAIL, "adele@mail.example"), (MethodKind.MOBILE_PHONE, "+46 70 174 06 06")):
            save_method(tenant=cast.tenant, user=user, kind=kind, value=value, by=by, now=now)
        make_recovery_codes(tenant=cast.tenant, user=user, by=by, now=now)
        facts = {"sealed_key": "sealed", "created_at": now, "proven_at": now}
        app, _ = AuthenticationMethod.objects.get_or_create(
            defaults=facts, tenant=cast.tenant, user=user, kind=MethodKind.AUTHENTICATOR, label="Phone of Adele"
        )
        set_default(tenant=cast.tenant, user=user, method_id=app.pk, by=by, now=now)
    return app.pk


def ask_to_change(cast: Cast) -> str:
    """Let a change of an address wait and return the path of its stop button."""
    changes_address(cast)
    message = OutboundMessage.objects.filter(template="contact_change_waiting", channel="email").latest("created_at")
    return reverse("users:notice", args=[links.token_of(message).expose()])


def methods_tab(page: Page, cast: Cast) -> None:
    """See what somebody registered, and a change that waits."""
    register(cast)
    ask_to_change(cast)
    go(page, reverse("users:panel", args=[cast["adele.vance"].pk]) + "?tab=methods")


def remove(page: Page, cast: Cast) -> None:
    """Be asked before an app is removed."""
    go(page, reverse("users:remove-method", args=[cast["adele.vance"].pk, register(cast)]))


def contacts_refused(page: Page, cast: Cast) -> None:
    """Read what is wrong with a number."""
    go(page, reverse("users:person-contacts", args=[cast["adele.vance"].pk]))
    page.get_by_label("Mobile phone").fill("12")
    press(page, "Save")
    page.get_by_text("Enter the number with its country").first.wait_for()


def stop_button(page: Page, cast: Cast) -> None:
    """Open the link of a waiting change."""
    go(page, ask_to_change(cast))


def stopped(page: Page, cast: Cast) -> None:
    """Press its button."""
    go(page, ask_to_change(cast))
    press(page, "Stop the change")
    page.get_by_role("heading", name="The change was stopped").wait_for()


METHODS: Final = [
    Sheet(name="panel-methods-registered", route="users:panel", way=methods_tab),
    Sheet(name="panel-methods-helpdesk", route="users:panel", way=methods_tab, who="helpdesk.admin"),
    Sheet(name="remove-method", route="users:remove-method", way=remove),
    Sheet(name="remove-method-refused", route="users:remove-method", way=remove, who="helpdesk.admin"),
    Sheet(name="register-again", route="users:register-again", way=at("users:register-again", "adele.vance")),
    Sheet(name="person-contacts", route="users:person-contacts", way=at("users:person-contacts", "adele.vance")),
    Sheet(name="person-contacts-refused", route="users:person-contacts", way=contacts_refused),
    Sheet(name="notice-stop", route="users:notice", way=stop_button, who=NOBODY),
    Sheet(name="notice-stopped", route="users:notice", way=stopped, who=NOBODY),
]
