"""The words that only one tenant holds, and who puts them there."""

from hashlib import sha256

from apps.core.actor import Actor

SYSTEM = Actor.system("isolation test")


def own_key(word: str) -> str:
    """The key of a template and of a policy that only this tenant has; it does not hold the word, as paths are echoed."""
    return f"hello-{sha256(word.encode()).hexdigest()[:8]}"


def brand_word(word: str) -> str:
    """How brand, host and tenant are called; anybody may see it on the tenant's host, nobody elsewhere."""
    return f"brand{word[::-1]}"
