"""Templates in the browser: the visual editor of one, and the beginning of a new one."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import SeeOther, StaffPage
from apps.workflows.exceptions import TemplateRefused
from apps.workflows.selectors.drafts import Draft, get_draft
from apps.workflows.services.drafts import create_template


class TemplateEditPage(StaffPage):
    """The editor. What it shows and saves goes through the API; who may not write can look around in it."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        draft = get_draft(key)
        may_write = self.may("templates:write")
        values = {
            "template": draft,
            "tabs": template_tabs(key, "edit"),
            "may_write": may_write and draft.in_review is None,
            "lede": _why_not(draft, may_write),
        }
        return self.page("portal/templates/edit.html", values)


def _why_not(draft: Draft, may_write: bool) -> str:
    if not may_write:
        return "You may look around here; changing it needs the role of a template author."
    if draft.in_review is not None:
        return f"Version {draft.in_review} is being reviewed. Take it back in the overview to change it."
    return ""


class NewTemplateForm(forms.Form):
    name = forms.CharField(
        max_length=60,
        help_text="What people call it, such as “Customer onboarding”. Its key is made from the name and stays.",
    )
    family = forms.SlugField(
        max_length=40, required=False, help_text="Templates of one family are shown together."
    )


class NewTemplatePage(StaffPage):
    """A name is asked for, then the editor opens with an empty draft."""

    section = "templates"
    action = "templates:write"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(NewTemplateForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewTemplateForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            key = create_template(
                name=form.cleaned_data["name"], family=form.cleaned_data["family"], actor=self.actor
            )
        except (Conflict, Invalid, TemplateRefused) as error:
            form.add_error("name", error.detail)
            return self._show(form, status=422)
        return SeeOther(reverse("portal:template_edit", args=[key]))

    def _show(self, form: NewTemplateForm, *, status: int = 200) -> HttpResponse:
        return self.page("portal/templates/new.html", {"form": form}, status=status)
