"""Routes of users."""

from __future__ import annotations

from django.urls import path

from users import directory_urls, method_urls, role_urls
from users.act_rules import Act
from users.views import (
    active_users,
    choose_columns,
    confirm,
    export_users,
    import_users,
    my_account,
    person_acts,
    second_factor,
    sessions,
    sign_in,
    user_panel,
)

app_name = "users"
urlpatterns = [
    path("signin", sign_in.signin, name="signin"),
    path("signout", sign_in.signout, name="signout"),
    path("signin/second-factor", second_factor.second_factor, name="second-factor"),
    path("signin/second-factor/set-up", second_factor.set_up_app, name="second-factor-set-up"),
    path("confirm", confirm.confirm, name="confirm"),
    path("confirm/send", confirm.send, name="confirm-send"),
    path("language", sign_in.language, name="language"),
    path("account", my_account.account, name="account"),
    path("account/end-session", sessions.end_own_session, name="end-own-session"),
    path("account/signout-everywhere", my_account.signout_everywhere, name="signout-everywhere"),
    path("users/active", active_users.active, name="active"),
    path("users/active/columns", choose_columns.columns, name="columns"),
    path("users/active/export", export_users.export, name="export"),
    path("users/active/<uuid:user_id>", user_panel.panel, name="panel"),
    path("users/active/<uuid:user_id>/block", person_acts.act, {"act": Act.BLOCK}, name="block"),
    path("users/active/<uuid:user_id>/allow", person_acts.act, {"act": Act.ALLOW}, name="allow"),
    path("users/active/<uuid:user_id>/signout", person_acts.act, {"act": Act.SIGN_OUT}, name="signout-person"),
    path("users/active/<uuid:user_id>/force-change", person_acts.act, {"act": Act.FORCE_CHANGE}, name="force-change"),
    path(
        "users/active/<uuid:user_id>/never-expires", person_acts.act, {"act": Act.NEVER_EXPIRES}, name="never-expires"
    ),
    path("users/active/<uuid:user_id>/expires", person_acts.act, {"act": Act.EXPIRES}, name="expires"),
    path(
        "users/active/<uuid:user_id>/strong-optional",
        person_acts.act,
        {"act": Act.STRONG_OPTIONAL},
        name="strong-optional",
    ),
    path(
        "users/active/<uuid:user_id>/strong-required",
        person_acts.act,
        {"act": Act.STRONG_REQUIRED},
        name="strong-required",
    ),
    path("users/active/<uuid:user_id>/end-session", sessions.end_session, name="end-session"),
    path("users/active/<uuid:user_id>/unlock", person_acts.unlock, name="unlock"),
    path("users/import", import_users.import_users, name="import"),
    path("users/import/template.csv", import_users.template, {"has_examples": False}, name="import-template"),
    path("users/import/examples.csv", import_users.template, {"has_examples": True}, name="import-examples"),
    path("users/import/<uuid:batch_id>", import_users.import_batch, name="import-batch"),
    path("users/import/<uuid:batch_id>/outcomes.csv", import_users.outcomes, name="import-outcomes"),
    *method_urls.urlpatterns,
    *role_urls.urlpatterns,
    *directory_urls.urlpatterns,
]
