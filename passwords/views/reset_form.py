"""The form of the Reset password panel, with what it offers for this person and what it starts from."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from passwords.forms import ResetForm
from passwords.request_queue import reason_of
from passwords.rules import policy_of
from passwords.selectors import ResetPanel, get_choices, get_own_reset
from users.request import PortalRequest


def form_of(request: PortalRequest, panel: ResetPanel) -> ResetForm:
    """Return the form of the Reset password panel, submitted or with its first values."""
    form = ResetForm(
        request.POST if request.method == "POST" else None,
        tenant=request.tenant,
        has_alternate=bool(panel.alternate_email),
        alternate_note=_alternate_note(panel),
        initial=_first_values(request, panel),
    )
    # What is submitted is judged by the reset itself, which has read the policy anyway.
    if request.method != "POST" and not policy_of(request.tenant).admin_may_choose:
        form.shut_own()
    return form


def _first_values(request: PortalRequest, panel: ResetPanel) -> dict[str, object]:
    """Take over the choices of the reset that is made again, else offer one's own address and the call for help."""
    try:
        earlier = get_own_reset(UUID(request.GET.get("again", "")), actor=request.actor)
    except (ValueError, Http404):
        earlier = None
    if earlier is not None and earlier.target_id == panel.user.pk:
        return get_choices(earlier)
    reason = reason_of(request.GET.get("request", ""), user_id=panel.user.pk, actor=request.actor)
    return {"addresses": request.actor.user.mail or request.actor.user_principal_name, "reason": reason}


def _alternate_note(panel: ResetPanel) -> str:
    if panel.alternate_email:
        return panel.alternate_email
    if panel.is_alternate_own_mailbox:
        return _("The alternate address is the mailbox that this password opens, so nothing is sent there.")
    return _("No alternate address is known for this user.")
