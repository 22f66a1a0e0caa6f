"""Settings. ``config.settings.base`` for running, ``config.settings.test`` for the test suite."""
