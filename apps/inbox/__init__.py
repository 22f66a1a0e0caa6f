"""What waits for each person, in order of urgency: marks, saved filters, workload, calendar feeds."""
