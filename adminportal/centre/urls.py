"""Routes of the pages that belong to no one feature."""

from __future__ import annotations

from django.urls import path

from adminportal.centre.views import audit_log, dev_inbox, home, messages, org_settings, search

app_name = "centre"
urlpatterns = [
    path("", home.home, name="home"),
    path("audit", audit_log.audit, name="audit"),
    path("audit/checkpoints", audit_log.checkpoints, name="audit-checkpoints"),
    path("audit/export", audit_log.export, name="audit-export"),
    path("audit/mine", audit_log.own_audit, name="audit-own"),
    path("audit/mine/<uuid:uid>", audit_log.own_event, name="audit-own-event"),
    path("audit/<uuid:uid>", audit_log.event, name="audit-event"),
    path("messages", messages.messages, name="messages"),
    path("search", search.search, name="search"),
    path("settings/org", org_settings.org_settings, name="org-settings"),
    path("settings/org/save", org_settings.save, name="org-settings-save"),
    path("dev/inbox", dev_inbox.dev_inbox, name="dev-inbox"),
    path("dev/inbox/<uuid:message_id>", dev_inbox.dev_message, name="dev-message"),
    path("dev/inbox/<uuid:message_id>/html", dev_inbox.dev_message_html, name="dev-message-html"),
]
