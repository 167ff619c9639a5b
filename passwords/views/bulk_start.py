"""The press of the button that starts a bulk job."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.http import Http404, HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from passwords.models import UNDER_WAY, BulkJob, BulkState
from passwords.services.bulk import AT_ONCE, ConfirmationNeeded, NotPossible, SetChanged, start_bulk, typed_text
from passwords.services.bulk_results import NotShown
from passwords.views.bulk_draft import Draft, count_preview, posted_draft, show_draft, stored_draft, to_confirm, to_page
from passwords.views.bulk_page import Asked, show_passwords
from users.grid_selection import refusal_of
from users.request import PortalRequest

REFUSED_FORM: Final = 422
CHANGED: Final = 409
"""Status where the people changed between the preview and the press of the button."""
WHY_NOT: Final[dict[str, Promise]] = {
    "nobody": _("Nobody is left whom this would reach. Nothing was changed."),
    "too_old": _("These people were chosen more than a day ago. Choose them again. Nothing was changed."),
    "too_many": _("One password of your own for all is possible for few users only. Nothing was changed."),
}


@sensitive_variables()
def start(request: PortalRequest, job: BulkJob) -> HttpResponse:
    """Start a draft and show what came of it, or show it again with what is missing.

    :raises Throttled: when too many previews were asked for; each press of the button makes one.
    """
    if job.state != BulkState.DRAFT:
        return _answer(request, job)
    count_preview(request)
    draft = posted_draft(request, job)
    if not draft.is_in_order:
        return show_draft(request, _with_preview(request, draft), status=REFUSED_FORM)
    try:
        started = start_bulk(
            job.pk,
            actor=request.actor,
            options=draft.options,
            fingerprint=request.POST.get("fingerprint", ""),
            typed=request.POST.get("typed", ""),
            password=draft.form.password(),
            now=clock.now(),
        )
    except SetChanged as changed:
        problem = gettext("The people, or what would happen to them, have changed. Nothing was started: look again.")
        return show_draft(request, replace(draft, found=changed.preview), problem=problem, status=CHANGED)
    except ConfirmationNeeded as missing:
        return _ask(request, draft, missing)
    except BulkJob.DoesNotExist:
        raise Http404 from None  # the sweep deleted the draft a moment ago
    except NotPossible as refusal:
        forbidden = refusal_of(job.act, request.actor)
        problem = forbidden or str(WHY_NOT.get(refusal.code, WHY_NOT["nobody"]))
        status = 403 if forbidden else REFUSED_FORM
        return show_draft(request, _with_preview(request, draft), problem=problem, status=status)
    return _answer(request, started)


@sensitive_variables()
def _answer(request: PortalRequest, job: BulkJob) -> HttpResponse:
    """Show the passwords of few people at once, as a form sent twice does too; lead to the page in all other cases."""
    if job.state in UNDER_WAY or job.requested > AT_ONCE:
        return to_page(request, job)
    try:
        return show_passwords(request, job, asked=Asked.read(QueryDict()))
    except NotShown:
        return to_page(request, job)


def _ask(request: PortalRequest, draft: Draft, missing: ConfirmationNeeded) -> HttpResponse:
    if missing.code == "RESET_STEP_UP":
        return to_confirm(request, draft.job)
    wanted = typed_text(draft.job, missing.preview)
    error = gettext("Type %(phrase)s exactly so. Nothing was started.") % {"phrase": wanted}
    return show_draft(request, replace(draft, found=missing.preview), typed_error=error, status=REFUSED_FORM)


def _with_preview(request: PortalRequest, draft: Draft) -> Draft:
    """Show what would happen with the options that were in order last."""
    return replace(draft, found=stored_draft(request, draft.job).found)
