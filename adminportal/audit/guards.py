"""Makes the database itself refuse to change the audit log.

Three things pass: a new row without chain, the chain columns once while they are empty, and an erasure that gives
up the salt. Everything else, and every removal, is refused whoever asks. Removing whole ranges up to a signed
checkpoint is the one exception (``retention.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

REFUSAL = "The audit log is append-only."
"""What the database answers; it stands in the rules below as well."""

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
    chain text[] := ARRAY['seq', 'prev_hash', 'row_hash'];
    erasable text[] := ARRAY['actor_display_name', 'actor_user_principal_name', 'ip_address', 'user_agent', 'reason',
        'targets', 'details', 'actor_text', 'target_text', 'search_text', 'salt', 'redaction'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.seq IS NULL AND NEW.redaction = '{}'::jsonb THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL
            AND to_jsonb(NEW) - chain = to_jsonb(OLD) - chain THEN RETURN NEW; END IF;
        IF NEW.redaction <> OLD.redaction AND NEW.salt = ''
            AND to_jsonb(NEW) - erasable = to_jsonb(OLD) - erasable THEN RETURN NEW; END IF;
    ELSIF current_setting('portal.audit_retention', true) = 'on' THEN
        IF TG_OP = 'TRUNCATE' THEN RETURN NULL; END IF;
        IF OLD.seq <= (
            SELECT max(c.seq) FROM audit_auditcheckpoint c
            WHERE c.is_start AND c.tenant_id IS NOT DISTINCT FROM OLD.tenant_id
        ) THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END $guard$;
CREATE OR REPLACE FUNCTION audit_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('portal.audit_retention', true) = 'on' THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END $guard$;
CREATE OR REPLACE TRIGGER audit_event_rows BEFORE INSERT OR UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_event_guard();
CREATE OR REPLACE TRIGGER audit_event_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_guard();
CREATE OR REPLACE TRIGGER audit_checkpoint_rows BEFORE UPDATE OR DELETE ON audit_auditcheckpoint
    FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_guard();
CREATE OR REPLACE TRIGGER audit_checkpoint_truncate BEFORE TRUNCATE ON audit_auditcheckpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_checkpoint_guard();
"""

# REPLACE removes a row without firing a trigger for the removal, hence the rules on INSERT.
_SQLITE = {
    "audit_event_insert": """BEFORE INSERT ON audit_auditevent WHEN NEW.seq IS NOT NULL OR NEW.redaction <> '{}'
        OR EXISTS (SELECT 1 FROM audit_auditevent WHERE id = NEW.id OR uid = NEW.uid)""",
    "audit_event_fixed": """BEFORE UPDATE OF id, uid, tenant_id, service, category, activity, operation, result,
        occurred_at, correlation_id, actor_kind, actor_id, subject_id ON audit_auditevent""",
    "audit_event_chain": """BEFORE UPDATE OF seq, prev_hash, row_hash ON audit_auditevent
        WHEN OLD.seq IS NOT NULL OR NEW.seq IS NULL""",
    "audit_event_erase": """BEFORE UPDATE OF actor_display_name, actor_user_principal_name, ip_address, user_agent,
        reason, targets, details, actor_text, target_text, search_text, salt, redaction ON audit_auditevent
        WHEN NEW.redaction = OLD.redaction OR NEW.salt <> ''""",
    "audit_event_delete": "BEFORE DELETE ON audit_auditevent",
    "audit_checkpoint_insert": """BEFORE INSERT ON audit_auditcheckpoint
        WHEN EXISTS (SELECT 1 FROM audit_auditcheckpoint WHERE id = NEW.id)""",
    "audit_checkpoint_update": "BEFORE UPDATE ON audit_auditcheckpoint",
    "audit_checkpoint_delete": "BEFORE DELETE ON audit_auditcheckpoint",
}
_POSTGRESQL_TRIGGERS = frozenset(
    {"audit_event_rows", "audit_event_truncate", "audit_checkpoint_rows", "audit_checkpoint_truncate"}
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; those that are there stay as they are (SQLite) or are renewed (PostgreSQL)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
        else:
            for name, rule in _SQLITE.items():
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {name} {rule} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of guards that somebody has taken away or switched off."""
    expected = _POSTGRESQL_TRIGGERS if connection.vendor == "postgresql" else frozenset(_SQLITE)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'audit\\_%' AND tgenabled IN ('O', 'A')")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return sorted(expected - {name for (name,) in cursor.fetchall()})


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let rows be removed inside the block, which must be one transaction (or a test's flush).

    On PostgreSQL rows behind the signed start of their chain stay refused even here.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('portal.audit_retention', 'on', %s)", [connection.in_atomic_block])
        else:
            for name in ("audit_event_delete", "audit_checkpoint_delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
    yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('portal.audit_retention', '', %s)", [connection.in_atomic_block])
    else:
        install(connection)
