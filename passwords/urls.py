"""Routes of passwords."""

from __future__ import annotations

from django.urls import path

from passwords.views import add_user, bulk_choose, change_password, pick, reset, reveal

app_name = "passwords"
urlpatterns = [
    path("account/password", change_password.change, name="change"),
    path("account/password/changed", change_password.changed, name="changed"),
    path("account/password/rules", change_password.live_rules, name="change-rules"),
    path("users/add", add_user.add_user, name="add-user"),
    path("users/add/rules", add_user.live_rules, name="add-user-rules"),
    path("passwords/reset", pick.pick, name="pick"),
    path("passwords/reset/<uuid:user_id>", reset.reset, name="reset"),
    path("passwords/reset/<uuid:user_id>/rules", reset.live_rules, name="reset-rules"),
    path("passwords/result/<uuid:reset_id>", reset.result, name="result"),
    path("passwords/result/<uuid:reset_id>/show", reset.show, name="show"),
    path("passwords/result/<uuid:reset_id>/progress", reset.progress, name="progress"),
    path("passwords/result/<uuid:reset_id>/send-again/<uuid:message_id>", reset.send_again, name="send-again"),
    path("passwords/bulk/new", bulk_choose.choose, name="bulk-new"),
    path("reveal/<str:token>", reveal.reveal, name="reveal"),
]
