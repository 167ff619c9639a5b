"""Routes of roles, part of ``users.urls``."""

from __future__ import annotations

from django.urls import path

from users.views import roles, roles_assign, roles_compare, roles_person, roles_why

urlpatterns = [
    path("roles", roles.roles, name="roles"),
    path("roles/export", roles.export, name="roles-export"),
    path("roles/compare", roles_compare.compare, name="roles-compare"),
    path("roles/matrix", roles_compare.matrix, name="role-matrix"),
    path("roles/why", roles_why.why, name="role-why"),
    path("roles/assignments/<uuid:assignment_id>/remove", roles_assign.remove, name="role-remove"),
    path("roles/<uuid:template_id>", roles.role, name="role"),
    path("roles/<uuid:template_id>/assign", roles_assign.assign, name="role-assign"),
    path("roles/<uuid:template_id>/favourite", roles.favourite, name="role-favourite"),
    path("users/active/<uuid:user_id>/roles", roles_person.person_roles, name="person-roles"),
]
