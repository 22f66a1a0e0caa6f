"""Commands of the work queue."""
