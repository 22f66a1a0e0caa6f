"""Status pages and what can be done on them."""
