"""The headers of every response: pages, errors, static files, health, exports."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POWERFUL_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
"""Features of browsers that the portal never uses; the one it does use is writing to the clipboard."""

ALWAYS = {
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in POWERFUL_FEATURES), "clipboard-write=(self)"]),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Robots-Tag": "noindex",
}


class HeadersMiddleware:
    """Outermost: what any other layer answers passes through here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers[name] = value
        is_file = request.path.startswith(settings.STATIC_URL) and response.status_code in (200, 206, 304)
        if not is_file:
            # Whatever a view thought: nothing of the portal but its files may rest in a cache.
            response.headers["Cache-Control"] = "no-store"
            response.headers.pop("Expires", None)
        return response
