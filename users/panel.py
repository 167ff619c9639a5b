"""What the user panel shows of one person: who it is, what this reader may do, and one tab at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F

from adminportal.outbox.masking import mask
from users.access import Decision, can_reset
from users.act_rules import Act, rule_of
from users.actors import Actor
from users.grid_rows import Holders, name_holders, roles_that_would_do
from users.locks import Lock, find_locks
from users.models import Contact, ContactKind, Group, GroupMember, GroupOwner, Tenant, User
from users.password_expiry import ExpiryRules, password_ends_at
from users.permissions import Permission
from users.refusals import sentence
from users.role_assign_form import reason_against_assigning
from users.role_names import role_list
from users.roles import Role
from users.services.people import count_other_global_admins
from users.targets import TargetFacts, load_facts


class Tab(StrEnum):
    """Parts of the panel, each with its own address."""

    ACCOUNT = "account"
    LICENCES = "licenses"
    PASSWORD = "password"  # noqa: S105  # the name of a tab
    METHODS = "methods"
    DIRECTORY = "directory"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as this reader sees them."""

    user: User
    facts: TargetFacts
    reset: Decision
    acts: Mapping[Act, Decision]
    holders: tuple[Holders, ...]
    assign_reason: str
    sees_contacts: bool
    sees_history: bool
    sees_whole_history: bool

    @property
    def reset_reason(self) -> str:
        """Say why the password cannot be reset here, or nothing."""
        return sentence(self.reset)

    @property
    def act_reasons(self) -> dict[str, str]:
        """Say of each act why it cannot be done here, or nothing."""
        return {act.value: sentence(decision) for act, decision in self.acts.items()}

    @property
    def tabs(self) -> list[Tab]:
        """Return the parts that this person has."""
        return [tab for tab in Tab if tab is not Tab.DIRECTORY or self.user.on_premises_sync_enabled]

    @property
    def roles(self) -> list[str]:
        """Return the directory roles by their names in the active language."""
        return role_list(held for held in self.facts.held if isinstance(held, Role))

    @property
    def other_standings(self) -> set[str]:
        """Return what else protects this person."""
        return {held.name for held in self.facts.held if not isinstance(held, Role)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """An address or number, masked unless the reader could reset this person."""

    label: str
    value: str
    changed_at: datetime
    is_proven: bool


def get_person(user: User, *, actor: Actor) -> Person:
    """Read who it is and what this reader may do; at most five queries."""
    facts = load_facts([user])[user.pk]
    reset = can_reset(actor, facts)
    acts = {act: rule_of(act)(actor, facts) for act in Act}
    enough = {role for decision in (reset, *acts.values()) for role in roles_that_would_do(decision, facts)}
    if acts[Act.BLOCK].allowed and _is_last_global_admin(facts):
        acts[Act.BLOCK] = Decision(allowed=False, code="LAST_GLOBAL_ADMIN")
    return Person(
        user=user,
        facts=facts,
        reset=reset,
        acts=acts,
        holders=name_holders(enough, actor=actor),
        assign_reason=reason_against_assigning(actor),
        sees_contacts=reset.allowed or actor.tenant.show_full_contact_to_readers,
        sees_history=reset.allowed or actor.may(Permission.AUDIT_READ),
        sees_whole_history=actor.may(Permission.AUDIT_READ),
    )


def list_contacts(user: User, *, is_masked: bool) -> list[ContactLine]:
    """Return every address and number of a person, in the order of the kinds; one query."""
    places = list(ContactKind)
    contacts = sorted(Contact.objects.filter(user=user), key=lambda contact: places.index(ContactKind(contact.kind)))
    return [_line(contact, is_masked=is_masked) for contact in contacts]


def list_recovery_contacts(user: User) -> list[ContactLine]:
    """Return, masked, what the person can be reached at when the account cannot be used; one query."""
    usable = Contact.objects.filter(user=user).exclude(kind=ContactKind.OFFICE_PHONE).order_by("kind")
    return [_line(contact, is_masked=True) for contact in usable]


def list_groups(user: User) -> list[Group]:
    """Return the groups that a person belongs to or owns, by name; one query."""
    member = GroupMember.objects.filter(user=user).values("group_id")
    owner = GroupOwner.objects.filter(user=user).values("group_id")
    return list(Group.objects.filter(pk__in=member.union(owner)).order_by("name"))


def list_licences(user: User) -> list[str]:
    """Return the names of the products that a person has a seat of; one query."""
    return list(user.licences.order_by("product__name").values_list(F("product__name"), flat=True))


def password_end_of(person: Person, *, tenant: Tenant) -> datetime | None:
    """Return the first moment at which the password of a person is over, or None; no query."""
    return password_ends_at(person.user, rules=ExpiryRules.of(tenant), is_federated=person.facts.is_federated)


def find_lock(user: User, *, tenant: Tenant, now: datetime) -> Lock | None:
    """Return the smart lock that keeps a person out from some place, or None; one query."""
    return find_locks([user], tenant=tenant, now=now).get(user.pk)


def _is_last_global_admin(facts: TargetFacts) -> bool:
    if Role.GLOBAL_ADMINISTRATOR not in facts.held or not facts.user.account_enabled:
        return False
    return count_other_global_admins(facts.user) == 0


def _line(contact: Contact, *, is_masked: bool) -> ContactLine:
    return ContactLine(
        label=str(ContactKind(contact.kind).label),
        value=mask(contact.value) if is_masked else contact.value,
        changed_at=contact.changed_at,
        is_proven=contact.proven_at is not None,
    )
