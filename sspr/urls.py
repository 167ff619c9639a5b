"""Routes of self service."""

from __future__ import annotations

from django.urls import path

from sspr import settings_urls
from sspr.views import captcha, forgotten_name, wizard

app_name = "sspr"
urlpatterns = [
    path("passwordreset", wizard.start, name="start"),
    path("forgot-username", forgotten_name.forgotten_name, name="forgotten-name"),
    path("forgot-username/sent", forgotten_name.sent, name="forgotten-name-sent"),
    path("captcha/<str:token>/picture", captcha.picture, name="captcha-picture"),
    path("captcha/<str:token>/sound", captcha.sound, name="captcha-sound"),
    *settings_urls.urlpatterns,
]
