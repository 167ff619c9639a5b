"""Routes about how people prove who they are, part of ``users.urls``."""

from __future__ import annotations

from django.urls import path

from users.models import ContactKind
from users.views import my_activity, my_contacts, notice, person_methods, trusted_browsers

urlpatterns = [
    path("account/activity", my_activity.activity, name="my-activity"),
    path(
        "account/contact/alternate-email",
        my_contacts.change,
        {"kind": ContactKind.ALTERNATE_EMAIL},
        name="my-alternate-email",
    ),
    path(
        "account/contact/mobile-phone", my_contacts.change, {"kind": ContactKind.MOBILE_PHONE}, name="my-mobile-phone"
    ),
    path("account/contact/<uuid:change_id>/cancel", my_contacts.cancel, name="my-contact-cancel"),
    path("account/trusted-browsers/forget", trusted_browsers.forget, name="forget-browser"),
    path("notice/<str:token>", notice.notice, name="notice"),
    path("users/active/<uuid:user_id>/contacts", person_methods.contacts, name="person-contacts"),
    path("users/active/<uuid:user_id>/register-again", person_methods.register_again, name="register-again"),
    path("users/active/<uuid:user_id>/methods/<uuid:method_id>/remove", person_methods.remove, name="remove-method"),
]
