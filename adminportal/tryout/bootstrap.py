"""Set-up on a bare machine: virtual environment and locked dependencies. Run by path, standard library only.

``python3 adminportal/tryout/bootstrap.py [--dev]``; does only what is missing, says exactly what it lacks.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
OLDEST = (3, 11)

ARGON2 = "argon2-cffi-bindings"
BUILD_TOOLS = ("cffi", "packaging", "pycparser", "setuptools", "setuptools-scm", "typing-extensions", "vcs-versioning")
"""What building the Argon2 bindings needs, taken from the lock so that it is pinned like everything else."""
FAST_FLAGS = os.environ.get("PORTAL_CFLAGS") or "-O3 -march=native"
"""Compiler flags that make a hash two to three times quicker than the published wheel; the hash is the same.

``PORTAL_CFLAGS`` replaces them where the result runs on other machines than the one that builds it.
"""


class SetupFailed(Exception):
    """Something is missing; the message is a sentence for the person at the terminal."""


def main(arguments: list[str]) -> int:
    """Bring the environment up to the locks."""
    locks = [RUNTIME_LOCK, *([DEV_LOCK] if "--dev" in arguments else [])]
    try:
        check_interpreter()
        make_environment()
        for lock in locks:
            install(lock)
    except SetupFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def check_interpreter() -> None:
    """Refuse a Python that is too old or lacks the parts that a virtual environment needs.

    :raises SetupFailed: with the way to get it.
    """
    if sys.version_info < OLDEST:
        raise SetupFailed(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    lacking = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if lacking:
        raise SetupFailed(
            f"{sys.executable} lacks the module {' and '.join(lacking)}. "
            "Install it (Debian and Ubuntu: apt-get install python3-venv) and run the command again."
        )


def make_environment() -> None:
    """Make ``.venv`` where there is none that works."""
    if PYTHON.exists() and _call([PYTHON, "-c", "import pip"], quiet=True) == 0:
        return
    _say("Making the virtual environment .venv …")
    if _call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise SetupFailed(f"{sys.executable} -m venv failed; its own words are above.")


def install(lock: Path) -> None:
    """Install one lock with hashes, unless the stamp says that it is in place."""
    stamp = VENV / f".{lock.stem}.stamp"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _say(f"Installing {lock.name} (with hashes) …")
    if lock == RUNTIME_LOCK:
        install_argon2(lock)
    if _pip("-r", str(lock)) != 0:
        raise SetupFailed(
            f"The packages of {lock.name} could not be installed; pip's own words are above. "
            "The package registry must be reachable; nothing else was changed, run the command again."
        )
    stamp.write_text(wanted)


def install_argon2(lock: Path) -> None:
    """Build the Argon2 bindings on this machine where it has a C compiler; else the wheel comes with the rest."""
    if _has(ARGON2) or not compiler():
        return
    text = lock.read_text()
    tools = _part(text, BUILD_TOOLS, name="build-tools")
    bindings = _part(text, (ARGON2,), name="bindings")
    environment = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {FAST_FLAGS}".strip()}
    options = ["--no-deps", "--no-cache-dir", "--no-binary", ARGON2, "--no-build-isolation"]
    built = _pip("-r", tools) == 0 and _pip(*options, "-r", bindings, environment=environment) == 0
    if not built:
        _say("The Argon2 bindings could not be built here; the published wheel is taken: slower, the same hash.")


def compiler() -> str | None:
    """Return the C compiler of this machine, if there is one."""
    names = [os.environ["CC"].split()[0]] if os.environ.get("CC") else ["cc", "gcc", "clang"]
    return next((found for name in names if (found := shutil.which(name))), None)


def blocks(lock: str, names: tuple[str, ...]) -> str:
    """Return the entries of a lock for ``names``, hashes included."""
    entries = re.split(r"\n(?=\S)", lock)
    chosen = [entry for entry in entries if re.split(r"[=<>\[ ;]", entry, maxsplit=1)[0] in names]
    return "\n".join(chosen) + "\n"


def _part(lock: str, names: tuple[str, ...], *, name: str) -> str:
    path = VENV / f".{name}.lock"
    path.write_text(blocks(lock, names))
    return str(path)


def _has(distribution: str) -> bool:
    code = f"import importlib.metadata as m; m.version({distribution!r})"
    return _call([PYTHON, "-c", code], quiet=True) == 0


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> int:
    base: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "install",
        "--require-hashes",
    ]
    return _call([*base, *arguments], environment=environment)


def _call(command: list[str | Path], *, quiet: bool = False, environment: dict[str, str] | None = None) -> int:
    sink = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(
            [str(part) for part in command], cwd=ROOT, env=environment, stdout=sink, stderr=sink, check=False
        ).returncode
    except OSError:  # the interpreter of an old environment may be gone
        return 1


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
