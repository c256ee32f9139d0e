"""The registry of adapters: every module of `adapters` with a constant ADAPTER, found by its file name."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from mailfault.clients import adapters
from mailfault.clients.adapter import Adapter, AdapterInfo, PythonUse
from mailfault.clients.client import Client
from mailfault.clients.client_profile import read_client_profile
from mailfault.clients.errors import ClientError


@functools.cache
def adapter_names() -> Mapping[str, str]:
    """Return the module name of every adapter by adapter name: {"s-nail": "s_nail"}. Imports none of them."""
    modules = {module.name.replace("_", "-"): module.name for module in pkgutil.iter_modules(adapters.__path__)}
    return MappingProxyType(dict(sorted(modules.items())))


@functools.cache
def load_adapter(name: str) -> Adapter:
    """Import one adapter. Raises KeyError for an unknown name."""
    module = importlib.import_module(f"{adapters.__name__}.{adapter_names()[name]}")
    adapter = module.ADAPTER
    if not isinstance(adapter, Adapter) or adapter.name != name:
        raise RuntimeError(f"{module.__name__}.ADAPTER is not an Adapter named {name!r}: file and name have to agree")
    return adapter


def load_adapters() -> tuple[Adapter, ...]:
    """Import every adapter, in the order of their names."""
    return tuple(load_adapter(name) for name in adapter_names())


def known_adapters() -> tuple[AdapterInfo, ...]:
    """Return every adapter by name, with the state of its software on this machine."""
    return tuple(adapter.info() for adapter in load_adapters())


def open_client(
    spec: str, *, profile_file: Path | None = None, python: str | None = None, in_process: bool = False
) -> Client:
    """Open the client that a --client string names: "smtplib", "python:module:function", "command:./send {recipient}".

    `profile_file` is a client profile (TOML) that replaces the adapter's own. `python` is the interpreter, or the
    folder of a virtual environment, for a `python:` client that names none; `in_process` runs such a client in this
    process. Raises ClientError.
    """
    kind, colon, argument = spec.strip().partition(":")
    name, _, named_python = kind.partition("@") if kind.startswith("python@") else (kind, "", "")
    if name not in adapter_names():
        raise ClientError(f"there is no adapter {name!r} (in --client {spec!r}); {_suggestion(name)}")
    adapter = load_adapter(name)
    argument = argument.strip()
    if adapter.usage and not argument:
        raise ClientError(f"--client {spec!r} does not say what to run; write it like {adapter.name}:{adapter.usage}")
    if colon and not adapter.usage:
        raise ClientError(f"--client {spec!r}: {name} takes nothing after the colon; write just {name!r}")
    use = PythonUse(python=named_python or python, in_process=in_process)
    if adapter.create_with is not None and use.python is not None and use.in_process:
        hint = "leave out --in-process"
        raise ClientError(f"--client {spec!r}: {use.python} cannot run in mailfault's own process", hint=hint)
    return adapter.open(argument, read_client_profile(profile_file) if profile_file is not None else None, use)


def _suggestion(name: str) -> str:
    if "/" not in name and (near := difflib.get_close_matches(name, adapter_names(), n=1, cutoff=0.5)):
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(f"{adapter.name}:..." if adapter.usage else adapter.name for adapter in load_adapters())
    hint = "; a program of your own is plugged in as 'command:./send ...', a function as 'python:module:function'"
    return f"known are {listed}{hint}"
