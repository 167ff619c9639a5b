"""The security questions of a tenant's own wording; the built-in ones are there beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from adminportal.audit.tags import Activity
from sspr.models import CustomQuestion, SecurityAnswer
from sspr.question_words import OWN
from users.access import may_with_proof
from users.actors import Actor, reload_actor
from users.models import Tenant
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant

MOST: Final = 20
SHORTEST: Final = 3
LONGEST: Final = 200
"""Characters of a question."""
CHANGE: Final = Activity.SELF_SERVICE_PASSWORD_RESET_POLICY_CHANGES


class QuestionsRefused(Exception):
    """The questions cannot be so: ``too_many``, ``length``, ``twice`` or ``answered``, with the text it is about."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text


def list_questions() -> list[CustomQuestion]:
    """Return the questions of the tenant in their order; one query, inside the scope."""
    return list(CustomQuestion.objects.order_by("created_at", "id"))


def change_questions(*, actor: Actor, texts: Sequence[str], now: datetime) -> None:
    """Keep exactly these questions; one that somebody has answered cannot be taken away.

    :raises Refused: without the right, or without a fresh proof; nothing was changed.
    :raises QuestionsRefused: when one does not fit; nothing was changed.
    """
    _require(texts)
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
        decision = may_with_proof(reload_actor(actor), Permission.SSPR_SETTINGS_WRITE, now=now)
        if decision.allowed:
            return _write(actor, texts, now=now)
    record_on_tenant(actor, CHANGE, reason=decision.code, now=now)
    raise Refused(decision)


def _require(texts: Sequence[str]) -> None:
    if len(texts) > MOST:
        raise QuestionsRefused("too_many")
    for text in texts:
        if not SHORTEST <= len(text) <= LONGEST:
            raise QuestionsRefused("length", text[:LONGEST])
    folded = [text.casefold() for text in texts]
    twice = next((text for text in texts if folded.count(text.casefold()) > 1), "")
    if twice:
        raise QuestionsRefused("twice", twice)


def _require_unanswered(questions: Sequence[CustomQuestion]) -> None:
    texts = {f"{OWN}{each.pk}": each.text for each in questions}
    answered = SecurityAnswer.objects.filter(question__in=list(texts)).values_list("question", flat=True).first()
    if answered:
        raise QuestionsRefused("answered", texts[answered])


def _write(actor: Actor, texts: Sequence[str], *, now: datetime) -> None:
    known = list_questions()
    gone = [each for each in known if each.text not in texts]
    old = [each.text for each in known]
    _require_unanswered(gone)
    added = [text for text in texts if text not in old]
    if not gone and not added:
        return
    CustomQuestion.objects.filter(pk__in=[each.pk for each in gone]).delete()
    # A microsecond apart, so that they stay in the order in which they were typed.
    CustomQuestion.objects.bulk_create(
        CustomQuestion(tenant=actor.tenant, text=text, created_at=now + timedelta(microseconds=place))
        for place, text in enumerate(added)
    )
    modified = (("sspr.own_questions", " | ".join(old), " | ".join(texts)),)
    record_on_tenant(actor, CHANGE, modified=modified, now=now)
