"""Own security questions of the tenant, one a line."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from adminportal import clock
from sspr.services.own_questions import LONGEST, MOST, QuestionsRefused, change_questions, list_questions
from sspr.views.settings_frame import blade_groups
from users.access import Permission, has_fresh_proof, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM: Final = 422
MOST_LINES: Final = 10 * MOST
FAULTS: Final[dict[str, str | Promise]] = {
    "too_many": _("At most 20 questions of your own are possible. Nothing was saved."),
    "length": _("A question has 3 to 200 characters. Nothing was saved. Look at: %(text)s"),
    "twice": _("This question stands there twice. Nothing was saved. Look at: %(text)s"),
    "answered": _("Somebody has answered this question, so it has to stay. Nothing was saved. Look at: %(text)s"),
}


@requires(Permission.SSPR_SETTINGS_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: PortalRequest) -> HttpResponse:
    """Show the questions of the tenant's own wording, or change them."""
    may_change = request.actor.may(Permission.SSPR_SETTINGS_WRITE)
    if request.method != "POST":
        if may_change and not has_fresh_proof(request.actor, now=clock.now()):
            return to_confirm(request)
        return _page(request, "\n".join(each.text for each in list_questions()))
    if "questions" not in request.POST:
        # An empty list takes every question away, so a form without its field is not taken for one.
        problem = gettext("Go back and try again. Nothing was changed.")
        kept = "\n".join(each.text for each in list_questions())
        return _page(request, kept, problem=problem, status=REFUSED_FORM)
    typed = request.POST["questions"][: MOST_LINES * LONGEST]
    texts = [" ".join(line.split()) for line in typed.splitlines() if line.strip()]
    try:
        change_questions(actor=request.actor, texts=texts, now=clock.now())
    except QuestionsRefused as refusal:
        problem = str(FAULTS[refusal.code]) % {"text": refusal.text}
        return _page(request, typed, problem=problem, status=REFUSED_FORM)
    except Refused as refusal:
        return _page(request, typed, problem=sentence(refusal.decision), status=status_of(refusal.decision))
    return HttpResponseRedirect(f"{request.path}?saved=1")


def _page(request: PortalRequest, text: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    page = {
        "groups": blade_groups(request.actor, route="sspr:settings-authentication-methods"),
        "text": text,
        "problem": problem,
        "was_saved": not problem and "saved" in request.GET,
        "may_change": request.actor.may(Permission.SSPR_SETTINGS_WRITE),
    }
    return render(request, "sspr/settings_questions.html", page, status=status)
