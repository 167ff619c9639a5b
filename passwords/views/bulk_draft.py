"""The page of a job before it starts: options, preview, confirmation. Nothing happens before the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from adminportal.throttle import Throttled, check
from passwords.bulk_jobs import get_own_job
from passwords.bulk_options import BulkOptions
from passwords.bulk_options_form import BulkReasonForm, BulkResetForm
from passwords.bulk_words import WORDS, source_of, title_of, will_of
from passwords.models import UNDER_WAY, BulkAct, BulkJob, BulkState
from passwords.rules import policy_of
from passwords.services.bulk import AT_ONCE, typed_text
from passwords.services.bulk_drafts import keep_options
from passwords.services.bulk_preview import Preview, list_left_out, own_refusal, preview
from passwords.services.bulk_selection import list_chosen
from users.access import Permission, has_fresh_proof, requires
from users.request import PortalRequest
from users.search import SearchTooLong

OptionsForm = BulkResetForm | BulkReasonForm
LISTED: Final = 50
"""People on one page of those who are left out."""
NAMED: Final = 40
"""People of a draft who are named, before the others are counted."""
REFUSED_FORM: Final = 422
"""Status of a form that comes back; htmx puts it into the page, and no other refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft with its form and, once it was asked for, what would happen; ``too_often`` says why it is not shown."""

    job: BulkJob
    form: OptionsForm
    options: BulkOptions
    found: Preview | None
    too_often: str = ""

    @property
    def is_in_order(self) -> bool:
        """Tell whether the options can be."""
        return not self.form.errors


@requires(Permission.BULK_READ)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def refresh_preview(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Answer what would happen with the options as they are chosen now; nothing is changed."""
    job = get_own_job(job_id, actor=request.actor)
    if job.state != BulkState.DRAFT:
        return to_page(request, job)
    draft = posted_draft(request, job, is_preview=True)
    try:
        if draft.is_in_order:
            draft = replace(draft, found=_preview(request, job, draft.options))
    except Throttled as limit:
        return show_without_preview(request, draft, limit, is_part=wants_part(request))
    return show_draft(request, draft, is_part=wants_part(request))


@requires(Permission.BULK_READ)
@never_cache
@require_safe
def left_out(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """List everyone who would be left out, each with the reason."""
    job = get_own_job(job_id, actor=request.actor)
    if job.state != BulkState.DRAFT:
        return to_page(request, job)
    search, after, problem = request.GET.get("search", ""), request.GET.get("after", ""), ""
    options = BulkOptions.read(job.options)
    try:
        count_preview(request)
        rows = list_left_out(job, actor=request.actor, options=options, after=after, search=search, rows=LISTED + 1)
        own = None if after else own_refusal(job, actor=request.actor, search=search)
    except (ValueError, SearchTooLong):
        problem = gettext("This list cannot be shown. Open it again from the preview. Nothing was changed.")
        rows, own = [], None
    except Throttled as limit:
        rows, own, problem = [], None, _too_often(limit)
    page = {
        "job": job,
        "rows": [*filter(None, [own]), *rows[:LISTED]],
        "search": search,
        "problem": problem,
        "is_later": bool(after),
        "next_url": f"?{urlencode({'search': search, 'after': rows[LISTED - 1].place})}" if len(rows) > LISTED else "",
    }
    return render(request, "passwords/bulk_left_out.html", page, status=REFUSED_FORM if problem else 200)


def stored_draft(request: PortalRequest, job: BulkJob) -> Draft:
    """Return a draft with the options that were chosen last.

    :raises Throttled: when too many previews were asked for.
    """
    options = BulkOptions.read(job.options)
    found = _preview(request, job, options)
    job.requested = found.requested
    return Draft(job=job, form=_form(request, job, options), options=options, found=found)


def posted_draft(request: PortalRequest, job: BulkJob, *, is_preview: bool = False) -> Draft:
    """Return a draft with the options of the form, and keep those that are in order; not yet with a preview."""
    kept = BulkOptions.read(job.options)
    form = _form(request, job, kept, data=request.POST, is_preview=is_preview)
    if not form.is_valid():
        return Draft(job=job, form=form, options=kept, found=None)
    options = form.bulk_options()
    keep_options(job, options)
    return Draft(job=job, form=form, options=options, found=None)


def kept_draft(request: PortalRequest, job: BulkJob) -> Draft:
    """Return a draft with the options that were chosen last, and without what would happen."""
    options = BulkOptions.read(job.options)
    return Draft(job=job, form=_form(request, job, options), options=options, found=None)


def count_preview(request: PortalRequest) -> None:
    """Count one preview: it judges everybody who was chosen, a hundred thousand people in a second or two.

    :raises Throttled: when this person asked for too many.
    """
    check("BULK_PREVIEW", key=str(request.actor.id), now=clock.now())


@sensitive_variables()
def show_without_preview(
    request: PortalRequest, draft: Draft, limit: Throttled, *, is_part: bool = False
) -> HttpResponse:
    """Answer with a draft whose preview was asked for too often."""
    draft = replace(draft, found=None, too_often=_too_often(limit))
    response = show_draft(request, draft, is_part=is_part, status=REFUSED_FORM if is_part else 429)
    response.headers["Retry-After"] = str(limit.retry_after)
    return response


@sensitive_variables()
def show_draft(
    request: PortalRequest,
    draft: Draft,
    *,
    problem: str = "",
    typed_error: str = "",
    is_part: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Answer with the page of a draft, or its preview alone."""
    found, job = draft.found, draft.job
    page = {
        **_words(job, found),
        "job": job,
        "form": draft.form,
        "is_reset": job.act == BulkAct.RESET,
        "preview": found,
        "unknown": found.unknown if found else (),
        "duplicates": found.duplicates if found else (),
        "phrase": typed_text(job, found) if found else "",
        "typed_error": typed_error,
        "needs_proof": found is not None and _needs_proof(request, found),
        "problem": problem,
        "too_often": draft.too_often,
        "was_proven": "proven" in request.GET and not problem,
        "chosen": list_chosen(job, most=NAMED) if found else [],
        "at_once": AT_ONCE,
        "runs_beside": BulkJob.objects.filter(state__in=UNDER_WAY).exclude(pk=job.pk).exists(),
    }
    name = "passwords/_bulk_preview.html" if is_part else "passwords/bulk_draft.html"
    return render(request, name, page, status=REFUSED_FORM if found is None and status == 200 else status)


def _words(job: BulkJob, found: Preview | None) -> dict[str, object]:
    return {
        "title": title_of(job, found.requested if found else job.requested),
        "will": will_of(job, found.reachable if found else 0),
        "text": WORDS[job.act].text,
        "button": WORDS[job.act].button,
        "source": source_of(job),
    }


def to_page(request: PortalRequest, job: BulkJob) -> HttpResponse:
    """Lead to the page of a job."""
    address = reverse("passwords:bulk", args=[job.pk])
    return HttpResponse(headers={"HX-Redirect": address}) if wants_part(request) else HttpResponseRedirect(address)


def to_confirm(request: PortalRequest, job: BulkJob) -> HttpResponse:
    """Lead to fresh proof of who is signed in, and back to the job, which says that nothing has happened yet."""
    query = urlencode({"next": f"{reverse('passwords:bulk', args=[job.pk])}?proven=1"})
    return HttpResponseRedirect(f"{reverse('users:confirm')}?{query}")


def wants_part(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def _form(
    request: PortalRequest, job: BulkJob, options: BulkOptions, *, data: object = None, is_preview: bool = False
) -> OptionsForm:
    if job.act != BulkAct.RESET:
        return BulkReasonForm(data, options=options)
    form = BulkResetForm(
        data,
        tenant=request.tenant,
        options=options,
        may_choose=job.requested <= AT_ONCE,
        address=request.actor.user.mail or request.actor.user_principal_name,
        is_preview=is_preview,
    )
    if not policy_of(request.tenant).admin_may_choose:
        form.shut_own()
    return form


def _too_often(limit: Throttled) -> str:
    text = gettext("You have asked too often what would happen. Nothing was changed. Try again in %(minutes)s min.")
    return text % {"minutes": -(-limit.retry_after // 60)}


def _preview(request: PortalRequest, job: BulkJob, options: BulkOptions) -> Preview:
    count_preview(request)
    return preview(job, actor=request.actor, options=options, now=clock.now())


def _needs_proof(request: PortalRequest, found: Preview) -> bool:
    asks = found.holds_role or found.requested > AT_ONCE
    return asks and not has_fresh_proof(request.actor, now=clock.now())
