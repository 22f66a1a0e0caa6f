"""`python -m config.demo.systems --port N --data DIR [--latency-ms N]`"""

import argparse
import asyncio
import logging
from pathlib import Path

from config.demo.systems.server import serve


def main() -> None:
    """Parses the command line and serves until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m config.demo.systems", description="Systems of record")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="directory of the state and tokens")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every answer of the systems")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(options.port, options.data, options.latency_ms / 1000))


if __name__ == "__main__":
    main()
