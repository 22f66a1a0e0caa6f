"""What comes in through hooks: signatures and mappings, as pure functions."""
