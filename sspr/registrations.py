"""What self-service hands to the layers below at start-up."""

from __future__ import annotations

from uuid import UUID

from adminportal.outbox.registry import register_sweeper
from sspr.closings import closing_of
from sspr.locks import forgive_on_change
from sspr.panel_state import standing_of, standings_of
from sspr.registration_gate import registration_gate
from sspr.rules import policy_of
from sspr.services import campaign
from sspr.services.ask_handlers import settle_public_asks
from sspr.services.cancel import close_abandoned, purge
from sspr.services.not_me import PURPOSE as NOT_ME
from sspr.services.not_me import NotMe
from sspr.services.register import ask_again
from sspr.situation import sms_rules
from users.gates import register_gate
from users.models import Tenant
from users.notices import register_notice
from users.panel_sections import (
    register_self_service_lock,
    register_self_service_standing,
    register_self_service_standings,
)
from users.services.method_admin import on_registration_required
from users.services.method_changes import on_method_change
from users.services.sending_limits import SmsRules, register_rules


def _sms_rules_of(tenant_id: UUID) -> SmsRules:
    return sms_rules(policy_of(Tenant(pk=tenant_id)))


def register() -> None:
    """Register sweepers, what a change of methods means for attempts, the gate of registration, the panel."""
    register_sweeper("recovery-attempts", close_abandoned)
    register_sweeper("recovery-rows", purge)
    register_sweeper("public-asks", settle_public_asks)
    register_sweeper("registration-campaigns", campaign.send_waiting)
    register_notice(NOT_ME, NotMe())
    on_method_change(forgive_on_change)
    on_registration_required(ask_again)
    register_gate(registration_gate)
    register_rules(_sms_rules_of)
    register_self_service_lock(closing_of)
    register_self_service_standing(standing_of)
    register_self_service_standings(standings_of)
