"""The pages of groups and administrative units, part of the table of all pages."""

from __future__ import annotations

from typing import Final

from tests.browser import ways_of_groups
from tests.browser.atlas import Sheet, at

GROUPS: Final = [
    Sheet(name="groups", route="users:groups", way=at("users:groups")),
    Sheet(name="groups-helpdesk", route="users:groups", way=at("users:groups"), who="helpdesk.admin"),
    Sheet(name="groups-none", route="users:groups", way=at("users:groups", query="?search=nothing-at-all")),
    Sheet(name="group-new", route="users:group-new", way=at("users:group-new")),
    Sheet(name="group-new-refused", route="users:group-new", way=ways_of_groups.name_taken),
    Sheet(name="group", route="users:group", way=ways_of_groups.at_group("users:group")),
    Sheet(name="group-owners", route="users:group", way=ways_of_groups.at_group("users:group", query="?part=owner")),
    Sheet(name="group-helpdesk", route="users:group", way=ways_of_groups.at_group("users:group"), who="helpdesk.admin"),
    Sheet(name="group-add", route="users:group-add", way=ways_of_groups.at_group("users:group-add")),
    Sheet(name="group-rename", route="users:group-rename", way=ways_of_groups.at_group("users:group-rename")),
    Sheet(name="group-delete", route="users:group-delete", way=ways_of_groups.at_group("users:group-delete")),
    Sheet(name="units", route="users:units", way=ways_of_groups.at_units),
    Sheet(name="units-reader", route="users:units", way=at("users:units"), who="global.reader"),
    Sheet(name="units-none", route="users:units", way=at("users:units")),
    Sheet(name="unit-new", route="users:unit-new", way=at("users:unit-new")),
    Sheet(name="unit", route="users:unit", way=ways_of_groups.at_unit("users:unit")),
    Sheet(name="unit-add", route="users:unit-add", way=ways_of_groups.at_unit("users:unit-add")),
    Sheet(name="unit-unknown", route="users:unit-add-names", way=ways_of_groups.names_unknown),
    Sheet(name="unit-edit", route="users:unit-edit", way=ways_of_groups.at_unit("users:unit-edit")),
    Sheet(name="unit-delete", route="users:unit-delete", way=ways_of_groups.at_unit("users:unit-delete")),
]
