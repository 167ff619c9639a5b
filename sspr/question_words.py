"""Security questions in words: the built-in ones, translated, and those of the tenant's own wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sspr.models import CustomQuestion
from sspr.questions import BUILT_IN
from users.models import Tenant
from users.tenancy import within

OWN: Final = "own:"
"""Before the id of a question of the tenant's own."""

_TEXTS: Final[tuple[Promise, ...]] = (
    _("In which town did your parents meet?"),
    _("What was the name of the street where you lived when you were ten?"),
    _("What was the first name of your first teacher?"),
    _("What was the name of your first pet?"),
    _("Which dish did you like least as a child?"),
    _("What was the make of the first car in your family?"),
    _("In which town did you have your first job?"),
    _("What was the name of the first company that you worked for?"),
    _("What did you want to become when you were a child?"),
    _("What is the middle name of your oldest cousin?"),
    _("What was the first name of your best friend at school?"),
    _("Which place did you visit on your first journey abroad?"),
    _("What was the title of the first record that you bought?"),
    _("Which film did you see first in a cinema?"),
    _("What was the name of your favorite toy?"),
    _("What was the family name of your first neighbors?"),
    _("Which book did you read more often than any other?"),
    _("What was the name of the house or farm of your grandparents?"),
    _("In which month did your oldest brother or sister marry?"),
    _("What was the first concert that you went to?"),
    _("Which sport did you give up last?"),
    _("What was the name of the first boat or plane that you traveled with?"),
    _("Which instrument did you learn first?"),
    _("What was the nickname that only your family used for you?"),
    _("What was the color of your first bicycle?"),
    _("What is the first name of the person who taught you to drive?"),
    _("In which hotel or camp did you spend your best holiday?"),
    _("What was the name of the first club that you joined?"),
    _("Which subject did you like least at school?"),
    _("What was the number of the bus or tram that took you to school?"),
    _("What did you buy with your first salary?"),
    _("What is the name of the lake or river where you learned to swim?"),
    _("Which game did you play most as a child?"),
    _("What was the name of the shop nearest to your first home?"),
    _("Whom did you ask for advice most often when you were young?"),
)
WORDS: Final[dict[str, Promise]] = dict(zip(BUILT_IN, _TEXTS, strict=True))
"""Key to question; keys never change their meaning, for answers are kept under them."""


def words_of(keys: Sequence[str], *, tenant: Tenant | None) -> list[tuple[str, str]]:
    """Return questions in words, in the order asked; one query where the tenant's own are among them."""
    ids = [UUID(key.removeprefix(OWN)) for key in keys if key.startswith(OWN)]
    own: dict[str, str] = {}
    if ids and tenant is not None:
        with within(tenant):
            own = {f"{OWN}{row.pk}": row.text for row in CustomQuestion.objects.filter(pk__in=ids)}
    return [(key, str(WORDS[key]) if key in WORDS else own.get(key, "")) for key in keys]
