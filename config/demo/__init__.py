"""The world outside, played on one machine: systems of record, mail sink, e-signature, subscriber, and the scenario."""
