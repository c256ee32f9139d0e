"""`mailfault clients`: the clients, and their state on this machine."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mailfault.clients.adapter import AdapterInfo


def clients() -> None:
    """List the clients, the installed versions, and how to install what is missing."""
    from mailfault.clients import known_adapters

    adapters = known_adapters()
    names = [f"{adapter.name}:..." if _is_users_own(adapter) else adapter.name for adapter in adapters]
    states = [_state(adapter) for adapter in adapters]
    width, state_width = max(map(len, names)), max(map(len, states))
    for name, state, adapter in zip(names, states, adapters, strict=True):
        typer.echo(f"{name:<{width}}  {state:<{state_width}}  {adapter.what}")
        if adapter.missing is not None:
            typer.echo(f"{'':<{width}}  {adapter.missing}; to install: {adapter.how_to_install}")


def _is_users_own(adapter: "AdapterInfo") -> bool:
    return adapter.installed and adapter.version is None


def _state(adapter: "AdapterInfo") -> str:
    if not adapter.installed:
        return "not installed"
    return adapter.version or "your own"
