"""What a new tenant is born with: each app registers its own part."""

from collections.abc import Callable

Seed = Callable[[], None]

_seeds: dict[str, Seed] = {}


def register_seed(name: str, seed: Seed) -> None:
    """Run ``seed`` once inside each new tenant's schema, in the order of registration. It must bear running twice."""
    _seeds[name] = seed


def run_seeds() -> None:
    """Run all seeds in the tenant that has been entered."""
    for seed in _seeds.values():
        seed()
