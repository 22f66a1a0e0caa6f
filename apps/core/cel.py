"""CEL without its command line.

The package imports its interactive shell along with itself, and that a terminal library: 0.65 CPU seconds and 26 MB in
every process of ours, for something none of them uses. An empty module in its place keeps it out.
"""

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402 - only after its shell has been kept out

__all__ = ["cel"]
