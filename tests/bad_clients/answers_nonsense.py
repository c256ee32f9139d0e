"""Returns something that is no answer by the contract."""

from mailfault.contract import Target

CAUGHT = {"connect/refused[route=mx]": "crashed"}


def deliver(target: Target) -> dict[str, str]:
    return {"outcome": "maybe"}
