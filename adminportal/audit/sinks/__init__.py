"""The second home of the audit log, chosen by address: syslog over TLS, or a webhook with a signature."""

from __future__ import annotations
