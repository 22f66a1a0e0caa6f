"""Runs without a world: the pure core answered by a script, a record or a person, under a clock that is moved by hand."""
