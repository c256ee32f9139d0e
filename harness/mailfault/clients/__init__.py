"""Delivery clients under test, each behind an adapter: one file an adapter, found by its constant ADAPTER."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from mailfault.clients import adapters
from mailfault.clients.client import Adapter, AdapterInfo, Client, ClientError
from mailfault.clients.client_profile import read_client_profile

__all__ = ["Adapter", "AdapterInfo", "Client", "ClientError", "known_adapters", "open_client"]


@functools.cache
def _adapters() -> Mapping[str, Adapter]:
    found: dict[str, Adapter] = {}
    for module in pkgutil.iter_modules(adapters.__path__):
        adapter = getattr(importlib.import_module(f"{adapters.__name__}.{module.name}"), "ADAPTER", None)
        if adapter is None:
            continue
        if adapter.name in found:
            raise RuntimeError(f"two adapters are named {adapter.name!r}; {module.name}.py needs another name")
        found[adapter.name] = adapter
    return MappingProxyType(dict(sorted(found.items())))


def known_adapters() -> tuple[AdapterInfo, ...]:
    """Every adapter, by name, and whether its software is installed here."""
    return tuple(adapter.info() for adapter in _adapters().values())


def open_client(spec: str, *, profile_file: Path | None = None) -> Client:
    """The client that a --client string names: "smtplib", "python:module:function", "command:./send {recipient}".

    `profile_file` is a client profile (TOML) to use in place of the adapter's own. Raises ClientError.
    """
    name, colon, what = spec.strip().partition(":")
    adapter = _adapters().get(name)
    if adapter is None:
        raise ClientError(f"there is no adapter {name!r} (in --client {spec!r}); {_nearest(name)}")
    what = what.strip()
    if adapter.usage and not what:
        raise ClientError(f"--client {spec!r} does not say what to run; write it like {adapter.name}:{adapter.usage}")
    if colon and not adapter.usage:
        raise ClientError(f"--client {spec!r}: {name} takes nothing after the colon; write just {name!r}")
    return adapter.open(what, read_client_profile(profile_file) if profile_file is not None else None)


def _nearest(name: str) -> str:
    known = _adapters()
    if "/" not in name and (near := difflib.get_close_matches(name, known, n=1, cutoff=0.5)):
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(f"{one.name}:..." if one.usage else one.name for one in known.values())
    hint = "; a program of your own is plugged in as 'command:./send ...', a function as 'python:module:function'"
    return f"known are {listed}{hint}"
