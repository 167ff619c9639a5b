"""Routes of self service."""

from __future__ import annotations

from django.urls import path

from sspr.views import wizard

app_name = "sspr"
urlpatterns = [path("passwordreset", wizard.start, name="start")]
