"""Commands of the API's own rows."""
