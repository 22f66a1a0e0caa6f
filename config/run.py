"""`python -m config.run`: the product on one machine, on embedded services, until Ctrl-C."""

import os
import signal
import sys
import threading

from config import processes
from config.local.paths import Layout, var_dir
from config.local.ports import free_port
from config.local.services import current_env, embedded_services
from config.local.supervisor import AlreadyRunning, StartFailed, Supervisor

PREFERRED_PORT = 8000


def main() -> int:
    """Migrate, start everything, and keep it running; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    layout = Layout(var_dir("dev"))
    try:
        with Supervisor(layout, listener=lambda name, what: _say(f"{name} {what}")) as supervisor:
            supervisor.start(*embedded_services(layout))
            port = free_port(PREFERRED_PORT)
            env = local_env(layout, port)
            processes.prepare(env)
            supervisor.start(processes.web(port, env), processes.dispatcher(env), processes.worker(env))
            _say(f"serving http://{env['BASE_DOMAIN']}/ and every host below it; Ctrl-C stops")
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except (AlreadyRunning, StartFailed, RuntimeError) as error:
        _say(str(error))
        return 1
    return 0


def local_env(layout: Layout, port: int) -> dict[str, str]:
    """The environment of the product's processes on this machine: services, secrets, plain HTTP on loopback."""
    return current_env(layout) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "VAR_DIR": str(layout.var_dir),
        "BASE_DOMAIN": os.environ.get("BASE_DOMAIN") or f"localhost:{port}",
        "SECURE": "0",
    }


def _end(number: int, _frame: object) -> None:
    # Once is enough: what follows is the orderly stop.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
