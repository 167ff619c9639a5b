"""All routes of the portal: composition only."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from adminportal.centre.views import health

handler400 = "adminportal.centre.views.errors.bad_request"
handler403 = "adminportal.centre.views.errors.permission_denied"
handler404 = "adminportal.centre.views.errors.page_not_found"
handler500 = "adminportal.centre.views.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("adminportal.centre.urls")),
    path("", include("users.urls")),
    path("", include("passwords.urls")),
    path("", include("sspr.urls")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.figures, name="metrics"),
    path("csp-report", health.policy_report, name="csp-report"),
]
