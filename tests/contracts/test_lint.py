"""Static checks are tests, so that one closing line tells whether everything holds."""

from __future__ import annotations

import pytest

from tests import lint


@pytest.mark.lint
@pytest.mark.parametrize("name", lint.TOOLS)
def test_static_check_finds_nothing(name: str) -> None:
    done = lint.check(name)

    assert done.returncode == 0, done.stdout
