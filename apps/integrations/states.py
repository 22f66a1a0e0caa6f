"""Transition tables of integrations: ``(status, command) -> next status``."""

CONNECTION = {("active", "pause"): "paused", ("paused", "resume"): "active"}
HOOK = {("active", "pause"): "paused", ("paused", "resume"): "active"}
INBOUND_EVENT = {
    ("received", "map"): "mapped",
    ("received", "ignore"): "ignored",
    ("received", "fail"): "failed",
    ("failed", "replay"): "received",
    ("ignored", "replay"): "received",
}
ENDPOINT = {("active", "disable"): "disabled", ("disabled", "enable"): "active"}
