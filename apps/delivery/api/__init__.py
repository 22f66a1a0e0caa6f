"""Customers, deals, projects and what belongs to them over REST."""
