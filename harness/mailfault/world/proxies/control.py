"""The proxies of this process, driven by toxiproxy-python over Toxiproxy's HTTP API. Any Toxiproxy server will do.

toxiproxy-python keeps the address of its one server in class attributes, sets no time limits, sends no token and uses
the HTTP proxies of the environment. This module hides and corrects that.
"""

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

import requests
import toxiproxy.api
from toxiproxy import Toxiproxy

from mailfault_servers.proxy.toxic_fault import ToxicRequest

_LIMIT_S = 10.0
"""Time limit of one request to the Toxiproxy server, which is on this machine."""


class ProxyTrouble(RuntimeError):
    """The Toxiproxy server refused a request. The message has the request and the answer."""


class Proxies:
    """The proxies that one Toxiproxy server keeps for this process. Safe to use from any thread."""

    def __init__(self, endpoint: tuple[str, int], *, seed: Callable[[str, int], None] | None = None) -> None:
        """`endpoint` is the address of the server's API. There can be one at a time: the client has one address.

        `seed` sets the seed of a proxy by its name, if the server can do that. TOXIPROXY_AUTH_TOKEN of the environment
        is the server's token, as for Toxiproxy's own client.
        """
        self._seed = seed
        self.endpoint = endpoint
        self._numbers = itertools.count(1)
        self._client = Toxiproxy()
        self._client.update_api_consumer(*endpoint)
        toxiproxy.api.requests = _BoundedRequests()

    def open(
        self, host: str, upstream: tuple[str, int], toxics: Sequence[ToxicRequest], *, seed: int = 0
    ) -> tuple[str, tuple[str, int]]:
        """Make a proxy of `upstream` with these toxics. Returns its name and its address.

        Raises ProxyTrouble.
        """
        name = f"mailfault-{os.getpid()}-{next(self._numbers)}-{host}"
        try:
            proxy = self._client.create(upstream=_format(upstream), name=name)
        except Exception as error:
            raise ProxyTrouble(f"the Toxiproxy server at {_format(self.endpoint)} made no proxy: {error}") from error
        if self._seed is not None:
            self._seed(name, seed)
        try:
            for number, toxic in enumerate(toxics):
                proxy.add_toxic(
                    name=f"{toxic.type}_{number}",
                    type=toxic.type,
                    stream=toxic.stream,
                    toxicity=toxic.toxicity,
                    attributes=dict(toxic.attributes),
                )
        except Exception as error:
            self.close(name)
            raise ProxyTrouble(f"the Toxiproxy server at {_format(self.endpoint)} refused {toxic}: {error}") from error
        address, _, port = str(proxy.listen).rpartition(":")
        return name, (address, int(port))

    def close(self, name: str) -> None:
        """Delete the proxy of this name, if there is one."""
        proxy = self._client.get_proxy(name)
        if proxy is not None:
            proxy.destroy()


class _BoundedRequests:
    """Stands in for the module `requests` in toxiproxy-python: with a time limit, the token, and no HTTP proxy."""

    def get(self, **words: Any) -> requests.Response:
        return self._ask("GET", **words)

    def post(self, **words: Any) -> requests.Response:
        return self._ask("POST", **words)

    def delete(self, **words: Any) -> requests.Response:
        return self._ask("DELETE", **words)

    def _ask(self, method: str, **words: Any) -> requests.Response:
        with api_session() as session:
            return session.request(method, timeout=_LIMIT_S, **words)


def api_session() -> requests.Session:
    """Open a session for a Toxiproxy API: with the token of the environment, without its HTTP proxies."""
    session = requests.Session()
    session.trust_env = False
    if token := os.environ.get("TOXIPROXY_AUTH_TOKEN"):
        session.headers["Authorization"] = f"Bearer {token}"
    return session


def _format(endpoint: tuple[str, int]) -> str:
    return f"{endpoint[0]}:{endpoint[1]}"
