"""Campaigns: exactly those are asked to register who could get back in if they did, each at most once a week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from adminportal.audit.tags import Activity
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.models import Lane, State
from adminportal.queries import execute, fetch, places
from sspr.crowd import Chosen
from sspr.models import Campaign, CampaignPerson
from sspr.reasons import HELPED_BY_REGISTERING
from sspr.services.readiness import Outlook, look_ahead
from users.access import may_with_proof
from users.actors import Actor, reload_actor
from users.models import Tenant, User
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant
from users.tenancy import across_tenants, within

ASKED_AGAIN_AFTER: Final = timedelta(days=7)
"""Nobody is asked twice within this time, whoever asks."""
LIVES: Final = timedelta(days=3)
"""How late the message may still go out."""
CHUNK: Final = 500
"""People whose messages are written in one transaction."""
SHOWN: Final = 5
"""Campaigns whose progress is shown."""

NOT_ASKED = """
    NOT EXISTS (
        SELECT 1 FROM sspr_campaignperson q JOIN sspr_campaign k ON k.id = q.campaign_id
        WHERE q.user_id = p.id AND k.created_at > %s
    )
"""
CAN_SIGN_IN = "EXISTS (SELECT 1 FROM users_user w WHERE w.id = p.id AND w.password_issued_at IS NOT NULL)"
SIGNED_IN = """
    SELECT q.campaign_id, COUNT(*) FROM sspr_campaignperson q JOIN sspr_campaign k ON k.id = q.campaign_id
    JOIN users_user u ON u.id = q.user_id AND u.last_sign_in_at > k.created_at
    WHERE q.campaign_id IN ({campaigns}) GROUP BY q.campaign_id
"""
STATES = """
    SELECT q.campaign_id, m.state, COUNT(*)
    FROM sspr_campaignperson q JOIN outbox_outboundmessage m ON m.id = q.message_id
    WHERE q.campaign_id IN ({campaigns}) GROUP BY q.campaign_id, m.state
"""
READY = """
    SELECT q.campaign_id, COUNT(*) FROM sspr_campaignperson q JOIN ({able}) ready ON ready.id = q.user_id
    WHERE q.campaign_id IN ({campaigns}) GROUP BY q.campaign_id
"""
AUDIENCE = f"""
    COUNT(*), SUM(CASE WHEN {CAN_SIGN_IN} THEN 1 ELSE 0 END),
    SUM(CASE WHEN {CAN_SIGN_IN} AND {NOT_ASKED} THEN 1 ELSE 0 END)
"""
ASK = "INSERT INTO sspr_campaignperson (tenant_id, campaign_id, user_id) {people}"


class NobodyToAsk(Exception):
    """Everybody is ready, was asked within a week, or cannot be reached; nothing was started."""


class ResetIsOff(Exception):
    """Reset is enabled for nobody, so that registering would help nobody; nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a campaign would ask now, and whom not: never issued a password, or asked within a week."""

    asked: int
    unreachable: int
    asked_lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a campaign fares: messages by what became of them, who signed in since, who is ready now."""

    campaign: Campaign
    sent: int
    failed: int
    signed_in: int
    ready: int


def count_audience(outlook: Outlook, *, now: datetime) -> Audience:
    """Count whom a campaign would ask; one query."""
    asked, values = _helped(outlook).select(AUDIENCE)
    row = fetch(asked, [now - ASKED_AGAIN_AFTER, *values], uuid_columns=())[0]
    total, reachable, askable = (int(number or 0) for number in row)
    return Audience(asked=askable, unreachable=total - reachable, asked_lately=reachable - askable)


def start_campaign(*, actor: Actor, now: datetime) -> Campaign:
    """Ask those who lack only what they can register; the first messages are written at once, the others by the sweep.

    :raises Refused: without the right, or without a fresh proof; nothing was started.
    :raises ResetIsOff: when nobody may reset.
    :raises NobodyToAsk: when there is nobody to ask.
    """
    decision = may_with_proof(actor, Permission.SSPR_SETTINGS_WRITE, now=now)
    if decision.allowed:
        outlook = look_ahead(actor.tenant)
        if outlook.is_off:
            raise ResetIsOff
        with transaction.atomic():
            Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
            decision = may_with_proof(reload_actor(actor), Permission.SSPR_SETTINGS_WRITE, now=now)
            if decision.allowed:
                return _start(actor, outlook, now=now)
    record_on_tenant(actor, Activity.ASKED_TO_REGISTER, reason=decision.code, now=now)
    raise Refused(decision)


def send_waiting(now: datetime) -> int:
    """Write the next messages of one campaign that is not through; run by the sweep; returns how many."""
    with across_tenants():
        # In the order of the index of those who wait: with any other, a look for none would read everybody ever asked.
        waiting = CampaignPerson.objects.filter(message_id=None).order_by("campaign", "pk")
        found = list(waiting.select_related("campaign__tenant")[:1])
    if not found:
        return 0
    with within(found[0].campaign.tenant), transaction.atomic():
        # Whoever holds the row writes; a second sweep waits, and then finds the next ones.
        locked = Campaign.objects.select_for_update(of=("self",)).select_related("tenant")
        campaign = locked.get(pk=found[0].campaign_id)
        return _write_messages(campaign, now=now)


def drop_waiting() -> int:
    """Ask nobody more, as after a backup was put back: most were asked since. Returns how many people that were.

    Inside the scope and a transaction; whoever is dropped may be asked by the next campaign.
    """
    dropped = 0
    for campaign in Campaign.objects.filter(people__message_id=None).distinct():
        gone = CampaignPerson.objects.filter(campaign=campaign, message_id=None).delete()[0]
        Campaign.objects.filter(pk=campaign.pk).update(asked=F("asked") - gone)
        dropped += gone
    return dropped


def list_progress(outlook: Outlook) -> list[Progress]:
    """Return how the last campaigns fare; four queries."""
    campaigns = list(Campaign.objects.select_related("started_by").order_by("-created_at")[:SHOWN])
    if not campaigns:
        return []
    states = _states(campaigns)
    signed_in, ready = _signed_in(campaigns), _ready(outlook, campaigns)
    return [
        Progress(
            campaign=each,
            sent=states[each.pk, State.SENT],
            failed=states[each.pk, State.FAILED] + states[each.pk, State.EXPIRED],
            signed_in=signed_in.get(each.pk, 0),
            ready=ready.get(each.pk, 0),
        )
        for each in campaigns
    ]


def _helped(outlook: Outlook) -> Chosen:
    return outlook.crowd.chosen(lambda stance: outlook.why(stance) in HELPED_BY_REGISTERING)


def _start(actor: Actor, outlook: Outlook, *, now: datetime) -> Campaign:
    audience = count_audience(outlook, now=now)
    campaign = Campaign.objects.create(
        tenant=actor.tenant, started_by=actor.user, created_at=now, unreachable=audience.unreachable
    )
    helped = _helped(outlook)
    people, values = helped.select(
        "%s, %s, id", tail=f"AND {CAN_SIGN_IN} AND {NOT_ASKED}", values=[now - ASKED_AGAIN_AFTER]
    )
    campaign.asked = execute(ASK.format(people=people), [actor.tenant.pk, campaign.pk, *values])
    if not campaign.asked:
        raise NobodyToAsk
    campaign.save(update_fields=["asked"])
    _write_messages(campaign, now=now)
    details = {"CampaignId": str(campaign.pk), "Asked": str(campaign.asked)}
    record_on_tenant(actor, Activity.ASKED_TO_REGISTER, details=details, now=now)
    return campaign


def _write_messages(campaign: Campaign, *, now: datetime) -> int:
    """Write the messages of the next people and remember which is whose, in the caller's transaction."""
    rows = list(
        CampaignPerson.objects.filter(campaign=campaign, message_id=None).select_related("user").order_by("pk")[:CHUNK]
    )
    alive = [row for row in rows if row.user.deleted_at is None and row.user.account_enabled]
    CampaignPerson.objects.filter(pk__in={row.pk for row in rows} - {row.pk for row in alive}).delete()
    drafts = [_draft(campaign, row.user, now=now) for row in alive]
    enqueue(*drafts, now=now)
    for row, draft in zip(alive, drafts, strict=True):
        row.message_id = draft.id
    CampaignPerson.objects.bulk_update(alive, ["message_id"])
    return len(rows)


def _draft(campaign: Campaign, user: User, *, now: datetime) -> Draft:
    tenant = campaign.tenant
    return Draft(
        tenant_id=tenant.pk,
        template="please_register",
        channel="email",
        to=user.mail or user.user_principal_name,
        language=user.preferred_language or tenant.language,
        about_user_id=user.pk,
        context={
            "tenant_name": tenant.name,
            "display_name": user.display_name,
            "user_name": user.user_principal_name,
        },
        not_after=now + LIVES,
        lane=Lane.BULK,
        correlation_id=campaign.pk,
    )


def _states(campaigns: Sequence[Campaign]) -> Counter[tuple[UUID, str]]:
    asked = STATES.format(campaigns=places(len(campaigns)))
    rows = fetch(asked, [each.pk for each in campaigns], uuid_columns=(0,))
    return Counter({(campaign_id, state): number for campaign_id, state, number in rows})


def _signed_in(campaigns: Sequence[Campaign]) -> dict[UUID, int]:
    asked = SIGNED_IN.format(campaigns=places(len(campaigns)))
    return dict(fetch(asked, [each.pk for each in campaigns], uuid_columns=(0,)))


def _ready(outlook: Outlook, campaigns: Sequence[Campaign]) -> dict[UUID, int]:
    able, values = outlook.crowd.chosen(lambda stance: outlook.why(stance) is None).select("id")
    asked = READY.format(able=able, campaigns=places(len(campaigns)))
    return dict(fetch(asked, [*values, *(each.pk for each in campaigns)], uuid_columns=(0,)))
