"""Settings of the processes of a siege: the product's, with real hashes and a short patience with dead workers."""

from __future__ import annotations

import os

from adminportal.settings import *  # noqa: F403

BULK_LEASE_SECONDS = 3
BULK_WORKERS = 2
if os.environ.get("SIEGE_WORKER"):
    PASSWORD_HASHERS = ["adminportal.hashing.PortalArgon2Hasher"]
