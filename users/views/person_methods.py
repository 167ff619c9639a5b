"""What administrators change of how somebody proves who they are. GET asks, POST does."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.shell.forms import PortalFormHelper
from users.access import Decision, Permission, has_fresh_proof, requires
from users.method_rights import Rule, can_edit_contacts, can_remove_authenticator, rule_for
from users.method_values import ValueRefused, normal_value
from users.models import AuthenticationMethod, Contact, ContactKind, User
from users.panel import get_person
from users.panel_methods import shown_value
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.services.contact_views import note_contact_views
from users.services.method_admin import change_contacts_of, remove_method_of, require_new_registration
from users.services.method_changes import label_of
from users.services.methods import MethodMissing
from users.services.people import Refused
from users.value_faults import VALUE_FAULTS
from users.views.person_acts import Question
from users.views.proof import to_confirm
from users.views.user_panel import show_person, wants_fragment

REFUSED_FORM: Final = 422

FAULTS: Final = VALUE_FAULTS | {
    "own_mailbox": _("This is the mailbox of the account itself, which cannot be opened without the password."),
}


class ContactForm(forms.Form):
    """Where somebody can be reached without the account; an empty field removes."""

    alternate_email = forms.CharField(label=_("Alternate email"), required=False, max_length=254)
    mobile_phone = forms.CharField(label=_("Mobile phone"), required=False, max_length=64)
    office_phone = forms.CharField(label=_("Office phone"), required=False, max_length=64)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = PortalFormHelper()

    def clean(self) -> dict[str, Any]:
        """Bring what is new into the form that is stored."""
        values: dict[str, Any] = self.cleaned_data
        for name in self.changed_data:
            if values.get(name):
                try:
                    values[name] = normal_value(name, values[name], user=self.user)
                except ValueRefused as refusal:
                    self.add_error(name, str(FAULTS[refusal.code]))
        return values

    def order(self) -> dict[ContactKind, str]:
        """Return by kind what was typed and is new; a field that did not come is left alone."""
        return {ContactKind(name): self.cleaned_data[name] for name in self.changed_data if name in self.data}


# Reading people opens these pages: who may do it is the services' answer, so that each refusal has its sentence and its
# row in the audit log.
@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PortalRequest, user_id: UUID, method_id: UUID) -> HttpResponse:
    """Ask, then remove one method."""
    user = get_user(user_id)
    method = AuthenticationMethod.objects.filter(pk=method_id, user=user).first()
    if method is None:
        raise Http404
    if request.method != "POST":
        return _ask(request, user, _removal(method), rule_for(method.kind))
    try:
        remove_method_of(actor=request.actor, user_id=user.pk, method_id=method_id, now=clock.now())
    except MethodMissing:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, user, refusal)
    return _done(user, "method")


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def register_again(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Ask, then have somebody register anew."""
    user = get_user(user_id)
    if request.method != "POST":
        return _ask(request, user, REGISTER_AGAIN, can_remove_authenticator)
    try:
        require_new_registration(actor=request.actor, user_id=user.pk, now=clock.now())
    except Refused as refusal:
        return _refused(request, user, refusal)
    return _done(user, "again")


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Show the contact data of somebody to be changed, and change them."""
    user = get_user(user_id)
    known = {contact.kind: contact.value for contact in Contact.objects.filter(user=user)}
    if request.method != "POST":
        return _ask_for_contacts(request, user, known)
    form = ContactForm(request.POST, user=user, initial=known)
    if not form.is_valid():
        return _ask(request, user, CONTACTS, can_edit_contacts, form=form, status=REFUSED_FORM)
    try:
        change_contacts_of(actor=request.actor, user_id=user.pk, values=form.order(), now=clock.now())
    except Refused as refusal:
        return _refused(request, user, refusal)
    return _done(user, "contacts")


REGISTER_AGAIN: Final = Question(
    title=_("Require re-register"),
    text=_(
        "Authenticator apps, telephone numbers and recovery codes that the person registered are removed, and every "
        "session ends. At the next sign-in the person is asked to register again."
    ),
    is_danger=True,
)
CONTACTS: Final = Question(
    title=_("Edit contact data"),
    text=_("Codes go to these addresses and numbers when the person forgot the password. Old and new ones are told."),
    button=_("Save"),
)


def _removal(method: AuthenticationMethod) -> Question:
    facts = {"method": label_of(method.kind), "value": shown_value(method)}
    ends = gettext(
        "%(method)s %(value)s can no longer be used to prove who the person is, and every session ends at once."
    )
    stays = gettext(
        "Contact data stay: where they hold the same, they still reset the password, so remove it there too."
    )
    text = f"{ends} {stays}" if method.value else ends
    return Question(title=gettext("Remove this method"), text=text % facts, is_danger=True)


def _ask_for_contacts(request: PortalRequest, user: User, known: dict[str, str]) -> HttpResponse:
    facts = get_person(user, actor=request.actor).facts
    allowed = can_edit_contacts(request.actor, facts).allowed and has_fresh_proof(request.actor, now=clock.now())
    if allowed and known and request.method != "HEAD":
        note_contact_views([user], actor=request.actor, entrance="panel", now=clock.now())
    form = ContactForm(user=user, initial=known) if allowed else None
    return _ask(request, user, CONTACTS, can_edit_contacts, form=form)


def _ask(
    request: PortalRequest,
    user: User,
    question: Question,
    rule: Rule,
    *,
    form: ContactForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person = get_person(user, actor=request.actor)
    decision = rule(request.actor, person.facts)
    if decision.allowed and not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    context = {
        "user": user,
        "act": question,
        "reason": sentence(decision),
        "holders": (),
        "form": form,
        "panel_url": _back(user),
    }
    in_panel = wants_fragment(request)
    page = "users/_panel_confirm.html" if in_panel else "users/panel_confirm.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)


def _refused(request: PortalRequest, user: User, refusal: Refused) -> HttpResponse:
    decision: Decision = refusal.decision
    if decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=request.path)
    return show_person(request, user, problem=sentence(decision), status=status_of(decision))


def _done(user: User, what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{_back(user)}&done={what}")


def _back(user: User) -> str:
    return f"{reverse('users:panel', args=[user.pk])}?tab=methods"
