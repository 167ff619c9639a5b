"""Routes of the pages that belong to no one feature."""

from __future__ import annotations

from django.urls import path

from adminportal.centre.views import home

app_name = "centre"
urlpatterns = [
    path("", home.home, name="home"),
]
