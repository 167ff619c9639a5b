"""What single pages need beyond the content policy of all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpResponse

View = Callable[..., HttpResponse]


def plays_sound(view: View) -> View:
    """Let the page of a view play sounds of the portal's own, such as that of a challenge."""
    return cast(View, csp_update({"media-src": [SELF]})(view))
