"""What integrations do for work items and events; everything here may run twice."""
