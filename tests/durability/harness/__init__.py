"""The machinery that breaks things on purpose and counts what is left (docs/faults.md)."""
