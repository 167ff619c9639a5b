"""Brings files and database of a trial run up to date, all in one process."""

from __future__ import annotations

from adminportal.tryout.files import make_files


def main() -> None:
    """Compile catalogues, collect files, migrate, seed the demo tenants."""
    make_files()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if settings.DEMO:
        call_command("seed_demo")


if __name__ == "__main__":
    main()
