"""Routes of Security info and of registration at sign-in, part of ``sspr.urls``."""

from __future__ import annotations

from django.urls import path

from sspr.registration import Item
from sspr.views import registration, security_info
from users.models import MethodKind
from users.services.method_changes import SECURITY_QUESTIONS

KINDS = {
    "app": MethodKind.AUTHENTICATOR.value,
    "phone": MethodKind.MOBILE_PHONE.value,
    "alternate-phone": MethodKind.ALTERNATE_PHONE.value,
    "office": MethodKind.OFFICE_PHONE.value,
    "email": MethodKind.EMAIL.value,
    "extra-email": MethodKind.EXTRA_EMAIL.value,
    "questions": SECURITY_QUESTIONS,
}
HOME = "account/security-info"

urlpatterns = [
    path("ssprsetup", security_info.old_address, name="ssprsetup"),
    path("mysecurityinfo", security_info.old_address, name="mysecurityinfo"),
    path(HOME, security_info.security_info, name="security-info"),
    *[
        path(f"{HOME}/{slug}", security_info.set_up, {"kind": kind}, name=f"security-info-{slug}")
        for slug, kind in KINDS.items()
    ],
    path(f"{HOME}/questions/remove", security_info.remove_questions, name="security-info-questions-remove"),
    path(f"{HOME}/recovery-codes", security_info.recovery_codes, name="security-info-codes"),
    path(f"{HOME}/<uuid:method_id>/remove", security_info.remove, name="security-info-remove"),
    path(f"{HOME}/<uuid:method_id>/default", security_info.set_default, name="security-info-default"),
    path("account/register", registration.register, name="register"),
    *[
        path(f"account/register/{item}", registration.register_item, {"item": item}, name=f"register-{item}")
        for item in Item
    ],
    path("account/register/next", registration.register_next, name="register-next"),
    path("account/register/other", registration.register_other, name="register-other"),
    path("account/register/skip", registration.register_skip, name="register-skip"),
    path("account/register/done", registration.register_done, name="register-done"),
    path("account/review", registration.review, name="review"),
]
