"""Routes of self service."""

from __future__ import annotations

from django.urls import path

from sspr import security_urls, settings_urls
from sspr.views import captcha, contact_admin, forgotten_name, person_lock, wizard, wizard_password, wizard_proof

app_name = "sspr"
urlpatterns = [
    path("passwordreset", wizard.start, name="start"),
    path("passwordreset/step", wizard.step, name="step"),
    path("passwordreset/reason", wizard.reason, name="reason"),
    path("passwordreset/send", wizard_proof.send, name="send"),
    path("passwordreset/prove", wizard_proof.prove, name="prove"),
    path("passwordreset/go-on", wizard_password.go_on, name="go-on"),
    path("passwordreset/finish", wizard_password.finish, name="finish"),
    path("passwordreset/rules", wizard_password.live_rules, name="rules"),
    path("passwordreset/unlock", wizard_password.unlock, name="unlock"),
    path("passwordreset/cancel", wizard.cancel, name="cancel"),
    path("passwordreset/contact", contact_admin.contact, name="contact"),
    path("passwordreset/contact/sent", contact_admin.sent, name="contact-sent"),
    path("forgot-username", forgotten_name.forgotten_name, name="forgotten-name"),
    path("forgot-username/sent", forgotten_name.sent, name="forgotten-name-sent"),
    path("captcha/<str:token>/picture", captcha.picture, name="captcha-picture"),
    path("captcha/<str:token>/sound", captcha.sound, name="captcha-sound"),
    path("users/active/<uuid:user_id>/self-service/open", person_lock.open_again, name="open-again"),
    *security_urls.urlpatterns,
    *settings_urls.urlpatterns,
]
