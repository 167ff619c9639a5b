"""Audit rows of resets: of those done inside their transaction, of refusals in one of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from adminportal.audit.record import Entry, Target, masked_contact, record
from adminportal.audit.tags import Activity, Result
from passwords.authority import Authority
from passwords.models import PasswordReset
from passwords.orders import ResetOptions, ResetOutcome, item_correlation
from passwords.services.reset_messages import Delivery
from users.models import Tenant, User
from users.snapshots import target_of
from users.targets import TargetFacts


def record_done(
    tenant: Tenant,
    people: list[User],
    resets: list[PasswordReset],
    deliveries: list[Delivery],
    *,
    first: Collection[UUID],
    authority: Authority,
    now: datetime,
) -> None:
    """Write the rows of the resets that were done; inside their transaction.

    ``first`` are the people who never had a password before: reports do not count theirs as resets.
    """
    entries: list[Entry] = []
    actor = authority.for_audit()
    for user, reset, delivery in zip(people, resets, deliveries, strict=True):
        details = {**_details(reset, delivery), **authority.details_of(user.pk)}
        if user.pk in first:
            details["FirstPassword"] = "True"
        targets = (target_of(user, modified=(("ForceChangePasswordNextSignIn", "", str(reset.must_change)),)),)
        for activity in (authority.activity, Activity.RESET_USER_PASSWORD):
            entries.append(
                Entry(
                    tenant_id=tenant.pk,
                    activity=activity,
                    actor=actor,
                    targets=targets,
                    details=details,
                    correlation_id=reset.correlation_id,
                )
            )
    record(*entries, now=now)


def record_refused(
    tenant: Tenant,
    outcomes: list[ResetOutcome],
    facts: Mapping[UUID, TargetFacts],
    *,
    authority: Authority,
    options: ResetOptions,
    now: datetime,
) -> None:
    """Write one failure row for each refusal, inside the caller's transaction, which changes nothing else."""
    entries = []
    for outcome in outcomes:
        known = facts.get(outcome.user_id)
        target = target_of(known.user) if known else Target(id=outcome.user_id, display_name="")
        details = {"RefusalCode": outcome.code, "Entrance": authority.entrance, **authority.details_of(outcome.user_id)}
        if options.ticket:
            details["Ticket"] = options.ticket
        entries.append(
            Entry(
                tenant_id=tenant.pk,
                activity=authority.activity,
                actor=authority.for_audit(),
                targets=(target,),
                result=Result.FAILURE,
                reason=outcome.code,
                details=details,
                correlation_id=item_correlation(options.job_id, outcome.user_id),
            )
        )
    record(*entries, now=now)


def _details(reset: PasswordReset, delivery: Delivery) -> dict[str, str]:
    channels = ["screen"] if reset.sealed_password and not reset.is_blind else []
    if delivery.links:
        channels.append("e-mail with the password" if delivery.shows_password else "e-mail")
    mailed = [masked_contact(link.address) for link in delivery.links] if delivery.shows_password else []
    details = {
        "Entrance": reset.entrance,
        "ActingRole": reset.acting_role,
        "ActingUnit": reset.acting_unit,
        "DeliveryChannel": ", ".join(channels),
        "MailedTo": ", ".join(mailed),
        "Reason": reset.reason,
        "Ticket": reset.ticket,
    }
    return {key: value for key, value in details.items() if value}
