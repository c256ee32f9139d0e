"""Toxiproxy's HTTP API: routes, request bodies and answers."""

import asyncio
import hmac
import posixpath
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from pydantic import Field

from mailfault_servers.toxiproxy import json_body
from mailfault_servers.toxiproxy.collection import ProxyCollection
from mailfault_servers.toxiproxy.json_body import BadJson, Body, ReadFloat32
from mailfault_servers.toxiproxy.metrics import CONTENT_TYPE, ProxyMetrics
from mailfault_servers.toxiproxy.proxy import Proxy, ProxyError
from mailfault_servers.toxiproxy.toxic import Toxic, all_toxics
from mailfault_servers.toxiproxy.toxic_set import ToxicWrapper

VERSION = "2.13.0"
"""The version of Toxiproxy whose API this is."""
SEED_HEADER = "X-Mailfault-Seed"
"""An extension of Toxiproxy's API: sets the seed of the proxy that the request makes or changes."""


class ProxyBody(Body):
    """A proxy to make, or its new settings."""

    name: str = ""
    listen: str = ""
    upstream: str = ""
    enabled: bool = True


class ToxicBody(Body):
    """A toxic to make, or its new settings."""

    name: str = ""
    type: str = ""
    stream: str = "downstream"
    toxicity: ReadFloat32 = json_body.Float32(1)
    attributes: Mapping[str, Any] = Field(default_factory=dict)


class ApiError(Exception):
    """The error that a request is answered with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Api:
    """The API over the proxies of one server."""

    def __init__(
        self, proxies: ProxyCollection, *, token: str | None = None, metrics: ProxyMetrics | None = None
    ) -> None:
        """With a `token`, every request needs the header `Authorization: Bearer TOKEN`."""
        self._proxies = proxies
        self._token = token
        self._metrics = metrics
        self._one_at_a_time = asyncio.Lock()
        self._types: dict[str, type[Toxic]] = all_toxics()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        path = request.path
        clean = posixpath.normpath("/" + path.lstrip("/")) + ("/" if path.endswith("/") and path.strip("/") else "")
        if clean != path:
            return web.Response(status=301, headers={"Location": clean})
        methods = self._methods(path.split("/")[1:])
        if methods is None:
            return _plain("404 page not found", 404)
        method = methods.get(request.method)
        if method is None:
            return web.Response(status=405)
        if request.headers.get("User-Agent", "").startswith("Mozilla/"):
            return _plain("User agent not allowed", 403)
        if not self._is_authorized(request.headers.get("Authorization", "")):
            return _error("unauthorized", 401)
        body = await request.read()
        try:
            async with self._one_at_a_time:
                return await method(body, request)
        except BadJson as error:
            return _error(f"bad request body: {error}", 400)
        except ApiError as error:
            return _error(error.message, error.status)
        except ProxyError as error:
            return _error(str(error), 500)

    def _is_authorized(self, header: str) -> bool:
        return not self._token or hmac.compare_digest(
            header.encode("utf-8", "surrogateescape"), f"Bearer {self._token}".encode()
        )

    def _methods(self, parts: list[str]) -> "dict[str, _Method] | None":
        """Return the methods of a path, by HTTP method; None for an unknown path."""
        match parts:
            case ["metrics"] if self._metrics is not None:
                return dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"), self._show_metrics)
            case ["version"]:
                return {"GET": self._version}
            case ["reset"]:
                return {"POST": self._reset}
            case ["populate"]:
                return {"POST": self._populate}
            case ["proxies"]:
                return {"GET": self._index, "POST": self._create}
            case ["proxies", name] if name:
                change = self._of(name, self._update)
                return {
                    "GET": self._of(name, self._show),
                    "POST": change,
                    "PATCH": change,
                    "DELETE": self._of(name, self._delete),
                }
            case ["proxies", name, "toxics"] if name:
                return {"GET": self._of(name, self._toxics), "POST": self._of(name, self._add_toxic)}
            case ["proxies", name, "toxics", toxic] if name and toxic:
                change = self._of_toxic(name, toxic, self._update_toxic)
                return {
                    "GET": self._of_toxic(name, toxic, self._show_toxic),
                    "POST": change,
                    "PATCH": change,
                    "DELETE": self._of_toxic(name, toxic, self._remove_toxic),
                }
        return None

    def _of(self, name: str, method: "Callable[[Proxy, bytes, web.BaseRequest], Awaitable[web.Response]]") -> "_Method":
        async def found(body: bytes, request: web.BaseRequest) -> web.Response:
            return await method(self._proxy(name), body, request)

        return found

    def _of_toxic(
        self, name: str, toxic: str, method: Callable[[Proxy, ToxicWrapper, bytes], web.Response]
    ) -> "_Method":
        async def found(body: bytes, _request: web.BaseRequest) -> web.Response:
            proxy = self._proxy(name)
            wrapper = proxy.toxics.find(toxic)
            if wrapper is None:
                raise ApiError("toxic not found", 404)
            return method(proxy, wrapper, body)

        return found

    def _proxy(self, name: str) -> Proxy:
        proxy = self._proxies.find(name)
        if proxy is None:
            raise ApiError("proxy not found", 404)
        return proxy

    # -- the server

    async def _version(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        text = f'{{"version": "{VERSION}"}}\n'
        return web.Response(body=text.encode(), headers={"Content-Type": "application/json;charset=utf-8"})

    async def _show_metrics(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        assert self._metrics is not None
        return web.Response(body=self._metrics.text().encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _reset(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        for proxy in self._proxies:
            await proxy.start()
            for wrapper in proxy.toxics.all():
                proxy.remove_toxic(wrapper)
        return web.Response(status=204)

    async def _populate(self, body: bytes, request: web.BaseRequest) -> web.Response:
        made: list[Proxy] = []
        answer: dict[str, Any] = {}
        try:
            await self.populate(body, made)
        except ApiError as error:
            answer = {"error": error.message, "status": error.status}
        except ProxyError as error:
            answer = {"error": str(error), "status": 500}
        self._seed_by(request, *made)
        answer["proxies"] = [_proxy_json(proxy) for proxy in made] or None
        return _json(answer, answer.get("status", 201))

    async def populate(self, body: bytes, made: list[Proxy]) -> None:
        """Make the proxies of a list and append them to `made`. Proxies with the same settings are kept.

        Raises ApiError or ProxyError at the first that cannot be made.
        """
        try:
            entries = json_body.read(body)
            if not isinstance(entries, list | None):
                raise BadJson("expected an array")
            wanted = [ProxyBody.of(entry) for entry in entries or ()]
        except BadJson as error:
            raise ApiError(f"bad request body: {error}", 400) from None
        for number, entry in enumerate(wanted, 1):
            for field in ("name", "upstream"):
                if not getattr(entry, field):
                    raise ApiError(f"missing required field: {field} at proxy {number}", 400)
        for entry in wanted:
            made.append(await self._make(entry))

    async def _make(self, wanted: ProxyBody) -> Proxy:
        existing = self._proxies.find(wanted.name)
        proxy = self._proxies.make(wanted.name, wanted.listen, wanted.upstream)
        await proxy.check_upstream(wanted.upstream)
        if existing is not None:
            if not await existing.differs(wanted.listen, wanted.upstream):
                return existing
            existing.stop()
        if wanted.enabled:
            await proxy.start()
        self._proxies.add(proxy)
        return proxy

    # -- proxies

    async def _index(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        return _json({proxy.name: _proxy_json(proxy) for proxy in self._proxies})

    async def _create(self, body: bytes, request: web.BaseRequest) -> web.Response:
        wanted = ProxyBody.of(json_body.read(body))
        for field in ("name", "upstream"):
            if not getattr(wanted, field):
                raise ApiError(f"missing required field: {field}", 400)
        if self._proxies.find(wanted.name) is not None:
            raise ApiError("proxy already exists", 409)
        proxy = await self._make(wanted)
        self._seed_by(request, proxy)
        return _json(_proxy_json(proxy), 201)

    async def _show(self, proxy: Proxy, _body: bytes, _request: web.BaseRequest) -> web.Response:
        return _json(_proxy_json(proxy))

    async def _update(self, proxy: Proxy, body: bytes, request: web.BaseRequest) -> web.Response:
        given = ProxyBody.of(json_body.read(body)).given()
        self._seed_by(request, proxy)
        await proxy.update(
            given.get("listen", proxy.listen),
            given.get("upstream", proxy.upstream),
            enabled=given.get("enabled", proxy.enabled),
        )
        return _json(_proxy_json(proxy))

    async def _delete(self, proxy: Proxy, _body: bytes, _request: web.BaseRequest) -> web.Response:
        self._proxies.remove(proxy)
        return web.Response(status=204)

    def _seed_by(self, request: web.BaseRequest, *proxies: Proxy) -> None:
        seed = request.headers.get(SEED_HEADER, "")
        if seed.isascii() and seed.isdigit() and len(seed) < 20:
            for proxy in proxies:
                self._proxies.set_seed(proxy.name, int(seed))

    # -- toxics

    async def _toxics(self, proxy: Proxy, _body: bytes, _request: web.BaseRequest) -> web.Response:
        return _json([_toxic_json(wrapper) for wrapper in proxy.toxics.all()])

    async def _add_toxic(self, proxy: Proxy, body: bytes, _request: web.BaseRequest) -> web.Response:
        wanted = ToxicBody.of(json_body.read(body))
        if wanted.stream.lower() not in ("upstream", "downstream"):
            raise ApiError("stream was invalid, can be either upstream or downstream", 400)
        name = wanted.name or f"{wanted.type}_{wanted.stream}"
        kind = self._types.get(wanted.type)
        if kind is None:
            raise ApiError("invalid toxic type", 400)
        if proxy.toxics.find(name) is not None:
            raise ApiError("toxic already exists", 409)
        toxic = _checked(kind.of(wanted.attributes))
        wrapper = ToxicWrapper(name, wanted.stream, wanted.toxicity, toxic)
        proxy.add_toxic(wrapper)
        return _json(_toxic_json(wrapper))

    def _show_toxic(self, _proxy: Proxy, wrapper: ToxicWrapper, _body: bytes) -> web.Response:
        return _json(_toxic_json(wrapper))

    def _update_toxic(self, proxy: Proxy, wrapper: ToxicWrapper, body: bytes) -> web.Response:
        wanted = ToxicBody.of(json_body.read(body))
        change = type(wrapper.toxic).of(wanted.attributes).given()
        wrapper.toxic = _checked(wrapper.toxic.model_copy(update=change))
        wrapper.toxicity = wanted.given().get("toxicity", wrapper.toxicity)
        proxy.change_toxic(wrapper)
        return _json(_toxic_json(wrapper))

    def _remove_toxic(self, proxy: Proxy, wrapper: ToxicWrapper, _body: bytes) -> web.Response:
        proxy.remove_toxic(wrapper)
        return web.Response(status=204)


_Method = Callable[[bytes, web.BaseRequest], Awaitable[web.Response]]
_ToxicMethod = Callable[[Proxy, ToxicWrapper, bytes], web.Response]


def _checked(toxic: Toxic) -> Toxic:
    try:
        toxic.check()
    except ValueError as error:
        raise ApiError(str(error), 400) from None
    return toxic


def _proxy_json(proxy: Proxy) -> dict[str, Any]:
    return {
        "name": proxy.name,
        "listen": proxy.listen,
        "upstream": proxy.upstream,
        "enabled": proxy.enabled,
        "Logger": {},
        "toxics": [_toxic_json(wrapper) for wrapper in proxy.toxics.all()],
    }


def _toxic_json(wrapper: ToxicWrapper) -> dict[str, Any]:
    return {
        "attributes": wrapper.toxic.model_dump(),
        "name": wrapper.name,
        "type": wrapper.toxic.type,
        "stream": wrapper.stream,
        "toxicity": wrapper.toxicity,
    }


def _json(value: Any, status: int = 200) -> web.Response:
    body = json_body.write(value).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


def _error(message: str, status: int) -> web.Response:
    return _plain(json_body.write({"error": message, "status": status}), status)


def _plain(text: str, status: int) -> web.Response:
    """Answer as Go's http.Error does, which sends even JSON as plain text."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=f"{text}\n".encode(), status=status, headers=headers)
