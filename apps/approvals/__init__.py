"""Policies, requests, stages, decisions, evidence; registers the approval step."""
