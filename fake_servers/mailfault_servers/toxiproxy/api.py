"""Toxiproxy's HTTP API: what is asked, what is done, what is answered."""

import asyncio
import posixpath
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from mailfault_servers.toxiproxy import go_json
from mailfault_servers.toxiproxy.collection import Proxies
from mailfault_servers.toxiproxy.go_json import BadJson, Float32, Struct
from mailfault_servers.toxiproxy.proxy import Proxy, ProxyError
from mailfault_servers.toxiproxy.toxic import Toxic, all_toxics
from mailfault_servers.toxiproxy.toxic_set import SetToxic

VERSION = "2.12.0"
"""The version of Toxiproxy whose API this is."""
SEED_HEADER = "X-Mailfault-Seed"
"""Not Toxiproxy's: sets the seed of the proxy that the request makes or changes."""

_PROXY = Struct(
    {"name": "string", "listen": "string", "upstream": "string", "enabled": "bool"},
    go_type="toxiproxy.Proxy",
    path="Proxy",
)
_ENTRY_TYPE = r'struct { toxiproxy.Proxy; Enabled *bool "json:\"enabled\"" }'
_ENTRY = Struct({"enabled": "bool"}, go_type=_ENTRY_TYPE, path="")
_ENTRY_PROXY = Struct({"name": "string", "listen": "string", "upstream": "string"}, go_type=_ENTRY_TYPE, path=".Proxy")
_TOXIC = Struct(
    {
        "attributes": Struct({}, go_type="toxics.NoopToxic", path=""),
        "name": "string",
        "type": "string",
        "stream": "string",
        "toxicity": "float32",
    },
    go_type="toxics.ToxicWrapper",
    path="ToxicWrapper",
)
_NEW_ATTRIBUTES = r'struct { Attributes interface {} "json:\"attributes\"" }'
_CHANGE = r'struct { Attributes interface {} "json:\"attributes\""; Toxicity float32 "json:\"toxicity\"" }'


class ApiError(Exception):
    """What is answered where something is wrong."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def _read(body: bytes) -> Any:
    try:
        return go_json.read(body)
    except BadJson as error:
        raise ApiError(f"bad request body: {error}", 400) from None


def _decode(struct: Struct, value: Any) -> dict[str, Any]:
    try:
        return struct.decode(value)
    except BadJson as error:
        raise ApiError(f"bad request body: {error}", 400) from None


class Api:
    """The API over the proxies of one server."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
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
        body = await request.read()
        try:
            async with self._one_at_a_time:
                return await method(body, request)
        except ApiError as error:
            return _plain(go_json.write({"error": error.message, "status": error.status}), error.status)
        except ProxyError as error:
            return _plain(go_json.write({"error": str(error), "status": 500}), 500)

    def _methods(self, parts: list[str]) -> "dict[str, _Method] | None":
        """What a path can be asked, by HTTP method."""
        match parts:
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

    def _of_toxic(self, name: str, toxic: str, method: Callable[[Proxy, SetToxic, bytes], web.Response]) -> "_Method":
        async def found(body: bytes, _request: web.BaseRequest) -> web.Response:
            proxy = self._proxy(name)
            one = proxy.toxics.find(toxic)
            if one is None:
                raise ApiError("toxic not found", 404)
            return method(proxy, one, body)

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

    async def _reset(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        for proxy in self._proxies:
            await proxy.start()
            for one in proxy.toxics.all():
                proxy.remove_toxic(one)
        return web.Response(status=204)

    async def _populate(self, body: bytes, request: web.BaseRequest) -> web.Response:
        made: list[Proxy] = []
        said: dict[str, Any] = {}
        try:
            await self.populate(body, made)
        except ApiError as error:
            said = {"error": error.message, "status": error.status}
        except ProxyError as error:
            said = {"error": str(error), "status": 500}
        self._seed_by(request, *made)
        said["proxies"] = [_proxy_json(proxy) for proxy in made] or None
        return _json(said, said.get("status", 201))

    async def populate(self, body: bytes, made: list[Proxy]) -> None:
        """Make the proxies of a list; those that are there as they should be stay. Appends them to `made`.

        Raises ApiError or ProxyError at the first that cannot be made.
        """
        wanted = []
        for entry in self._entries(body):
            found = {**_decode(_ENTRY_PROXY, entry), **_decode(_ENTRY, entry)}
            wanted.append(found)
        for number, one in enumerate(wanted, 1):
            for field in ("name", "upstream"):
                if not one.get(field):
                    raise ApiError(f"missing required field: {field} at proxy {number}", 400)
        for one in wanted:
            made.append(await self._made(one))

    def _entries(self, body: bytes) -> list[Any]:
        try:
            return go_json.array_of(_read(body), f"[]{_ENTRY_TYPE}")
        except BadJson as error:
            raise ApiError(f"bad request body: {error}", 400) from None

    async def _made(self, wanted: dict[str, Any]) -> Proxy:
        listen, upstream = wanted.get("listen", ""), wanted["upstream"]
        existing = self._proxies.find(wanted["name"])
        proxy = self._proxies.make(wanted["name"], listen, upstream)
        await proxy.check_upstream(upstream)
        if existing is not None:
            if not await existing.differs(listen, upstream):
                return existing
            existing.stop()
        if wanted.get("enabled", True):
            await proxy.start()
        self._proxies.add(proxy)
        return proxy

    # -- proxies

    async def _index(self, _body: bytes, _request: web.BaseRequest) -> web.Response:
        return _json({proxy.name: _proxy_json(proxy) for proxy in self._proxies})

    async def _create(self, body: bytes, request: web.BaseRequest) -> web.Response:
        found = _decode(_PROXY, _read(body))
        for field in ("name", "upstream"):
            if not found.get(field):
                raise ApiError(f"missing required field: {field}", 400)
        if self._proxies.find(found["name"]) is not None:
            raise ApiError("proxy already exists", 409)
        proxy = self._proxies.make(found["name"], found.get("listen", ""), found["upstream"])
        await proxy.check_upstream(proxy.upstream)
        if found.get("enabled", True):
            await proxy.start()
        self._proxies.add(proxy)
        self._seed_by(request, proxy)
        return _json(_proxy_json(proxy), 201)

    async def _show(self, proxy: Proxy, _body: bytes, _request: web.BaseRequest) -> web.Response:
        return _json(_proxy_json(proxy))

    async def _update(self, proxy: Proxy, body: bytes, request: web.BaseRequest) -> web.Response:
        found = _decode(_PROXY, _read(body))
        self._seed_by(request, proxy)
        await proxy.update(
            found.get("listen", proxy.listen),
            found.get("upstream", proxy.upstream),
            enabled=found.get("enabled", proxy.enabled),
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
        return _json([_toxic_json(one) for one in proxy.toxics.all()])

    async def _add_toxic(self, proxy: Proxy, body: bytes, _request: web.BaseRequest) -> web.Response:
        value = _read(body)
        found = _decode(_TOXIC, value)
        stream = found.get("stream", "downstream")
        if stream.lower() not in ("upstream", "downstream"):
            raise ApiError("stream was invalid, can be either upstream or downstream", 400)
        name = found.get("name") or f"{found.get('type', '')}_{stream}"
        kind = self._types.get(found.get("type", ""))
        if kind is None:
            raise ApiError("invalid toxic type", 400)
        if proxy.toxics.find(name) is not None:
            raise ApiError("toxic already exists", 409)
        attributes = Struct({"attributes": _attributes(kind)}, go_type=_NEW_ATTRIBUTES, path="")
        toxic = kind(**_decode(attributes, value).get("attributes", {}))
        one = SetToxic(name, stream, found.get("toxicity", Float32(1)), toxic)
        proxy.add_toxic(one)
        return _json(_toxic_json(one))

    def _show_toxic(self, _proxy: Proxy, one: SetToxic, _body: bytes) -> web.Response:
        return _json(_toxic_json(one))

    def _update_toxic(self, proxy: Proxy, one: SetToxic, body: bytes) -> web.Response:
        kind = type(one.toxic)
        change = Struct({"attributes": _attributes(kind), "toxicity": "float32"}, go_type=_CHANGE, path="")
        found = _decode(change, _read(body))
        one.toxic = one.toxic.model_copy(update=found.get("attributes", {}))
        one.toxicity = found.get("toxicity", one.toxicity)
        proxy.change_toxic(one)
        return _json(_toxic_json(one))

    def _remove_toxic(self, proxy: Proxy, one: SetToxic, _body: bytes) -> web.Response:
        proxy.remove_toxic(one)
        return web.Response(status=204)


_Method = Callable[[bytes, web.BaseRequest], Awaitable[web.Response]]


def _attributes(kind: type[Toxic]) -> Struct:
    return Struct(
        dict.fromkeys(kind.model_fields, kind.go_number),
        go_type=f"toxics.{kind.go_name}",
        path=f"{kind.go_name}.attributes",
    )


def _proxy_json(proxy: Proxy) -> dict[str, Any]:
    return {
        "name": proxy.name,
        "listen": proxy.listen,
        "upstream": proxy.upstream,
        "enabled": proxy.enabled,
        "Logger": {},
        "toxics": [_toxic_json(one) for one in proxy.toxics.all()],
    }


def _toxic_json(one: SetToxic) -> dict[str, Any]:
    return {
        "attributes": one.toxic.model_dump(),
        "name": one.name,
        "type": one.toxic.type,
        "stream": one.stream,
        "toxicity": one.toxicity,
    }


def _json(value: Any, status: int = 200) -> web.Response:
    body = go_json.write(value).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


def _plain(text: str, status: int) -> web.Response:
    """How Go answers errors, though what it says may be JSON."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=f"{text}\n".encode(), status=status, headers=headers)
