"""Templates, versions, runs, steps: the durable workflow engine."""
