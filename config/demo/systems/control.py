"""The control endpoints: the log and its counts, the switch, health. For tests and the scenario; no token."""

from config.demo.systems.messages import Answer, Request, VendorError
from config.demo.systems.store import Store
from config.demo.systems.switch import Switch


def whole_number(request: Request, name: str, default: int) -> int:
    """A non-negative number from the query string. Raises `VendorError` (422)."""
    value = request.query.get(name, str(default))
    if not value.isdigit():
        raise VendorError(422, "invalid_field", f"{name} must be a number.", field=name)
    return int(value)


class Control:
    """Log, switch and health over one store."""

    def __init__(self, store: Store, switch: Switch) -> None:
        self._store = store
        self._switch = switch
        self.stub_calls = 0

    def answer(self, request: Request) -> Answer:
        """Answers one control request."""
        match (request.method, request.path.rstrip("/")):
            case ("GET", "/healthz"):
                return Answer(200, {"status": "ok"})
            case ("GET", "/log"):
                return self._log(request)
            case ("GET", "/log/keys"):
                return self._keys(request)
            case ("GET", "/stub"):
                return Answer(200, {"calls": self.stub_calls})
            case (_, "/switch"):
                return self._switch_request(request)
        raise VendorError(404, "not_found", f"Nothing at {request.method} {request.path}.")

    def count_stub_call(self) -> None:
        """Notes one call of the benchmark stub; in memory only."""
        self.stub_calls += 1

    def _log(self, request: Request) -> Answer:
        """{"count": all that match, "results": lines}; ?system kind operation key subject since limit."""
        since = whole_number(request, "since", 0)
        total, lines = self._store.log_lines(request.query, since, whole_number(request, "limit", 1000))
        return Answer(200, {"count": total, "results": lines})

    def _keys(self, request: Request) -> Answer:
        """Effects counted by idempotency key: {"effects", "distinct_keys", "without_key", "duplicates"}."""
        counts = self._store.effects_by_key(request.query, whole_number(request, "since", 0))
        keyed = {key: times for key, times in counts.items() if key}
        body = {
            "effects": sum(counts.values()),
            "distinct_keys": len(keyed),
            "without_key": counts.get("", 0),
            "duplicates": {key: times for key, times in keyed.items() if times > 1},
        }
        return Answer(200, body)

    def _switch_request(self, request: Request) -> Answer:
        with self._store.transaction():
            match request.method:
                case "GET":
                    return Answer(200, {"results": self._switch.plans()})
                case "POST":
                    return Answer(201, self._switch.add(request.json_object()))
                case "DELETE":
                    return Answer(200, {"ended": self._switch.clear(request.query.get("system"))})
        raise VendorError(405, "method_not_allowed", f"{request.method} is not possible here.")
