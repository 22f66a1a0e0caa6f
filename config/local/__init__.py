"""The machine room: embedded PostgreSQL and Redis, and the supervisor of local processes.

Nothing here knows Django or the product; `config.demo`, the tests and `python -m config.local` use it.
"""
