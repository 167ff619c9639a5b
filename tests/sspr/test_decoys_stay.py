"""What names of nobody are shown stays as it was, whatever becomes of the sealing keys."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from adminportal import clock
from passwords.services.key_rotation import reseal_all
from sspr.decoys import SECRET_NAME
from sspr.models import Gate
from sspr.services.verify import offered
from tests.cast import Cast
from tests.sspr.wizard_ways import begin, make_open_cast
from users.models import InstallationSecret
from users.services.installation_secrets import secret_for

pytestmark = pytest.mark.django_db

OLD, NEW = "key-number-one-" * 3, "key-number-two-" * 3
NAMES = [f"nobody{number}@{domain}" for number in range(3) for domain in ("contoso.example", "nowhere.example")]


@pytest.fixture(autouse=True)
def _same_secret_of_the_installation() -> None:
    """Draw secrets as the product does: this is about them."""


@pytest.fixture
def cast(settings: Settings) -> Cast:
    settings.SEALING_KEYS = [OLD]
    return make_open_cast()


def seen() -> list[list[tuple[Gate, str]]]:
    """Return what every name is shown."""
    views = [offered(begin(name).attempt, now=clock.now()) for name in NAMES]
    return [[(line.gate, line.masked) for line in view] for view in views]


def test_decoys_stay_when_a_sealing_key_comes_and_when_the_oldest_goes(cast: Cast, settings: Settings) -> None:
    before = seen()
    settings.SEALING_KEYS = [NEW, OLD]
    assert seen() == before

    reseal_all(now=clock.now())
    settings.SEALING_KEYS = [NEW]

    assert seen() == before
    assert all(before)


def test_secret_of_a_lost_key_is_told_stops_nobody_and_comes_back_with_it(cast: Cast, settings: Settings) -> None:
    before = seen()
    settings.SEALING_KEYS = [NEW]

    assert seen() == seen() != before
    with pytest.raises(CommandError, match="Put that key back behind the first one"):
        call_command("rotate_keys", stdout=StringIO())
    settings.SEALING_KEYS = [NEW, OLD]
    assert seen() == before


def test_secret_is_made_once_and_kept_sealed(cast: Cast) -> None:
    first = secret_for(SECRET_NAME)

    row = InstallationSecret.objects.get()
    assert secret_for(SECRET_NAME) == first != secret_for("something-else")
    assert first.expose() not in row.sealed
    assert len(first.expose()) >= 43
