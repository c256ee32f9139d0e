"""All proxies of a server, by name, and their seeds."""

from collections.abc import Iterator

from mailfault_servers.toxiproxy.metrics import ProxyMetrics
from mailfault_servers.toxiproxy.observer import ProxyObserver
from mailfault_servers.toxiproxy.proxy import Proxy


class ProxyCollection:
    """The proxies of one server."""

    def __init__(
        self,
        *,
        seed: int,
        observer: ProxyObserver | None,
        beyond_loopback: tuple[bool, bool],
        metrics: ProxyMetrics | None = None,
    ) -> None:
        """`seed` is for proxies without a seed of their own; `beyond_loopback` as for `Proxy`."""
        self._seed = seed
        self._seeds: dict[str, int] = {}
        self._observer = observer
        self._beyond_loopback = beyond_loopback
        self._metrics = metrics
        self._proxies: dict[str, Proxy] = {}

    def __iter__(self) -> Iterator[Proxy]:
        """Iterate in the byte order of names, as Go writes them."""
        return iter([self._proxies[name] for name in sorted(self._proxies, key=lambda name: name.encode())])

    def find(self, name: str) -> Proxy | None:
        """Return the proxy of this name, or None."""
        return self._proxies.get(name)

    def make(self, name: str, listen: str, upstream: str) -> Proxy:
        """Make a proxy without adding it."""
        return Proxy(
            name,
            listen,
            upstream,
            seed=lambda: self._seeds.get(name, self._seed),
            observer=self._observer,
            metrics=self._metrics,
            beyond_loopback=self._beyond_loopback,
        )

    def add(self, proxy: Proxy) -> None:
        """Add a proxy, or replace the one of its name."""
        self._proxies[proxy.name] = proxy

    def remove(self, proxy: Proxy) -> None:
        """Stop a proxy and forget it, with its seed."""
        proxy.stop()
        del self._proxies[proxy.name]
        self._seeds.pop(proxy.name, None)

    def set_seed(self, name: str, seed: int) -> None:
        """Set the seed of a proxy's later connections. From any thread, before or after the proxy is made."""
        self._seeds[name] = seed

    async def close(self) -> None:
        """Stop all proxies."""
        stopped = tuple(self._proxies.values())
        for proxy in stopped:
            self.remove(proxy)
        for proxy in stopped:
            await proxy.settle()
