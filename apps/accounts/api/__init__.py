"""Users, roles and API keys over REST."""
