"""What leaves through webhooks: signature, schedule and shape, as pure functions."""
