"""Base classes of the rows: UUIDv7 keys, optimistic version, and a status nobody writes by hand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

from apps.core.clock import now
from apps.core.ids import new_id

_status_open: ContextVar[bool] = ContextVar("status_open", default=False)


@contextmanager
def status_writable() -> Iterator[None]:
    """Let statuses be assigned within the block; only the ledger (and loading from the database) opens it."""
    token = _status_open.set(True)
    try:
        yield
    finally:
        _status_open.reset(token)


def know_related(instance: models.Model, name: str, rows: Iterable[models.Model]) -> None:
    """Let ``instance.<name>.all()`` give these rows, all there are, without a query, as ``prefetch_related`` would."""
    queryset = getattr(instance, name).get_queryset()
    queryset._result_cache = list(rows)  # noqa: SLF001 - what the prefetch of the framework does
    queryset._prefetch_done = True  # noqa: SLF001
    held = instance.__dict__.setdefault("_prefetched_objects_cache", {})
    held[name] = queryset


class _GuardedStatus:
    """Descriptor that refuses to change a status that is already set, outside ``status_writable``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self.name not in instance.__dict__:
            instance.refresh_from_db(fields=[self.name])
        return instance.__dict__[self.name]

    def __set__(self, instance: models.Model, value: str) -> None:
        held = instance.__dict__.get(self.name)
        if held is not None and held != value and not _status_open.get():
            raise TypeError(f"{type(instance).__name__}.{self.name} changes only through ledger.transition()")
        instance.__dict__[self.name] = value


class StatusField(models.CharField):  # type: ignore[type-arg]
    """A status: set once at creation, afterwards changed only by the ledger."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 32)
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _GuardedStatus(name))


class GuardedModel(models.Model):
    """A row with a guarded status: reloading it from the database is no change."""

    class Meta:
        abstract = True

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: "models.QuerySet[Any] | None" = None,
    ) -> None:
        with status_writable():
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)


class Entity(GuardedModel):
    """A row with a UUIDv7 key, the time it was made, and a version that grows with every change."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
