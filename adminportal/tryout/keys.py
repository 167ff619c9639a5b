"""Secrets of a trial run: made once, kept in ``VAR_DIR``, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

NAMES = {"SECRET_KEY": "secret-key", "SEALING_KEYS": "sealing-keys"}
"""Each variable and the file that holds it."""
SECRET_BYTES = 48


def key_files(folder: Path, *, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``NAME_FILE`` variables for what ``environment`` does not give, making missing files."""
    wanted = {
        f"{name}_FILE": folder / file
        for name, file in NAMES.items()
        if not environment.get(name) and not environment.get(f"{name}_FILE")
    }
    for path in wanted.values():
        _make_once(path)
    return {name: str(path) for name, path in wanted.items()}


def _make_once(path: Path) -> None:
    if path.exists() and path.stat().st_size:
        path.chmod(0o600)
        return
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
    draft.replace(path)  # never half a key, whenever the run is killed
