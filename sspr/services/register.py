"""Registration at sign-in: whom it is asked of, and what is kept of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from sspr.eligibility import judge
from sspr.facts import Known, available_gates, load_known
from sspr.models import Reach, Registration, SsprPolicy
from sspr.registration import Need, is_in_reach, need_of
from sspr.rules import policy_of
from users.actors import Actor
from users.models import Session, User
from users.services.sign_in_records import own_entry
from users.sessions import is_live

NOT_FINISHED: Final = "registration not finished"
FRESH_MINUTES: Final = 15
"""How long after a proof the pages at sign-in may be worked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What self-service knows of somebody, what is missing, and what was registered before."""

    known: Known
    policy: SsprPolicy
    code: str
    need: Need
    registration: Registration | None

    @property
    def is_in_reach(self) -> bool:
        """Tell whether self-service is there for the person."""
        return is_in_reach(self.code, self.known.facts, self.policy)


def standing_of(actor: Actor, *, policy: SsprPolicy | None = None) -> Standing:
    """Read what self-service knows of somebody; a fixed number of queries, inside the scope."""
    policy = policy or policy_of(actor.tenant)
    available = available_gates(policy)
    known = load_known([actor.user], policy=policy)[actor.id]
    return Standing(
        known=known,
        policy=policy,
        code=judge(known.facts, policy=policy, tenant=actor.tenant, available=available).code,
        need=need_of(known.facts, policy=policy, available=available),
        registration=Registration.objects.filter(user=actor.user).first(),
    )


def must_register(standing: Standing) -> bool:
    """Tell whether the person is asked for more information: the settings say so, or an administrator did."""
    return is_asking(standing) and standing.need.is_open


def is_asking(standing: Standing) -> bool:
    """Tell whether the person is asked at sign-in whenever something is missing."""
    registered = standing.registration
    is_asked = standing.policy.must_register or bool(registered and registered.must_register_again)
    return is_asked and standing.is_in_reach


def must_review(standing: Standing, *, now: datetime) -> bool:
    """Tell whether the person is asked if everything is still right."""
    days, registered = standing.policy.reconfirm_days, standing.registration
    if not standing.is_in_reach or not standing.need.is_met:
        return False
    if registered and registered.must_register_again:
        return True
    if not standing.policy.must_register or not days:
        return False
    seen = registered and (registered.reviewed_at or registered.registered_at)
    return (seen or standing.known.user.created_at) <= now - timedelta(days=days)


class Asked(StrEnum):
    """What a session is asked for."""

    NOTHING = ""
    MORE = "more"
    REVIEW = "review"


def ask(session: Session, actor: Actor, *, now: datetime) -> Asked:
    """Say what the person is asked for in this session; where it is nothing, the session is not looked at again."""
    if session.registration_asked_at is not None:
        return Asked.NOTHING
    policy = policy_of(actor.tenant)
    if policy.reach != Reach.NONE:
        standing = standing_of(actor, policy=policy)
        if must_register(standing):
            return Asked.MORE
        if must_review(standing, now=now):
            return Asked.REVIEW
    _answered(session, now=now)
    return Asked.NOTHING


def start(actor: Actor, *, now: datetime) -> None:
    """Note that somebody began to register."""
    record(_entry(actor, Activity.USER_STARTED_SECURITY_INFO_REGISTRATION), now=now)


def skip(session: Session, actor: Actor, *, now: datetime) -> None:
    """Let the person go on as they are; they are asked again at the next sign-in."""
    with transaction.atomic():
        if not _answered(session, now=now):
            return
        record(
            _entry(actor, Activity.USER_CANCELED_SECURITY_INFO_REGISTRATION),
            _entry(
                actor,
                Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET,
                Result.FAILURE,
                NOT_FINISHED,
            ),
            now=now,
        )


def review(session: Session, actor: Actor, *, now: datetime) -> None:
    """Note that somebody looked at what is registered and found it right; nothing where they are not asked to."""
    with transaction.atomic():
        # Under the lock of whoever requires to register anew: a look at what was there before must not undo that.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.id)
        if not is_live(session) or not must_review(standing_of(actor), now=now):
            return
        _answered(session, now=now)
        facts = {"reviewed_at": now, "must_register_again": False}
        Registration.objects.update_or_create(user=actor.user, defaults={"tenant": actor.tenant, **facts})
        record(_entry(actor, Activity.USER_REVIEWED_SECURITY_INFO), now=now)


def settle(session: Session, actor: Actor, *, now: datetime) -> bool:
    """Note what was set up; true when nothing is missing any more. Inside the transaction of the change."""
    standing = standing_of(actor)
    entries = [_entry(actor, Activity.SECURITY_INFO_SAVED_FOR_SELF_SERVICE_PASSWORD_RESET)]
    registered = standing.registration
    if standing.need.is_met and (registered is None or not registered.registered_at or registered.must_register_again):
        facts = {"registered_at": now, "reviewed_at": now, "must_register_again": False}
        Registration.objects.update_or_create(user=actor.user, defaults={"tenant": actor.tenant, **facts})
        entries.append(_entry(actor, Activity.USER_REGISTERED_ALL_REQUIRED_SECURITY_INFO))
        entries.append(_entry(actor, Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET))
    record(*entries, now=now)
    if standing.need.is_met:
        _answered(session, now=now)
    return standing.need.is_met


def ask_again(user: User, now: datetime) -> None:
    """Ask somebody to register anew at the next sign-in; inside the transaction of whoever requires it."""
    facts = {"must_register_again": True}
    Registration.objects.update_or_create(user=user, defaults={"tenant_id": user.tenant_id, **facts})


def _answered(session: Session, *, now: datetime) -> bool:
    """Let the session be asked no more; false where it was answered already."""
    open_ones = Session.objects.filter(pk=session.pk, registration_asked_at=None)
    return bool(open_ones.update(registration_asked_at=now))


def _entry(actor: Actor, activity: Activity, result: Result = Result.SUCCESS, reason: str = "") -> Entry:
    return own_entry(activity, actor.user, result, reason)
