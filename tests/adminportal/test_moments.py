"""Every moment is written in one form, in the time zone of the organization, which is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.urls import reverse
from django.utils import timezone, translation

from tests.cast import make_cast, signed_in

FORMS = {"DATETIME_FORMAT", "SHORT_DATETIME_FORMAT", "DATE_FORMAT", "SHORT_DATE_FORMAT", "TIME_FORMAT", "c", "s", "T"}
"""What templates may ask for: the one form, seconds behind it, the zone, and what machines read."""
SUMMER = datetime(2026, 7, 2, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "2 Jul 2026 14:05"), ("nb", "2. jul 2026 14:05"), ("sv", "2 jul 2026 14:05")]
)
def test_short_and_long_form_are_the_same_in_every_language(language: str, shown: str) -> None:
    forms = ('date:"DATETIME_FORMAT"', 'date:"SHORT_DATETIME_FORMAT"', "zoned")
    text = "{% load portal %}" + "|".join(f"{{{{ moment|{form} }}}}" for form in forms)

    with translation.override(language), timezone.override("Europe/Oslo"):
        told = engines["django"].from_string(text).render({"moment": SUMMER})

    assert told == f"{shown}|{shown}|{shown} CEST"


def test_templates_know_no_other_form() -> None:
    found = {
        (path.name, form)
        for path in Path(settings.BASE_DIR / "templates").rglob("*.*")
        for form in re.findall(r'\|(?:date|time):"([^"]+)"', path.read_text())
        if form not in FORMS
    }

    assert found == set()


@pytest.mark.django_db
def test_foot_of_a_page_names_the_time_zone() -> None:
    cast = make_cast()
    cast.tenant.time_zone = "Europe/Oslo"
    cast.tenant.save()

    page = signed_in(cast["global.admin"]).get(reverse("users:active")).content.decode()

    assert "Time zone: Europe/Oslo" in page
