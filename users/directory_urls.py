"""Routes of groups and administrative units, part of ``users.urls``."""

from __future__ import annotations

from django.urls import path

from users.views import group_people, groups, unit_people, units

urlpatterns = [
    path("groups", groups.groups, name="groups"),
    path("groups/new", groups.new_group, name="group-new"),
    path("groups/<uuid:group_id>", groups.group, name="group"),
    path("groups/<uuid:group_id>/rename", groups.rename, name="group-rename"),
    path("groups/<uuid:group_id>/delete", groups.delete, name="group-delete"),
    path("groups/<uuid:group_id>/add", group_people.add, name="group-add"),
    path("groups/<uuid:group_id>/remove", group_people.remove, name="group-remove"),
    path("units", units.units, name="units"),
    path("units/new", units.new_unit, name="unit-new"),
    path("units/<uuid:unit_id>", units.unit, name="unit"),
    path("units/<uuid:unit_id>/edit", units.edit, name="unit-edit"),
    path("units/<uuid:unit_id>/delete", units.delete, name="unit-delete"),
    path("units/<uuid:unit_id>/add", unit_people.add, name="unit-add"),
    path("units/<uuid:unit_id>/add/department", unit_people.add_by_department, name="unit-add-department"),
    path("units/<uuid:unit_id>/add/names", unit_people.add_by_names, name="unit-add-names"),
    path("units/<uuid:unit_id>/remove", unit_people.remove, name="unit-remove"),
]
