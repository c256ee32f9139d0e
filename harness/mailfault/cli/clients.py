"""`mailfault clients`: which clients can be had here."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mailfault.clients.adapter import AdapterInfo


def clients() -> None:
    """Show which clients there are, and which are installed."""
    from mailfault.clients import known_adapters

    adapters = known_adapters()
    spelled = [f"{one.name}:..." if _is_users_own(one) else one.name for one in adapters]
    states = [_state(one) for one in adapters]
    width, state_width = max(map(len, spelled)), max(map(len, states))
    for name, state, one in zip(spelled, states, adapters, strict=True):
        typer.echo(f"{name:<{width}}  {state:<{state_width}}  {one.what}")
        if not one.installed and one.how_to_install:
            typer.echo(f"{'':<{width}}  to install: {one.how_to_install}")


def _is_users_own(one: "AdapterInfo") -> bool:
    return one.installed and one.version is None


def _state(one: "AdapterInfo") -> str:
    if not one.installed:
        return "not installed"
    return one.version or "your own"
