"""Routes of users."""

from __future__ import annotations

from django.urls import path

from users.views import my_account, sign_in

app_name = "users"
urlpatterns = [
    path("signin", sign_in.signin, name="signin"),
    path("signout", sign_in.signout, name="signout"),
    path("confirm", sign_in.confirm, name="confirm"),
    path("language", sign_in.language, name="language"),
    path("account", my_account.account, name="account"),
    path("account/signout-everywhere", my_account.signout_everywhere, name="signout-everywhere"),
]
