"""Choices of the inbox."""

from django.db.models import TextChoices


class ItemKind(TextChoices):
    DECISION = "decision", "Decision"
    TASK = "task", "Task"
    EXCEPTION = "exception", "Exception"


class Grouping(TextChoices):
    NONE = "", "No groups"
    CUSTOMER = "customer", "By customer"
    TEMPLATE = "template", "By template"
    DUE = "due", "By deadline"


class Show(TextChoices):
    WAITING = "", "Waiting"
    UNREAD = "unread", "Unread"
    OVERDUE = "overdue", "Overdue"
    SNOOZED = "snoozed", "Snoozed"
