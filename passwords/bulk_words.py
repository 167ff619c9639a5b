"""What a bulk job is called and what it means, for each act; one row an act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy as _n

from passwords.models import BulkAct, BulkJob
from users.grid_views import LABELS, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """``title`` and ``will`` take a number; ``text`` says what it means for those whom it reaches."""

    title: Promise
    will: Promise
    text: Promise
    button: Promise


WORDS: Final[dict[str, Words]] = {
    BulkAct.RESET: Words(
        title=_n("Reset the password of %(number)s user", "Reset the passwords of %(number)s users", "number"),
        will=_n("%(number)s password will be reset", "%(number)s passwords will be reset", "number"),
        text=_("The present passwords stop working at once, and every session ends."),
        button=_("Reset password"),
    ),
    BulkAct.FORCE_CHANGE: Words(
        title=_n(
            "Force a password change for %(number)s user", "Force a password change for %(number)s users", "number"
        ),
        will=_n("%(number)s user will have to change", "%(number)s users will have to change", "number"),
        text=_("They keep their passwords and choose new ones at their next sign-in. Every session ends at once."),
        button=_("Force a password change"),
    ),
    BulkAct.BLOCK: Words(
        title=_n("Block sign-in of %(number)s user", "Block sign-in of %(number)s users", "number"),
        will=_n("%(number)s user will be blocked", "%(number)s users will be blocked", "number"),
        text=_("They cannot sign in any more, and every session ends at once. The passwords stay as they are."),
        button=_("Block sign-in"),
    ),
    BulkAct.ALLOW: Words(
        title=_n("Allow sign-in of %(number)s user", "Allow sign-in of %(number)s users", "number"),
        will=_n("%(number)s user will be let in again", "%(number)s users will be let in again", "number"),
        text=_("They can sign in again with the passwords they have."),
        button=_("Allow sign-in"),
    ),
    BulkAct.SIGN_OUT: Words(
        title=_n("Sign out %(number)s user everywhere", "Sign out %(number)s users everywhere", "number"),
        will=_n("%(number)s user will be signed out", "%(number)s users will be signed out", "number"),
        text=_("Every browser in which they are signed in asks them to sign in again. The passwords stay as they are."),
        button=_("Sign out everywhere"),
    ),
    BulkAct.NEVER_EXPIRES: Words(
        title=_n(
            "Let the password of %(number)s user never expire",
            "Let the passwords of %(number)s users never expire",
            "number",
        ),
        will=_n("%(number)s password will never expire", "%(number)s passwords will never expire", "number"),
        text=_("Their passwords stay good however old they get."),
        button=_("Set password never expires"),
    ),
    BulkAct.EXPIRES: Words(
        title=_n(
            "Let the password of %(number)s user expire", "Let the passwords of %(number)s users expire", "number"
        ),
        will=_n("%(number)s password will expire again", "%(number)s passwords will expire again", "number"),
        text=_(
            "Their passwords expire by the rules of the organization. Whoever has one that is too old chooses a new "
            "one at the next sign-in; nobody is signed out."
        ),
        button=_("Clear password never expires"),
    ),
    BulkAct.STRONG_OPTIONAL: Words(
        title=_n(
            "Require no strong password of %(number)s user", "Require no strong password of %(number)s users", "number"
        ),
        will=_n("%(number)s user may choose a weaker one", "%(number)s users may choose weaker ones", "number"),
        text=_("The passwords that they choose from now on need fewer kinds of characters."),
        button=_("Set strong password not required"),
    ),
    BulkAct.STRONG_REQUIRED: Words(
        title=_n(
            "Require a strong password of %(number)s user", "Require strong passwords of %(number)s users", "number"
        ),
        will=_n("%(number)s user will need a strong one", "%(number)s users will need strong ones", "number"),
        text=_("The passwords that they choose from now on obey every rule of the organization."),
        button=_("Clear strong password not required"),
    ),
}

VIEWS: Final[dict[str, str | Promise]] = {
    View.BLOCKED: _("Everyone whose sign-in is blocked"),
    View.MUST_CHANGE: _("Everyone who must change the password"),
    View.NEVER_ISSUED: _("Everyone whose password was never issued"),
}


class Grouped(int):
    """A number that is written as people read it, 12,345, and still chooses the plural."""

    def __str__(self) -> str:
        return number_format(int(self), force_grouping=True, use_l10n=True)


def title_of(job: BulkJob, number: int) -> str:
    """Return what a job on this many people is called."""
    return str(WORDS[job.act].title % {"number": Grouped(number)})


def will_of(job: BulkJob, number: int) -> str:
    """Say what would happen to this many people."""
    return str(WORDS[job.act].will % {"number": Grouped(number)})


def _view_words(view: View) -> str | Promise:
    """Say whom a view picks; nothing where it picks everybody."""
    if view is View.ALL:
        return ""
    return VIEWS.get(view) or gettext("Everyone in the view “%(view)s”") % {"view": LABELS[view]}


def source_of(job: BulkJob) -> str:
    """Say how the people were chosen."""
    kind, source = BulkJob.SourceKind, job.source
    if job.source_kind == kind.FILTER:
        view = _view_words(View(source["view"]))
        if view and source["search"]:
            return gettext("%(view)s, found by “%(search)s”") % {"view": view, "search": source["search"]}
        return str(view) if view else gettext("Everyone found by “%(search)s”") % {"search": source["search"]}
    if job.source_kind == kind.GROUP:
        return gettext("Members of the group %(name)s") % {"name": source["name"]}
    return str(kind(job.source_kind).label)
