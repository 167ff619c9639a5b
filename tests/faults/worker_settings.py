"""Settings of a worker process under test: the product's, and templates of its letters."""

from __future__ import annotations

import os
from pathlib import Path

from adminportal.settings import *  # noqa: F403
from adminportal.settings import TEMPLATES

TEMPLATES[0]["DIRS"] = [Path(os.environ["LETTER_TEMPLATES"]), *TEMPLATES[0]["DIRS"]]  # type: ignore[misc]
