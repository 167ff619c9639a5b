"""Routes about how people prove who they are, part of ``users.urls``."""

from __future__ import annotations

from django.urls import path

from users.views import notice, person_methods

urlpatterns = [
    path("notice/<str:token>", notice.notice, name="notice"),
    path("users/active/<uuid:user_id>/contacts", person_methods.contacts, name="person-contacts"),
    path("users/active/<uuid:user_id>/register-again", person_methods.register_again, name="register-again"),
    path("users/active/<uuid:user_id>/methods/<uuid:method_id>/remove", person_methods.remove, name="remove-method"),
]
