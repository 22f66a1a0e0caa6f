"""Commands of delivery: ``verb_noun(*, ..., actor)``, one transaction each."""
