"""A Toxiproxy-compatible server on the servers' loop: Toxiproxy's HTTP API, proxies and toxics, without a Go binary."""

from aiohttp import web

from mailfault_servers.toxiproxy.api import Api, ApiError
from mailfault_servers.toxiproxy.collection import ProxyCollection
from mailfault_servers.toxiproxy.metrics import ProxyMetrics
from mailfault_servers.toxiproxy.observer import ProxyObserver
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
        observer: ProxyObserver | None = None,
        allow_any_upstream: bool = False,
        allow_any_listen: bool = False,
        token: str | None = None,
        proxy_metrics: bool = False,
    ) -> None:
        """Port 0: any free port. `seed` is for proxies without a seed of their own. `token`: requests need the header
        `Authorization: Bearer TOKEN`. `proxy_metrics`: count bytes at /metrics.

        Proxies connect to, and listen on, loopback addresses only, unless `allow_any_upstream`, `allow_any_listen`.
        """
        self.endpoint: tuple[str, int] = (host, port)
        self._metrics = ProxyMetrics() if proxy_metrics else None
        self._token = token
        self._proxies = ProxyCollection(
            seed=seed,
            observer=observer,
            beyond_loopback=(allow_any_listen, allow_any_upstream),
            metrics=self._metrics,
        )
        self._api: Api | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen for requests. Raises OSError if it cannot listen there."""
        self._api = Api(self._proxies, token=self._token, metrics=self._metrics)
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
        """Stop answering, and stop all proxies. May be called again."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self._proxies.close()

    def set_seed(self, proxy: str, seed: int) -> None:
        """Set the seed of a proxy's later connections. From any thread."""
        self._proxies.set_seed(proxy, seed)

    async def populate(self, config: bytes) -> int:
        """Make the proxies of a toxiproxy-server configuration file (JSON) and return their number.

        Raises ValueError if it cannot be read or a proxy cannot be made; the proxies before it stay.
        """
        made: list[Proxy] = []
        assert self._api is not None, "start the server first"
        try:
            await self._api.populate(config, made)
        except (ApiError, ProxyError) as error:
            raise ValueError(str(error)) from None
        return len(made)
