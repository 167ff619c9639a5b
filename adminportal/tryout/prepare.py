"""Brings files and database of a trial run up to date, all in one process (``adminportal.tryout.prepare``)."""

from __future__ import annotations

import os


def main() -> None:
    """Compile catalogues, collect files, migrate, seed the demo tenants."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminportal.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    from adminportal.tryout.catalogues import compile_catalogues

    compile_catalogues(settings.BASE_DIR / "locale")
    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", interactive=False, verbosity=0)
    if settings.DEMO:
        call_command("seed_demo")


if __name__ == "__main__":
    main()
