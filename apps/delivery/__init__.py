"""Customers, deals, projects, milestones, documents, staffing and billing readiness."""
