"""A Toxiproxy-compatible server on the servers' loop: Toxiproxy's HTTP API, proxies and toxics, without a Go binary."""

from aiohttp import web

from mailfault_servers.toxiproxy.api import Api, ApiError
from mailfault_servers.toxiproxy.collection import Proxies
from mailfault_servers.toxiproxy.link import LinkObserver
from mailfault_servers.toxiproxy.proxy import Proxy, ProxyError

_SHUTDOWN_S = 1.0


class ToxiproxyServer:
    """One server with its proxies. `start` and `close` run on the servers' loop."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        observer: LinkObserver | None = None,
        allow_any_upstream: bool = False,
        allow_any_listen: bool = False,
    ) -> None:
        """Port 0: any that is free. `seed`: for the chance in all proxies that are given no seed of their own.

        Proxies connect to, and listen on, loopback addresses alone, unless the last two say otherwise.
        """
        self.endpoint: tuple[str, int] = (host, port)
        self._proxies = Proxies(seed=seed, observer=observer, beyond_loopback=(allow_any_listen, allow_any_upstream))
        self._api: Api | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen for requests. Raises OSError where the address cannot be had."""
        self._api = Api(self._proxies)
        runner = web.ServerRunner(web.Server(self._api.answer, access_log=None), shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        site = web.TCPSite(runner, *self.endpoint)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        address = runner.addresses[0]
        self.endpoint = (str(address[0]), int(address[1]))

    async def close(self) -> None:
        """Answer no more requests, and stop all proxies. Nothing happens a second time."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self._proxies.close()

    def set_seed(self, proxy: str, seed: int) -> None:
        """Set the seed of a proxy, for the connections that it takes from now on. From any thread."""
        self._proxies.set_seed(proxy, seed)

    async def populate(self, config: bytes) -> int:
        """Make the proxies of a configuration file of toxiproxy-server (JSON). Returns how many.

        Raises ValueError where it cannot be read, or one of them not be made; those before it stay.
        """
        made: list[Proxy] = []
        assert self._api is not None, "start the server first"
        try:
            await self._api.populate(config, made)
        except (ApiError, ProxyError) as error:
            raise ValueError(str(error)) from None
        return len(made)
