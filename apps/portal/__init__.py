"""Pages for the tenant's staff: inbox, approvals, runs, exceptions, projects."""
