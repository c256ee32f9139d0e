"""All proxies of a server, by name, and their seeds."""

from collections.abc import Iterator

from mailfault_servers.toxiproxy.link import LinkObserver
from mailfault_servers.toxiproxy.proxy import Proxy


class Proxies:
    """The proxies of one server."""

    def __init__(self, *, seed: int, observer: LinkObserver | None, beyond_loopback: tuple[bool, bool]) -> None:
        """`seed` is for proxies that have none of their own; `beyond_loopback` as for `Proxy`."""
        self._seed = seed
        self._seeds: dict[str, int] = {}
        self._observer = observer
        self._beyond_loopback = beyond_loopback
        self._proxies: dict[str, Proxy] = {}

    def __iter__(self) -> Iterator[Proxy]:
        """By name, in the order of bytes, as Go writes them."""
        return iter([self._proxies[name] for name in sorted(self._proxies, key=lambda name: name.encode())])

    def find(self, name: str) -> Proxy | None:
        """The proxy of this name, if there is one."""
        return self._proxies.get(name)

    def make(self, name: str, listen: str, upstream: str) -> Proxy:
        """A proxy that is not yet one of them."""
        return Proxy(
            name,
            listen,
            upstream,
            seed=lambda: self._seeds.get(name, self._seed),
            observer=self._observer,
            beyond_loopback=self._beyond_loopback,
        )

    def add(self, proxy: Proxy) -> None:
        """In the place of the one of that name, if there is one."""
        self._proxies[proxy.name] = proxy

    def remove(self, proxy: Proxy) -> None:
        """Stop it and forget it, with its seed."""
        proxy.stop()
        del self._proxies[proxy.name]
        self._seeds.pop(proxy.name, None)

    def set_seed(self, name: str, seed: int) -> None:
        """The chance of a proxy's connections from now on. From any thread, before or after the proxy is made."""
        self._seeds[name] = seed

    async def close(self) -> None:
        """Stop them all."""
        stopped = tuple(self._proxies.values())
        for proxy in stopped:
            self.remove(proxy)
        for proxy in stopped:
            await proxy.settle()
