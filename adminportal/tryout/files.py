"""Makes the files that are not in the repository: compiled catalogues and collected static files."""

from __future__ import annotations

import os


def make_files() -> None:
    """Compile catalogues and collect static files; needs no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminportal.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    from adminportal.tryout.catalogues import compile_catalogues

    compile_catalogues(settings.BASE_DIR / "locale")
    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    make_files()
