"""The workflow engine's functional core: decides and evolves, imports nothing of Django and does no I/O."""
