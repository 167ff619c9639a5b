"""Routes of Settings › Password reset, part of ``sspr.urls``."""

from __future__ import annotations

from django.urls import path

from sspr.policy_settings import Blade
from sspr.views import insights, insights_events, settings, settings_questions, settings_readiness, settings_try

urlpatterns = [
    path("settings/password-reset", settings.settings, name="settings"),
    *(
        path(f"settings/password-reset/{blade}", settings.blade, {"blade": blade}, name=f"settings-{blade}")
        for blade in Blade
    ),
    path("settings/password-reset/group-names", settings.group_names, name="settings-group-names"),
    path("settings/password-reset/questions", settings_questions.questions, name="settings-questions"),
    path("settings/password-reset/try-it", settings_try.try_it, name="try-it"),
    path("settings/password-reset/readiness", settings_readiness.readiness, name="readiness"),
    path("settings/password-reset/readiness/export", settings_readiness.export, name="readiness-export"),
    path("settings/password-reset/readiness/ask", settings_readiness.ask, name="readiness-ask"),
    path("settings/password-reset/insights", insights.insights, name="insights"),
    path("settings/password-reset/insights/numbers.csv", insights.insights_csv, name="insights-csv"),
    path("settings/password-reset/insights/events", insights_events.events, name="insights-events"),
    path("settings/password-reset/insights/events/export", insights_events.events_csv, name="insights-events-csv"),
    path("settings/password-reset/insights/users", insights.users, name="insights-users"),
    path("settings/password-reset/insights/users/export", insights.users_csv, name="insights-users-csv"),
]
