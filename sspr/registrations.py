"""What self-service hands to the layers below at start-up."""

from __future__ import annotations

from adminportal.outbox.registry import register_sweeper
from sspr.locks import forgive_on_change
from sspr.services import campaign
from sspr.services.ask_handlers import settle_public_asks
from sspr.services.cancel import close_abandoned, purge
from sspr.services.not_me import PURPOSE as NOT_ME
from sspr.services.not_me import NotMe
from users.notices import register_notice
from users.services.method_changes import on_method_change


def register() -> None:
    """Register the sweepers of attempts, and what a change of somebody's methods means for them."""
    register_sweeper("recovery-attempts", close_abandoned)
    register_sweeper("recovery-rows", purge)
    register_sweeper("public-asks", settle_public_asks)
    register_sweeper("registration-campaigns", campaign.send_waiting)
    register_notice(NOT_ME, NotMe())
    on_method_change(forgive_on_change)
