"""Settings of the processes of a siege: the product's chunks and hashes, and a short patience with dead workers."""

from __future__ import annotations

import os

from adminportal.settings import *  # noqa: F403
from adminportal.settings import base

BULK_CHUNK_SIZE = base.BULK_CHUNK_SIZE
# A hundred hashes take up to four seconds; a claim must not run out under a worker that lives.
BULK_LEASE_SECONDS = 10
BULK_WORKERS = 2
if os.environ.get("SIEGE_WORKER"):
    PASSWORD_HASHERS = ["adminportal.hashing.PortalArgon2Hasher"]
