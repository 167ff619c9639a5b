"""The written SQL that sorts everybody of a tenant by the facts that decide in self-service.

It says the same as ``sspr.facts`` does for single people; a test holds both equal for people of every kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from adminportal.queries import listed, one_of
from sspr.number_blocks import block_sql

FACT_NAMES: Final = (
    *("is_enabled", "is_guest", "is_synced", "is_federated", "is_licensed", "in_group", "in_other_group"),
    *("has_email", "has_own_mailbox", "has_mobile", "has_office", "is_office_mobile", "has_app"),
    *("answers", "has_recovery_code", "has_other_mobile", "has_other_office"),
)
"""The facts of a class, in the order of the columns; ``other`` ones are those of settings to compare with."""
IN_OTHER_GROUP: Final = FACT_NAMES.index("in_other_group")
MOST_ANSWERS: Final = 5
"""No settings ask for more answers than this, so people with more are all alike."""
PHONE_MARKS: Final = " +-().//"

PEOPLE: Final = """
    SELECT u.id, u.sort_name, {is_special} AS is_special,
        u.account_enabled AS is_enabled, u.user_type = 'guest' AS is_guest,
        u.on_premises_sync_enabled AS is_synced, {federated} AS is_federated,
        l.user_id IS NOT NULL AS is_licensed, g.user_id IS NOT NULL AS in_group,
        o.user_id IS NOT NULL AS in_other_group,
        (m.email IS NOT NULL AND NOT {own_private}) OR (m.extra IS NOT NULL AND NOT {own_extra})
            OR (c.email IS NOT NULL AND NOT {own_known}) AS has_email,
        (m.email IS NOT NULL AND {own_private}) OR (m.extra IS NOT NULL AND {own_extra})
            OR (c.email IS NOT NULL AND {own_known}) AS has_own_mailbox,
        {mobile} AS has_mobile, {office} AS has_office,
        {other_mobile} AS has_other_mobile, {other_office} AS has_other_office,
        COALESCE({mobile_key} = {office_key}, FALSE) AS is_office_mobile,
        COALESCE(m.apps, 0) > 0 AS has_app,
        CASE WHEN a.number > {most} THEN {most} ELSE COALESCE(a.number, 0) END AS answers,
        r.user_id IS NOT NULL AS has_recovery_code
    FROM users_user u
    LEFT JOIN (
        SELECT user_id, MAX(CASE WHEN kind = 'email' THEN value END) AS email,
            MAX(CASE WHEN kind = 'extra_email' THEN value END) AS extra,
            COALESCE(
                MAX(CASE WHEN kind = 'mobile_phone' THEN value END),
                MAX(CASE WHEN kind = 'alternate_phone' THEN value END)
            ) AS mobile,
            MAX(CASE WHEN kind = 'office_phone' THEN value END) AS office,
            SUM(CASE WHEN kind = 'authenticator' THEN 1 ELSE 0 END) AS apps
        FROM users_authenticationmethod WHERE tenant_id = %s AND (value <> '' OR kind = 'authenticator')
        GROUP BY user_id
    ) m ON m.user_id = u.id
    LEFT JOIN (
        SELECT user_id, MAX(CASE WHEN kind = 'alternate_email' THEN value END) AS email,
            MAX(CASE WHEN kind = 'mobile_phone' THEN value END) AS mobile,
            MAX(CASE WHEN kind = 'office_phone' THEN value END) AS office
        FROM users_contact WHERE tenant_id = %s AND value <> '' GROUP BY user_id
    ) c ON c.user_id = u.id
    LEFT JOIN (SELECT user_id, COUNT(*) AS number FROM sspr_securityanswer WHERE tenant_id = %s GROUP BY user_id) a
        ON a.user_id = u.id
    LEFT JOIN (SELECT DISTINCT user_id FROM users_recoverycode WHERE tenant_id = %s AND used_at IS NULL) r
        ON r.user_id = u.id
    LEFT JOIN (SELECT DISTINCT user_id FROM users_licenceassignment WHERE tenant_id = %s) l ON l.user_id = u.id
    LEFT JOIN users_groupmember g ON g.user_id = u.id AND g.group_id = %s
    LEFT JOIN users_groupmember o ON o.user_id = u.id AND o.group_id = %s
    {lists}
    WHERE u.tenant_id = %s AND u.deleted_at IS NULL
"""
TENANTS_BEFORE_GROUPS: Final = 5
MOBILE: Final = "COALESCE(m.mobile, c.mobile)"
OFFICE: Final = "COALESCE(m.office, c.office)"

UNCONFIRMED: Final = """
    SELECT email, mobile, office, COUNT(*) FROM (
        SELECT user_id, SUM(CASE WHEN method = 'email' THEN 1 ELSE 0 END) AS email,
            SUM(CASE WHEN method = 'mobile' THEN 1 ELSE 0 END) AS mobile,
            SUM(CASE WHEN method = 'office' THEN 1 ELSE 0 END) AS office
        FROM (
            SELECT w.user_id, w.method, w.value, w.is_proven,
                ROW_NUMBER() OVER (PARTITION BY w.user_id, w.method ORDER BY w.turn) AS turn
            FROM (
                SELECT user_id, {method} AS method, value, proven_at IS NOT NULL AS is_proven,
                    CASE WHEN kind IN ('extra_email', 'alternate_phone') THEN 1 ELSE 0 END AS turn
                FROM users_authenticationmethod WHERE tenant_id = %s AND value <> '' AND kind <> 'authenticator'
                UNION ALL
                SELECT user_id, {method}, value, proven_at IS NOT NULL, 2
                FROM users_contact WHERE tenant_id = %s AND value <> ''
            ) w JOIN users_user u ON u.id = w.user_id
            WHERE u.deleted_at IS NULL AND u.user_type <> 'guest' AND NOT (w.method = 'email' AND {own})
        ) first {lists} WHERE turn = 1 AND NOT is_proven AND {in_reach} GROUP BY user_id
    ) people GROUP BY email, mobile, office
"""
"""People of whom a code would go to an address or number that no code has confirmed, by which of them these are."""
METHOD_OF_KIND: Final = (
    "CASE WHEN kind LIKE '%%email' THEN 'email' WHEN kind = 'office_phone' THEN 'office' ELSE 'mobile' END"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """What people are sorted by that is not theirs: federated domains, groups of both settings, numbers out of reach.

    ``other_out_of_reach`` are the blocks of numbers under the other settings, None where they are the same;
    ``special_ids`` are people who are marked as special.
    """

    tenant_id: UUID
    federated: tuple[str, ...] = ()
    groups: tuple[UUID | None, UUID | None] = (None, None)
    out_of_reach: tuple[str, ...] = ()
    other_out_of_reach: tuple[str, ...] | None = None
    special_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listed:
    """A condition that asks a list, the join with that list and the values of the join."""

    condition: str
    join: str = ""
    values: tuple[object, ...] = ()


def unconfirmed_sql(sorting: Sorting) -> tuple[str, list[object]]:
    """Return the query of members with data that no code has confirmed, and its values; no code goes out of reach."""
    reached = _has("far", "first.value", sorting.out_of_reach)
    asked = UNCONFIRMED.format(
        method=METHOD_OF_KIND, own=_is_own("w.value"), lists=reached.join, in_reach=reached.condition
    )
    return asked, [sorting.tenant_id, sorting.tenant_id, *reached.values]


def people_sql(sorting: Sorting) -> tuple[str, list[object]]:
    """Return the query of everybody with their facts, which ends with its condition, and its values."""
    lists = {
        "mobile": _has("far_mobile", MOBILE, sorting.out_of_reach),
        "office": _has("far_office", OFFICE, sorting.out_of_reach),
        "other_mobile": _has("far_other_mobile", MOBILE, sorting.other_out_of_reach),
        "other_office": _has("far_other_office", OFFICE, sorting.other_out_of_reach),
        "is_special": _is_special(sorting.special_ids),
    }
    asked = PEOPLE.format(
        federated=f"({' OR '.join(['u.upn_folded LIKE %s'] * len(sorting.federated)) or 'FALSE'})",
        own_private=_is_own("m.email"),
        own_extra=_is_own("m.extra"),
        own_known=_is_own("c.email"),
        mobile_key=_number_key(MOBILE),
        office_key=_number_key(OFFICE),
        most=MOST_ANSWERS,
        lists=" ".join(each.join for each in lists.values()),
        **{name: each.condition for name, each in lists.items()},
    )
    domains = [f"%@{name}" for name in sorting.federated]
    tenants = [sorting.tenant_id] * TENANTS_BEFORE_GROUPS
    of_lists = [value for each in lists.values() for value in each.values]
    return asked, [*domains, *tenants, *sorting.groups, *of_lists, sorting.tenant_id]


def with_facts(rows: Sequence[tuple[int, ...]]) -> str:
    """Return the condition that somebody's facts are one of these rows, which the query of classes gave.

    They are written out: PostgreSQL takes 65,535 values, and a large organisation may have more classes than that.
    """
    written = (", ".join(str(fact) if isinstance(fact, bool) else str(int(fact)) for fact in row) for row in rows)
    return f"({', '.join(FACT_NAMES)}) IN (VALUES {', '.join(f'({row})' for row in written)})"


def join_sql(name: str, values: tuple[UUID, ...] | tuple[str, ...], *, kind: str, on: str) -> tuple[str, list[object]]:
    """Return the join with a list, whose ``column1`` is NULL for whatever is not on it, and its values.

    Either form has every row looked up in a hash or an index: PostgreSQL compares an array element by element once it
    keeps a plan, and takes a list that may repeat values for one that multiplies rows; SQLite may walk through a table.
    """
    if connection.vendor == "postgresql":
        table, found = listed(values, kinds=(kind,))
        return f"LEFT JOIN (SELECT DISTINCT column1 FROM {table}) {name} ON {name}.column1 = {on}", found  # noqa: S608
    condition, found = one_of(values, kind=kind)
    return f"LEFT JOIN (SELECT 1 AS column1) {name} ON {on} {condition}", found


def _has(name: str, number: str, out_of_reach: tuple[str, ...] | None) -> _Listed:
    """Return that there is a number, or an address, and that it is in none of these blocks; None: nobody asks."""
    if out_of_reach is None:
        return _Listed("FALSE")
    if not out_of_reach:
        return _Listed(f"{number} IS NOT NULL")
    join, values = join_sql(name, out_of_reach, kind="text", on=block_sql(number))
    return _Listed(f"({number} IS NOT NULL AND {name}.column1 IS NULL)", join, tuple(values))


def _is_special(ids: tuple[UUID, ...]) -> _Listed:
    join, values = join_sql("special", ids, kind="uuid", on="u.id")
    return _Listed("special.column1 IS NOT NULL", join, tuple(values)) if ids else _Listed("FALSE")


def _is_own(address: str) -> str:
    return f"{_mailbox(address)} IN ({_mailbox('u.upn_folded')}, {_mailbox('u.mail')})"


def _mailbox(address: str) -> str:
    """Return the mailbox of an address: small letters, and what stands behind a plus sign arrives in the same one."""
    text = f"LOWER({address})"
    plus, at = _place("+", text), _place("@", text)
    return (
        f"(CASE WHEN {plus} > 0 AND {plus} < {at} "
        f"THEN SUBSTR({text}, 1, {plus} - 1) || SUBSTR({text}, {at}) ELSE {text} END)"
    )


def _number_key(number: str) -> str:
    """Return what two spellings of one number have in common: its last eight digits and its extension."""
    text = f"LOWER({number})"
    for mark in PHONE_MARKS:
        text = f"REPLACE({text}, '{mark}', '')"
    mark = _place("x", text)
    plain = f"(CASE WHEN {mark} > 0 THEN SUBSTR({text}, 1, {mark} - 1) ELSE {text} END)"
    extension = f"(CASE WHEN {mark} > 0 THEN SUBSTR({text}, {mark} + 1) ELSE '' END)"
    last = f"(CASE WHEN LENGTH({plain}) > 8 THEN SUBSTR({plain}, LENGTH({plain}) - 7) ELSE {plain} END)"
    return f"({last} || 'x' || {extension})"


def _place(sign: str, text: str) -> str:
    return f"{'STRPOS' if connection.vendor == 'postgresql' else 'INSTR'}({text}, '{sign}')"
