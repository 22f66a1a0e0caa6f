"""Check mapped data against the schema that the catalogue of events has for its type."""

from functools import lru_cache

from jsonschema import Draft202012Validator

from apps.integrations.exceptions import MappingFailed
from apps.integrations.inbound.mapping import MappedEvent
from apps.ledger.events import get_event_type


def check_against_schema(event: MappedEvent) -> None:
    """Raise MappingFailed if the type is in the catalogue and the data is not what it says."""
    known = get_event_type(event.type)
    if known is None:
        return
    errors = sorted(
        _validator(event.type, known.version).iter_errors(event.data), key=lambda error: error.json_path
    )
    if errors:
        first = errors[0]
        pointer = "/mapping/data" + "".join(f"/{part}" for part in first.absolute_path)
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise MappingFailed(
            "schema", pointer, f"{first.message[:400]}{more}: not what {event.type} must hold."
        )


@lru_cache(maxsize=512)
def _validator(name: str, _version: int) -> Draft202012Validator:
    event_type = get_event_type(name)
    return Draft202012Validator(dict(event_type.schema) if event_type else {})
