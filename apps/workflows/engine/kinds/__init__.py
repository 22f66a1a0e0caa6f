"""What each step kind does when it is reached, answered, failed or fired: one module a kind."""
