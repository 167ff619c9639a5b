"""The table of all pages and states, by the part of the portal that they belong to."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from tests.browser import ways, ways_of_many
from tests.browser.atlas import ERRORS, Sheet, at
from tests.browser.sheets_of_expiration import EXPIRATION
from tests.browser.sheets_of_groups import GROUPS
from tests.browser.sheets_of_lists import LISTS
from tests.browser.sheets_of_methods import METHODS
from tests.browser.sheets_of_proof import PROOF
from tests.browser.sheets_of_requests import REQUESTS
from tests.browser.sheets_of_roles import ROLES
from tests.browser.sheets_of_security_info import SECURITY_INFO
from tests.browser.sheets_of_self_service_settings import SELF_SERVICE_SETTINGS
from tests.browser.sheets_of_wizard import WIZARD
from tests.browser.sheets_of_wizard_steps import WIZARD_STEPS
from tests.browser.ways import one_event, one_letter, open_panel, shown_error

NOBODY = ""
PUBLIC: Final = [
    Sheet(name="sign-in", route="users:signin", way=at("users:signin"), who=NOBODY),
    Sheet(name="sign-in-password", route="users:signin", way=ways.type_name, who=NOBODY),
    Sheet(name="sign-in-wrong", route="users:signin", way=ways.type_wrong_password, who=NOBODY),
    Sheet(name="link-ready", route="passwords:reveal", way=ways.link_ready, who=NOBODY),
    Sheet(name="link-shown", route="passwords:reveal", way=ways.link_shown, who=NOBODY),
    Sheet(name="link-used", route="passwords:reveal", way=ways.link_used, who=NOBODY),
    Sheet(name="must-change", route="passwords:change", way=ways.must_change, who=NOBODY),
    *[Sheet(name=f"error-{name}", route="shown-error", way=shown_error(name), who=NOBODY) for name in ERRORS],
    Sheet(name="error-not-found", route="shown-error", way=lambda page, cast: _nowhere(page)),
]
OWN: Final = [
    Sheet(name="account", route="users:account", way=at("users:account"), who="grady.archie"),
    Sheet(name="confirm", route="users:confirm", way=at("users:confirm")),
    Sheet(name="change-password", route="passwords:change", way=at("passwords:change"), who="grady.archie"),
    Sheet(name="change-refused", route="passwords:change", way=ways.change_refused, who="grady.archie"),
    Sheet(name="changed", route="passwords:changed", way=at("passwords:changed"), who="grady.archie"),
]
PEOPLE: Final = [
    Sheet(name="active-users", route="users:active", way=at("users:active")),
    Sheet(
        name="active-users-sorted", route="users:active", way=at("users:active", query="?sort=-username&view=blocked")
    ),
    Sheet(name="active-users-none", route="users:active", way=at("users:active", query="?search=nobody-at-all")),
    Sheet(name="active-users-refused", route="users:active", way=at("users:active", query="?sort=shoe-size")),
    Sheet(name="active-users-helpdesk", route="users:active", way=ways.point_at_protected, who="helpdesk.admin"),
    Sheet(name="active-users-ticked", route="users:active", way=ways_of_many.tick_people),
    Sheet(name="active-users-page", route="users:active", way=ways_of_many.tick_page),
    Sheet(name="active-users-page-helpdesk", route="users:active", way=ways_of_many.tick_page, who="helpdesk.admin"),
    Sheet(name="active-users-everyone", route="users:active", way=at("users:active", query="?select=all")),
    Sheet(name="active-users-menu", route="users:active", way=ways.open_row_menu),
    Sheet(name="panel", route="users:panel", way=open_panel("adele", "Adele Vance")),
    Sheet(name="panel-page", route="users:panel", way=at("users:panel", "global.admin"), who="helpdesk.admin"),
    *[
        Sheet(name=f"panel-{tab}", route="users:panel", way=at("users:panel", "adele.vance", query=f"?tab={tab}"))
        for tab in ("licenses", "password", "methods", "history")
    ],
    Sheet(name="panel-directory", route="users:panel", way=at("users:panel", "lee.gu", query="?tab=directory")),
    Sheet(name="block", route="users:block", way=at("users:block", "adele.vance")),
    Sheet(name="allow", route="users:allow", way=at("users:allow", "isaiah.langer")),
    Sheet(name="sign-out", route="users:signout-person", way=at("users:signout-person", "adele.vance")),
    *[
        Sheet(name=act, route=f"users:{act}", way=at(f"users:{act}", "adele.vance"))
        for act in ("force-change", "never-expires", "expires", "strong-optional", "strong-required")
    ],
    Sheet(name="force-change-refused", route="users:force-change", way=at("users:force-change", "lee.gu")),
    Sheet(name="add-user", route="passwords:add-user", way=at("passwords:add-user")),
    Sheet(name="add-user-refused", route="passwords:add-user", way=ways.add_user_refused),
    Sheet(name="import", route="users:import", way=at("users:import")),
    Sheet(name="import-refused", route="users:import", way=ways.import_refused),
    Sheet(name="import-preview", route="users:import-batch", way=ways.import_preview),
    Sheet(name="import-result", route="users:import-batch", way=ways.import_result),
]
RESET: Final = [
    Sheet(name="pick", route="passwords:pick", way=at("passwords:pick")),
    Sheet(name="pick-panel", route="passwords:pick", way=ways.pick_in_panel),
    Sheet(name="reset", route="passwords:reset", way=open_panel("adele", "Reset password of Adele Vance")),
    Sheet(name="reset-page", route="passwords:reset", way=at("passwords:reset", "adele.vance")),
    Sheet(name="reset-own", route="passwords:reset", way=ways.own_password_typed),
    Sheet(
        name="reset-refused", route="passwords:reset", way=at("passwords:reset", "global.admin"), who="helpdesk.admin"
    ),
    Sheet(name="reset-synced", route="passwords:reset", way=at("passwords:reset", "lee.gu")),
    Sheet(name="result", route="passwords:result", way=ways.result),
    Sheet(name="result-shown", route="passwords:show", way=ways.result_shown),
    Sheet(name="result-panel", route="passwords:show", way=ways.result_in_panel),
    Sheet(name="result-already-shown", route="passwords:result", way=ways.result_already_shown),
]
MANY: Final = [
    Sheet(name="bulk-nobody", route="passwords:bulk-new", way=ways_of_many.tick_nobody),
    Sheet(name="bulk-list", route="passwords:bulk-list", way=at("passwords:bulk-list")),
    Sheet(name="bulk-list-empty", route="passwords:bulk-list", way=ways_of_many.send_empty_list),
    Sheet(name="bulk-list-preview", route="passwords:bulk", way=ways_of_many.paste_list),
    Sheet(name="bulk-jobs-none", route="passwords:bulk-jobs", way=at("passwords:bulk-jobs"), who="helpdesk.admin"),
    Sheet(name="bulk-group", route="passwords:bulk-group", way=at("passwords:bulk-group")),
    Sheet(name="bulk-preview", route="passwords:bulk", way=ways_of_many.choose_everyone("Reset password")),
    Sheet(name="bulk-preview-blind", route="passwords:bulk-preview", way=ways_of_many.choose_blind),
    Sheet(name="bulk-preview-block", route="passwords:bulk", way=ways_of_many.choose_everyone("Block sign-in")),
    Sheet(name="bulk-running", route="passwords:bulk", way=ways_of_many.running),
    Sheet(name="bulk-results", route="passwords:bulk", way=ways_of_many.results),
    Sheet(name="bulk-results-shown", route="passwords:bulk-show", way=ways_of_many.results_shown),
    Sheet(name="bulk-results-blind", route="passwords:bulk", way=ways_of_many.results_blind),
    Sheet(
        name="bulk-results-of-others", route="passwords:bulk", way=ways_of_many.results_of_others, who="security.admin"
    ),
    Sheet(name="bulk-slips", route="passwords:bulk-slips", way=ways_of_many.slips),
    Sheet(name="bulk-cancel", route="passwords:bulk-cancel", way=ways_of_many.cancel),
    Sheet(name="bulk-purge", route="passwords:bulk-purge", way=ways_of_many.purge),
    Sheet(name="bulk-jobs", route="passwords:bulk-jobs", way=ways_of_many.list_of_jobs),
    Sheet(name="bulk-jobs-reader", route="passwords:bulk-jobs", way=ways_of_many.list_of_jobs, who="global.reader"),
    Sheet(name="bulk-left-out", route="passwords:bulk-left-out", way=ways_of_many.list_those_refused),
]
CENTRE: Final = [
    Sheet(name="home", route="centre:home", way=at("centre:home")),
    Sheet(name="home-helpdesk", route="centre:home", way=at("centre:home"), who="helpdesk.admin"),
    Sheet(name="home-account-menu", route="centre:home", way=ways.open_account_menu),
    Sheet(name="search", route="centre:search", way=at("centre:search", query="?q=reset+a")),
    Sheet(name="search-none", route="centre:search", way=at("centre:search", query="?q=nothing-at-all")),
    Sheet(name="org-settings", route="centre:org-settings", way=at("centre:org-settings")),
    Sheet(name="org-settings-reader", route="centre:org-settings", way=at("centre:org-settings"), who="global.reader"),
    Sheet(
        name="org-settings-lockout",
        route="centre:org-settings",
        way=at("centre:org-settings"),
        who="authentication.policy.admin",
    ),
    Sheet(name="password-policy", route="passwords:policy", way=at("passwords:policy")),
    Sheet(name="audit", route="centre:audit", way=at("centre:audit")),
    Sheet(name="audit-filter", route="centre:audit", way=ways.open_filter),
    Sheet(name="audit-none", route="centre:audit", way=at("centre:audit", query="?target=nobody-at-all")),
    Sheet(name="audit-event", route="centre:audit-event", way=one_event("centre:audit-event")),
    Sheet(name="audit-own", route="centre:audit-own", way=at("centre:audit-own"), who="helpdesk.admin"),
    Sheet(name="audit-own-event", route="centre:audit-own-event", way=one_event("centre:audit-own-event")),
    Sheet(name="messages", route="centre:messages", way=ways.message_trace),
    Sheet(name="messages-none", route="centre:messages", way=at("centre:messages", query="?person=nobody-at-all")),
    Sheet(name="inbox", route="centre:dev-inbox", way=at("centre:dev-inbox"), who=NOBODY),
    Sheet(name="inbox-message", route="centre:dev-message", way=one_letter("centre:dev-message"), who=NOBODY),
    Sheet(
        name="inbox-html",
        route="centre:dev-message-html",
        way=one_letter("centre:dev-message-html"),
        who=NOBODY,
        is_letter=True,
    ),
]
PARTS: Final = {
    "public": PUBLIC,
    "own": OWN,
    "proof": PROOF,
    "people": PEOPLE,
    "reset": RESET,
    "methods": METHODS,
    "security-info": SECURITY_INFO,
    "requests": REQUESTS,
    "wizard": WIZARD,
    "wizard-steps": WIZARD_STEPS,
    "many": MANY,
    "roles": ROLES,
    "groups": GROUPS,
    "lists": LISTS,
    "self-service-settings": SELF_SERVICE_SETTINGS,
    "expiration": EXPIRATION,
    "centre": CENTRE,
}
NO_PAGES: Final = {
    "users:confirm-send": "takes a POST and leads on",
    "users:end-session": "takes a POST and leads on",
    "users:end-own-session": "takes a POST and leads on",
    "users:group-remove": "takes a POST and leads on",
    "users:unit-remove": "takes a POST and leads on",
    "users:unit-add-department": "takes a POST and leads on",
    "users:unlock": "takes a POST and leads on",
    "sspr:open-again": "takes a POST and leads on",
    "users:signout": "takes a POST and leads on",
    "users:language": "takes a POST and leads on",
    "users:signout-everywhere": "takes a POST and leads on",
    "users:role-favourite": "takes a POST and leads on",
    "users:export": "a file",
    "sspr:settings": "leads to the first blade",
    "sspr:readiness-ask": "takes a POST and leads on",
    "sspr:readiness-export": "a file",
    "sspr:insights-csv": "a file",
    "sspr:insights-events-csv": "a file",
    "sspr:insights-users-csv": "a file",
    "users:roles-export": "a file",
    "users:import-template": "a file",
    "users:import-outcomes": "a file",
    "users:import-examples": "a file",
    "passwords:change-rules": "a part of a page",
    "sspr:rules": "a part of a page",
    "sspr:settings-group-names": "a part of a page",
    "sspr:reason": "takes a POST and leads on",
    "sspr:send": "takes a POST and leads on",
    "sspr:prove": "takes a POST and leads on",
    "sspr:finish": "takes a POST and leads on, or back to the form",
    "sspr:go-on": "takes a POST and leads on",
    "sspr:unlock": "takes a POST and leads on",
    "sspr:cancel": "takes a POST and leads on",
    "sspr:ssprsetup": "leads to Security info",
    "sspr:mysecurityinfo": "leads to Security info",
    "sspr:register-next": "leads to what is missing, or to the end",
    "sspr:register-office": "the page of every number, where a voice channel is set up",
    "sspr:register-skip": "takes a POST and leads on",
    "sspr:security-info-office": "the page of every number, where a voice channel is set up",
    "sspr:security-info-default": "takes a POST and leads on",
    "users:my-contact-cancel": "takes a POST and leads on",
    "users:forget-browser": "takes a POST and leads on",
    "sspr:captcha-picture": "a picture",
    "sspr:captcha-sound": "a recording",
    "passwords:request-count": "a part of a page",
    "passwords:request-take": "takes a POST and leads on",
    "passwords:request-called": "takes a POST and leads on",
    "passwords:request-decline": "takes a POST and leads on, or back to the page of the request",
    "passwords:reset-rules": "a part of a page",
    "passwords:add-user-rules": "a part of a page",
    "passwords:printed": "takes a POST and answers nothing",
    "passwords:progress": "a part of a page",
    "passwords:send-again": "takes a POST and leads on",
    "passwords:bulk-progress": "a part of a page",
    "passwords:bulk-csv": "a file",
    "passwords:bulk-outcomes": "a file",
    "passwords:bulk-pause": "takes a POST and leads on",
    "passwords:bulk-resume": "takes a POST and leads on",
    "passwords:bulk-rest": "takes a POST and leads on",
    "passwords:bulk-retry": "takes a POST and leads on",
    "centre:audit-checkpoints": "a file",
    "centre:audit-export": "a file",
    "centre:org-settings-save": "takes a POST and leads on",
    "passwords:policy-save": "takes a POST and leads on",
    "health-live": "for machines",
    "health-ready": "for machines",
    "metrics": "for machines",
    "csp-report": "for machines",
}
"""Routes that draw no page, and why."""


def _nowhere(page: Page) -> None:
    page.goto("/nowhere")
