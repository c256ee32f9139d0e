"""Delivery clients under test, each behind an adapter (see adapters/).

The names are imported on first use: the process of a `python:` client imports modules of this package in an environment
that has none of mailfault's dependencies.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailfault.clients.adapter import Adapter, AdapterInfo
    from mailfault.clients.client import Client
    from mailfault.clients.errors import ClientError
    from mailfault.clients.placement import Placement
    from mailfault.clients.registry import known_adapters, open_client

__all__ = ["Adapter", "AdapterInfo", "Client", "ClientError", "Placement", "known_adapters", "open_client"]

_HOMES = {
    "Adapter": "adapter",
    "AdapterInfo": "adapter",
    "Client": "client",
    "ClientError": "errors",
    "Placement": "placement",
    "known_adapters": "registry",
    "open_client": "registry",
}
"""The module of each name."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
