"""Pages of a partner's people."""
