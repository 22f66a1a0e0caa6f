"""The messages that come built in; a tenant may publish its own wording under the same key.

Besides what the sender gives, every message knows ``greeting``, ``recipient.name``, ``recipient.email``,
``brand.name`` and ``tenant.name``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from apps.messaging.types import Wording

_APPROVER = "You get this because a policy names you as an approver."
_OWNER = "You get this because you look after exceptions of this kind."
_REVIEWER = "You get this because you may agree to workflows, or look after the controls of this one."
_CUSTOMER = "You get this as a contact of the project."
_DECIDER = "You get this because you are asked to decide for your company."
_ACCOUNT = "You get this because somebody asked for it on the sign-in page. If it was not you, do nothing."

_WORDINGS = (
    Wording(
        key="sign-in-code",
        subject="Your sign-in code",
        body=(
            "{{ greeting }}\n\nYour sign-in code is:\n\n{{ code }}\n\n"
            "It is valid for {{ minutes }} minutes and works once. Nobody from {{ brand.name }} will ever ask you for it."
        ),
        why=_ACCOUNT,
    ),
    Wording(
        key="password-reset",
        subject="Choose a new password",
        body="{{ greeting }}\n\nUse the button below to choose a new password. Until you do, the old one keeps working.",
        action_label="Choose a new password",
        why=_ACCOUNT,
    ),
    Wording(
        key="password-changed",
        subject="Your password was changed",
        body=(
            "{{ greeting }}\n\nThe password of your account at {{ brand.name }} has just been changed.\n\n"
            "If it was not you, ask for a new password on the sign-in page at once and tell your administrator."
        ),
        why="You get this because the password of your account was changed.",
    ),
    Wording(
        key="factors-changed",
        subject="How you sign in has changed",
        body=(
            "{{ greeting }}\n\nThe second factors of your account at {{ brand.name }} have changed:\n\n{{ change }}.\n\n"
            "If it was not you, change your password and tell your administrator at once."
        ),
        why="You get this because it concerns how you sign in.",
    ),
    Wording(
        key="decision-code",
        subject="Your code to confirm a decision",
        body=(
            "{{ greeting }}\n\nYou are about to decide: {{ about }}.\n\nTo confirm that it is you, enter this code:\n\n"
            "{{ code }}\n\nIt is valid for {{ minutes }} minutes, for this decision only, and works once. "
            "Nobody from {{ brand.name }} will ever ask you for it."
        ),
        why="You get this because somebody signed in as you is about to decide this. If it was not you, tell your contact.",
    ),
    Wording(
        key="approval-requested",
        subject="Please decide: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\nYour decision is needed: {{ approval.title }}.\n\n{{ approval.details }}\n\n"
            "The page shows all of it, and what happens after yes and after no. Nothing is decided by opening it."
        ),
        action_label="Look and decide",
        action_path="/approvals/{{ approval.id }}/",
        why=_APPROVER,
    ),
    Wording(
        key="approval-reminder",
        subject="Overdue: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\nYour decision is overdue: {{ approval.title }}. Others cannot go on until it is made.\n\n"
            "{{ approval.details }}"
        ),
        action_label="Look and decide",
        action_path="/approvals/{{ approval.id }}/",
        why=_APPROVER,
    ),
    Wording(
        key="approval-stalled",
        subject="Nobody decides: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\nThis has waited for a long time, and those who are asked were reminded many times: "
            "{{ approval.title }}.\n\n{{ approval.details }}\n\n"
            "You can ask somebody else on its page, or decide who is asked in the policy."
        ),
        action_label="See who is asked",
        action_path="/approvals/{{ approval.id }}/",
        why="You get this because you administer this workspace.",
    ),
    Wording(
        key="coverage-gaps",
        subject="Approvals that nobody could decide",
        body=(
            "{{ greeting }}\n\nWithin {{ coverage.days }} days approvals may be due that nobody could decide. "
            "Gaps found: {{ coverage.number }}.\n\n{{ coverage.gaps }}"
        ),
        action_label="See and close the gaps",
        action_path="/settings/coverage/",
        why="You get this because you administer this workspace.",
    ),
    Wording(
        key="deputy-begins",
        subject="You decide for {{ absence.name }} now",
        body=(
            "{{ greeting }}\n\n{{ absence.name }} is away until {{ absence.until }}, and you decide meanwhile. "
            "Approvals that wait already: {{ absence.waiting }}.\n\n"
            "They are in your inbox. Each says on whose behalf you decide it."
        ),
        action_label="Open the inbox",
        action_path="/",
        why="You get this because you were named as somebody's deputy.",
    ),
    Wording(
        key="exception-raised",
        subject="Needs attention: {{ exception.title }}",
        body=(
            "{{ greeting }}\n\nSomething could not go on by itself: {{ exception.title }}.\n\n{{ exception.message }}\n\n"
            "The page shows what happened and what you can do about it."
        ),
        action_label="See what to do",
        action_path="/exceptions/{{ exception.id }}/",
        why=_OWNER,
    ),
    Wording(
        key="digest",
        subject="Your day: {{ digest.count }}",
        body=(
            "{{ greeting }}\n\nThis came in for you since your last daily mail:\n\n{{ digest.lines }}\n\n"
            "Your inbox says which of it still waits."
        ),
        action_label="Open the inbox",
        action_path="/",
        why="You get this once a day because you chose so. Your notification settings change it.",
    ),
    Wording(
        key="template-review-requested",
        subject="Please review: {{ template.name }}, version {{ template.version }}",
        body=(
            "{{ greeting }}\n\n{{ review.by }} has handed in version {{ template.version }} of the workflow "
            "{{ template.name }}. It is not used before somebody else has agreed to it.\n\n{{ review.comment }}\n\n"
            "The page shows what changes, how its tests fare, and what is doubtful."
        ),
        action_label="Look and review",
        action_path="/templates/{{ template.key }}/versions/{{ template.version }}/",
        why=_REVIEWER,
    ),
    Wording(
        key="template-review-decided",
        subject="{{ review.words }}: {{ template.name }}, version {{ template.version }}",
        body=(
            "{{ greeting }}\n\n{{ review.by }} has looked at version {{ template.version }} of the workflow "
            "{{ template.name }}: {{ review.sentence }}\n\n{{ review.comment }}"
        ),
        action_label="See the version",
        action_path="/templates/{{ template.key }}/versions/{{ template.version }}/",
        why="You get this because you wrote at this version.",
    ),
    Wording(
        key="customer-welcome",
        subject="Welcome: your project {{ project.name }} has begun",
        body=(
            "{{ greeting }}\n\nThank you for your order. {{ tenant.name }} has begun to prepare {{ project.name }}.\n\n"
            "On your project page you see at any time what happens now, what comes next, and what we need from you. "
            "You sign in there with your mail address and a code that we send you; you need no password."
        ),
        action_label="Open my project",
        action_path="/status/projects/{{ project.id }}/",
        why=_CUSTOMER,
    ),
    Wording(
        key="document-needed",
        subject="We need a document from you: {{ document.title }}",
        body=(
            "{{ greeting }}\n\nTo go on with {{ project.name }} we need this document: {{ document.title }}.\n\n"
            "{{ document.reason }}\n\nYou can upload it on your project page; we go on as soon as it is there."
        ),
        action_label="Upload the document",
        action_path="/status/projects/{{ project.id }}/",
        why=_CUSTOMER,
    ),
    Wording(
        key="milestone-acceptance",
        subject="Please accept: {{ milestone.title }}",
        body=(
            "{{ greeting }}\n\nThe milestone {{ milestone.title }} of {{ project.name }} is complete from our side.\n\n"
            "Please look at it on your project page and accept it, or tell us what is missing."
        ),
        action_label="Look at the milestone",
        action_path="/status/projects/{{ project.id }}/",
        why=_CUSTOMER,
    ),
    Wording(
        key="customer-decision-requested",
        subject="Please decide: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\n{{ tenant.name }} asks for your decision: {{ approval.title }}.\n\n"
            "{{ approval.details }}\n\n"
            "The page shows all of it, and what happens after yes and after no. Nothing is decided by opening it. "
            "You sign in there with your mail address and a code that we send you; you need no password."
        ),
        action_label="Look and decide",
        action_path="/status/decisions/{{ approval.id }}/",
        why=_DECIDER,
    ),
    Wording(
        key="customer-decision-reminder",
        subject="Overdue: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\nYour decision is overdue: {{ approval.title }}. We cannot go on until it is made.\n\n"
            "{{ approval.details }}"
        ),
        action_label="Look and decide",
        action_path="/status/decisions/{{ approval.id }}/",
        why=_DECIDER,
    ),
    Wording(
        key="customer-decision-closed",
        subject="Settled: {{ approval.title }}",
        body=(
            "{{ greeting }}\n\nWe had asked for your decision: {{ approval.title }}.\n\n{{ approval.outcome }}"
        ),
        action_label="See how it stands",
        action_path="/status/decisions/{{ approval.id }}/",
        why=_DECIDER,
    ),
    Wording(
        key="acceptance-thanks",
        subject="Thank you for accepting {{ milestone.title }}",
        body=(
            "{{ greeting }}\n\nThank you: you have accepted the milestone {{ milestone.title }} of {{ project.name }}.\n\n"
            "Your project page shows what comes next."
        ),
        action_label="Open my project",
        action_path="/status/projects/{{ project.id }}/",
        why=_CUSTOMER,
    ),
)

BUILTIN: Mapping[str, Wording] = MappingProxyType({wording.key: wording for wording in _WORDINGS})
