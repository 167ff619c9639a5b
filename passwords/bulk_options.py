"""What is chosen once for everybody of a bulk job; kept with the job, so it never holds a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

from passwords.generator import Style
from passwords.models import BulkJob
from passwords.orders import ResetOptions
from users.models import Tenant

AT_ONCE: Final = 40
"""Up to here a job runs at once in the request, and its passwords may stand in the one mail about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOptions:
    """The options of section 4 of the reset panel in the plural.

    ``has_own_password`` says that one chosen password is given to everybody, typed at the start and kept nowhere.
    ``deliver_to`` are addresses that get one mail about the whole job. ``reason`` is kept with a block, too.
    """

    style: str = Style.RANDOM.value
    has_own_password: bool = False
    must_change: bool = True
    deliver_to: tuple[str, ...] = ()
    deliver_to_alternate: bool = False
    blind: bool = False
    language: str = "en"
    reason: str = ""
    ticket: str = ""

    def stored(self) -> dict[str, object]:
        """Return the options as the job keeps them."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**values, "deliver_to": list(self.deliver_to)}

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> Self:
        """Read what ``stored`` wrote; what a job has not chosen yet has its default."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        addresses = values.pop("deliver_to", ())
        assert isinstance(addresses, list | tuple)
        return cls(**values, deliver_to=tuple(addresses))  # type: ignore[arg-type]  # written by stored()

    def for_reset(self, job: BulkJob, *, shows_results: bool) -> ResetOptions:
        """Return what the reset takes; ``shows_results`` where the mail about the job carries the passwords."""
        return ResetOptions(
            style=Style(self.style),
            must_change=self.must_change or job.tenant.force_change_locked,
            deliver_to_alternate=self.deliver_to_alternate,
            language=self.language,
            reason=self.reason,
            ticket=self.ticket,
            idempotency_key=job.pk.hex,
            blind=self.blind,
            results_to=self.deliver_to if shows_results else (),
            job_id=job.pk,
        )


def shows_results(tenant: Tenant, options: BulkOptions, *, requested: int) -> bool:
    """Tell whether the mail about the job carries the passwords: a setting of the tenant, for few people only."""
    return tenant.password_in_mail and bool(options.deliver_to) and not options.blind and requested <= AT_ONCE


def mailed_addresses(options: BulkOptions, *, own: str, requested: int) -> tuple[str, tuple[str, ...]]:
    """Return who gets the mail about the whole job: the starter, if many people were meant, and typed addresses."""
    starter = own if requested > AT_ONCE else ""
    return starter, tuple(address for address in options.deliver_to if address != starter)
