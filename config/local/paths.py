"""Where the local machine keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def var_dir(profile: str) -> Path:
    """The directory of one profile (`demo`, `test`, `dev`, `bench`): `$VAR_DIR/<profile>`, else `var/<profile>`."""
    root = os.environ.get("VAR_DIR") or str(BASE_DIR / "var")
    return Path(root).resolve() / profile


@dataclass(frozen=True)
class Layout:
    """The files of one profile below its directory."""

    var_dir: Path

    @property
    def log_dir(self) -> Path:
        return self.var_dir / "log"

    @property
    def run_dir(self) -> Path:
        return self.var_dir / "run"

    @property
    def postgres_dir(self) -> Path:
        return self.var_dir / "postgres"

    @property
    def redis_dir(self) -> Path:
        return self.var_dir / "redis"

    @property
    def env_file(self) -> Path:
        return self.var_dir / "local.env"

    @property
    def registry_file(self) -> Path:
        """What the supervisor of this directory has started, for those who clean up after it."""
        return self.run_dir / "processes.json"

    @property
    def supervisor_lock(self) -> Path:
        return self.run_dir / "supervisor.lock"

    @property
    def start_lock(self) -> Path:
        return self.run_dir / "start.lock"

    def log_file(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def make(self) -> None:
        """Create the directories; the files in them that hold secrets are made unreadable to others."""
        for directory in (self.var_dir, self.log_dir, self.run_dir):
            directory.mkdir(parents=True, exist_ok=True)
