"""Settings of a pytest run: those of `test`, on embedded services that are started when they do not run.

Apart from `test`, which the type checker loads too and which must not start anything.
"""

import os

from config.local.paths import var_dir
from config.local.services import ensure_services

os.environ.update(ensure_services(var_dir("test")))

from config.settings.test import *  # noqa: F403
