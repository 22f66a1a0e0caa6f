"""Rows of delivery, in each tenant's schema."""

from apps.delivery.models.billing import BillingReadiness
from apps.delivery.models.customers import Contact, Customer
from apps.delivery.models.deals import Deal, StaffingRequest
from apps.delivery.models.documents import Document, DocumentContent, DocumentRequirement
from apps.delivery.models.projects import Milestone, Project

__all__ = [
    "BillingReadiness",
    "Contact",
    "Customer",
    "Deal",
    "Document",
    "DocumentContent",
    "DocumentRequirement",
    "Milestone",
    "Project",
    "StaffingRequest",
]
