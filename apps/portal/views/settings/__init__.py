"""Pages of the workspace's settings."""
