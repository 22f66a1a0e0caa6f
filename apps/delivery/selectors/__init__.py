"""Reads of delivery; every one takes the actor and returns only what he may see."""

from apps.delivery.selectors.billing import billing_facts, billing_terms
from apps.delivery.selectors.deals import (
    deals_to_come,
    document_content,
    document_facts,
    get_deal,
    list_contacts,
    list_customers,
    list_deals,
    list_documents,
    list_requirements,
    list_staffing_requests,
)
from apps.delivery.selectors.projects import (
    ProjectDetail,
    get_milestone,
    list_milestones,
    project_detail,
    project_list,
    status_summary,
    visible_projects,
)

__all__ = [
    "ProjectDetail",
    "billing_facts",
    "billing_terms",
    "deals_to_come",
    "document_content",
    "document_facts",
    "get_deal",
    "get_milestone",
    "list_contacts",
    "list_customers",
    "list_deals",
    "list_documents",
    "list_milestones",
    "list_requirements",
    "list_staffing_requests",
    "project_detail",
    "project_list",
    "status_summary",
    "visible_projects",
]
