"""Pages and states of the list of people as its readers make it their own."""

from __future__ import annotations

from typing import Final

from tests.browser import ways_of_lists
from tests.browser.atlas import Sheet, at

LISTS: Final = [
    Sheet(
        name="active-users-columns",
        route="users:active",
        way=ways_of_lists.every_column,
        who=ways_of_lists.EVERYTHING,
    ),
    Sheet(name="active-users-views", route="users:active", way=ways_of_lists.open_views),
    Sheet(name="active-users-view", route="users:active", way=at("users:active", query="?view=no_recovery")),
    Sheet(name="active-users-units", route="users:active", way=ways_of_lists.own_units, who=ways_of_lists.OF_UNIT),
    Sheet(name="columns", route="users:columns", way=at("users:columns")),
    Sheet(name="columns-panel", route="users:columns", way=ways_of_lists.open_columns),
]
