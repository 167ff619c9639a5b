"""The frame around every page: navigation, icons, form look."""

from __future__ import annotations

from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "adminportal.shell"
    label = "shell"
