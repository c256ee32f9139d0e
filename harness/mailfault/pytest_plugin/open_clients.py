"""Clients opened during a pytest session."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from mailfault.clients import ClientError
from mailfault.clients.client import Client
from mailfault.clients.client_profile import read_client_profile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.pytest_plugin.options import client_profile, open_named
from mailfault.pytest_plugin.repeating import import_path


class OpenClients:
    """The clients of a session, each opened once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._profile_file = client_profile(config)
        self._opened: list[tuple[object, Client]] = []

    def client_of(self, wanted: Any) -> Client:
        """Return the client for a value of the fixture `mail_client`. Raises ClientError."""
        if hasattr(wanted, "deliver") and hasattr(wanted, "supports"):
            return wanted  # type: ignore[no-any-return]  # the user's own Client, which the user closes
        for known, client in self._opened:
            if known is wanted or (isinstance(wanted, str) and known == wanted):
                return client
        client = self._open(wanted)
        self._opened.append((wanted, client))
        return client

    def _open(self, wanted: Any) -> Client:
        if isinstance(wanted, str):
            return open_named(wanted, self._config)
        if callable(wanted):
            profile = read_client_profile(self._profile_file) if self._profile_file is not None else None
            return CallableClient(wanted, spec=f"python:{import_path(wanted)}", profile=profile)
        raise ClientError(
            f"the fixture mail_client returns {wanted!r}; it has to return a --mail-client string, "
            "a callable deliver(target) -> Answer, or a Client"
        )

    def close(self) -> None:
        """Close every client."""
        with contextlib.ExitStack() as closing:
            for _, client in self._opened:
                closing.callback(client.close)
