"""The proxies of this process, driven by toxiproxy-python over Toxiproxy's HTTP API, whichever server is behind it.

This module hides what that client keeps in class attributes (the address of its one server), and what it leaves to
chance: it sets no time limits, and would send its requests by way of whatever proxy the environment names.
"""

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

import requests
import toxiproxy.api
from toxiproxy import Toxiproxy

from mailfault_servers.proxy.toxic_fault import Toxic

_LIMIT_S = 10.0
"""For one request to the control server, which is on this machine."""


class ProxyTrouble(RuntimeError):
    """The control server did not do what it was told; the message says what, and what it said."""


class Proxies:
    """The proxies that one control server keeps for this process. Safe to use from any thread."""

    def __init__(self, endpoint: tuple[str, int], *, seed: Callable[[str, int], None] | None = None) -> None:
        """`endpoint` is where the server's API listens. There can be one at a time: the client has one address.

        `seed` takes a proxy's name and a seed, where the server's chance can be told one.
        """
        self._seed = seed
        self.endpoint = endpoint
        self._numbers = itertools.count(1)
        self._client = Toxiproxy()
        self._client.update_api_consumer(*endpoint)
        toxiproxy.api.requests = _BoundedRequests()

    def open(
        self, host: str, upstream: tuple[str, int], toxics: Sequence[Toxic], *, seed: int = 0
    ) -> tuple[str, tuple[str, int]]:
        """Make a proxy before `upstream`, with these toxics. Returns its name and where it listens.

        Raises ProxyTrouble.
        """
        name = f"mailfault-{os.getpid()}-{next(self._numbers)}-{host}"
        try:
            proxy = self._client.create(upstream=_written(upstream), name=name)
        except Exception as error:
            raise ProxyTrouble(f"the Toxiproxy server at {_written(self.endpoint)} made no proxy: {error}") from error
        if self._seed is not None:
            self._seed(name, seed)
        try:
            for number, one in enumerate(toxics):
                proxy.add_toxic(
                    name=f"{one.type}_{number}",
                    type=one.type,
                    stream=one.stream,
                    toxicity=one.toxicity,
                    attributes=dict(one.attributes),
                )
        except Exception as error:
            self.close(name)
            raise ProxyTrouble(f"the Toxiproxy server at {_written(self.endpoint)} took no {one}: {error}") from error
        address, _, port = str(proxy.listen).rpartition(":")
        return name, (address, int(port))

    def close(self, name: str) -> None:
        """Take the proxy of this name away. Nothing happens where there is none."""
        proxy = self._client.get_proxy(name)
        if proxy is not None:
            proxy.destroy()


class _BoundedRequests:
    """What toxiproxy-python takes for the module `requests`: the same, limited, and by way of no other proxy."""

    def get(self, **words: Any) -> requests.Response:
        return self._ask("GET", **words)

    def post(self, **words: Any) -> requests.Response:
        return self._ask("POST", **words)

    def delete(self, **words: Any) -> requests.Response:
        return self._ask("DELETE", **words)

    def _ask(self, method: str, **words: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, timeout=_LIMIT_S, **words)


def _written(endpoint: tuple[str, int]) -> str:
    return f"{endpoint[0]}:{endpoint[1]}"
