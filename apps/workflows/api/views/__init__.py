"""REST views of workflows."""
