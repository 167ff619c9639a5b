"""The written SQL that sorts everybody of a tenant by the facts that decide in self-service.

It says the same as ``sspr.facts`` does for single people; a test holds both equal for people of every kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from adminportal.queries import places

FACT_NAMES: Final = (
    *("is_enabled", "is_guest", "is_synced", "is_federated", "is_licensed", "in_group", "in_other_group"),
    *("has_email", "has_own_mailbox", "has_mobile", "has_office", "is_office_mobile", "has_app"),
    *("answers", "has_recovery_code"),
)
"""The facts of a class, in the order of the columns; ``in_other_group`` is the group of settings to compare with."""
IN_OTHER_GROUP: Final = FACT_NAMES.index("in_other_group")
MOST_ANSWERS: Final = 5
"""No settings ask for more answers than this, so people with more are all alike."""
PHONE_MARKS: Final = " +-().//"

PEOPLE: Final = """
    SELECT u.id, u.sort_name,
        u.account_enabled AS is_enabled, u.user_type = 'guest' AS is_guest,
        u.on_premises_sync_enabled AS is_synced, {federated} AS is_federated,
        l.user_id IS NOT NULL AS is_licensed, g.user_id IS NOT NULL AS in_group,
        o.user_id IS NOT NULL AS in_other_group,
        (m.email IS NOT NULL AND NOT {own_private}) OR (m.extra IS NOT NULL AND NOT {own_extra})
            OR (c.email IS NOT NULL AND NOT {own_known}) AS has_email,
        (m.email IS NOT NULL AND {own_private}) OR (m.extra IS NOT NULL AND {own_extra})
            OR (c.email IS NOT NULL AND {own_known}) AS has_own_mailbox,
        COALESCE(m.mobile, c.mobile) IS NOT NULL AS has_mobile,
        COALESCE(m.office, c.office) IS NOT NULL AS has_office,
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
    WHERE u.tenant_id = %s AND u.deleted_at IS NULL
"""
TENANTS_BEFORE_GROUPS: Final = 5

UNCONFIRMED: Final = """
    SELECT email, mobile, office, COUNT(*) FROM (
        SELECT user_id, SUM(CASE WHEN method = 'email' THEN 1 ELSE 0 END) AS email,
            SUM(CASE WHEN method = 'mobile' THEN 1 ELSE 0 END) AS mobile,
            SUM(CASE WHEN method = 'office' THEN 1 ELSE 0 END) AS office
        FROM (
            SELECT w.user_id, w.method, w.is_proven,
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
        ) first WHERE turn = 1 AND NOT is_proven GROUP BY user_id
    ) people GROUP BY email, mobile, office
"""
"""People of whom a code would go to an address or number that no code has confirmed, by which of them these are."""
METHOD_OF_KIND: Final = (
    "CASE WHEN kind LIKE '%%email' THEN 'email' WHEN kind = 'office_phone' THEN 'office' ELSE 'mobile' END"
)


def unconfirmed_sql() -> str:
    """Return the query of members with data that no code has confirmed; its values are the tenant's id, twice."""
    return UNCONFIRMED.format(method=METHOD_OF_KIND, own=_is_own("w.value"))


def people_sql(*, federated: Sequence[str]) -> str:
    """Return the query of everybody with their facts; its values are those of ``people_values``."""
    return PEOPLE.format(
        federated=f"({' OR '.join(['u.upn_folded LIKE %s'] * len(federated)) or 'FALSE'})",
        own_private=_is_own("m.email"),
        own_extra=_is_own("m.extra"),
        own_known=_is_own("c.email"),
        mobile_key=_number_key("COALESCE(m.mobile, c.mobile)"),
        office_key=_number_key("COALESCE(m.office, c.office)"),
        most=MOST_ANSWERS,
    )


def people_values(tenant_id: UUID, *, federated: Sequence[str], groups: tuple[UUID, UUID]) -> list[object]:
    """Return the values of ``people_sql``."""
    domains = [f"%@{name}" for name in federated]
    return [*domains, *[tenant_id] * TENANTS_BEFORE_GROUPS, *groups, tenant_id]


def with_facts(rows: Sequence[tuple[object, ...]]) -> str:
    """Return the condition that somebody's facts are one of these rows."""
    one = f"({places(len(FACT_NAMES))})"
    return f"({', '.join(FACT_NAMES)}) IN (VALUES {', '.join([one] * len(rows))})"


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
