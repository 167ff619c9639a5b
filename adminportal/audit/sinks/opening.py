"""Opens the second home of the log that the operator chose."""

from __future__ import annotations

from django.conf import settings

from adminportal.audit.sinks.address import SinkAddress, read_address
from adminportal.audit.sinks.connection import Sink
from adminportal.audit.sinks.syslog import SyslogSink
from adminportal.audit.sinks.webhook import WebhookSink
from adminportal.sealing import Secret


def sink_address() -> SinkAddress | None:
    """Return where the operator wants the log to go as well, or None."""
    return read_address(settings.AUDIT_SINK_URL)


def open_sink(address: SinkAddress) -> Sink:
    """Return what sends to the address; it connects when it sends."""
    if address.kind == "syslog":
        return SyslogSink(address)
    return WebhookSink(address, secret=Secret(settings.AUDIT_SINK_SECRET))
