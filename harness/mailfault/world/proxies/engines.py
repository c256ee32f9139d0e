"""The Toxiproxy server behind the proxies: this process's own (the default), a running one, or one to start."""

import asyncio
import contextlib
import functools
import os
import socket
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import requests

from mailfault.world.proxies.control import Proxies, ProxyTrouble, api_session
from mailfault_servers.loop import run_on_loop, server_loop, when_it_stops

_STARTS = 5
"""Attempts to start a server, in case another program takes its port."""
_ASKS = 200
_ASK_EVERY_S = 0.02
_making = threading.Lock()


def embedded_proxies() -> Proxies:
    """Return the proxies of this process's own server, which starts on first use."""
    with _making:
        return _embedded(server_loop())


@functools.lru_cache(maxsize=1)
def _embedded(loop: asyncio.AbstractEventLoop) -> Proxies:
    """Return the proxies of a loop's server. A new loop needs a new server."""
    # The HTTP server is slow to import, and most runs have no proxies.
    from mailfault_servers.toxiproxy.server import ToxiproxyServer

    server = ToxiproxyServer()
    run_on_loop(server.start())
    when_it_stops(server.close)
    return Proxies(server.endpoint, seed=server.set_seed)


@contextlib.contextmanager
def proxies_of(engine: str | None) -> Iterator[Proxies | None]:
    """Yield the proxies of an engine; None for this process's own.

    `engine` is the address of a running server ("http://127.0.0.1:8474", "127.0.0.1:8474"), or the path of a
    toxiproxy-server, which is started and ended. Raises ProxyTrouble.
    """
    if engine is None:
        yield None
    elif os.sep in engine and "://" not in engine:
        with _started(Path(engine)) as endpoint:
            yield Proxies(endpoint)
    else:
        endpoint = _endpoint(engine)
        try:
            answer = _ask_version(endpoint)
        except requests.RequestException:
            raise ProxyTrouble(
                f"no Toxiproxy server answers at {engine}; start one, or leave --toxiproxy out"
            ) from None
        if answer.status_code == 401:
            raise ProxyTrouble(f"the Toxiproxy server at {engine} needs its token in TOXIPROXY_AUTH_TOKEN")
        if not answer.ok:
            raise ProxyTrouble(f"the server at {engine} answers {answer.status_code}; is it a Toxiproxy server?")
        yield Proxies(endpoint)


def _endpoint(engine: str) -> tuple[str, int]:
    parts = urllib.parse.urlsplit(engine if "://" in engine else f"//{engine}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or port is None:
        raise ProxyTrouble(f"{engine!r} is neither an address like 'http://127.0.0.1:8474' nor the path of a program")
    return parts.hostname, port


def _ask_version(endpoint: tuple[str, int]) -> requests.Response:
    """Ask a server for its version. Raises requests.RequestException."""
    with api_session() as session:
        return session.get(f"http://{endpoint[0]}:{endpoint[1]}/version", timeout=5.0)


@contextlib.contextmanager
def _started(program: Path) -> Iterator[tuple[str, int]]:
    for _ in range(_STARTS):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            endpoint: tuple[str, int] = probe.getsockname()
        try:
            process = subprocess.Popen(
                [program, "-host", endpoint[0], "-port", str(endpoint[1])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ProxyTrouble(f"{program} cannot be started: {error.strerror}") from error
        try:
            if _answers(process, endpoint):
                yield endpoint
                return
        finally:
            process.terminate()
            process.wait()
    raise ProxyTrouble(f"{program} was started {_STARTS} times and never answered; is it a toxiproxy-server?")


def _answers(process: "subprocess.Popen[bytes]", endpoint: tuple[str, int]) -> bool:
    """Wait until the server takes requests. Returns False if it ends, or does not within four seconds."""
    pause = threading.Event()
    for _ in range(_ASKS):
        if process.poll() is not None:
            return False
        with contextlib.suppress(requests.RequestException):
            return _ask_version(endpoint).ok
        pause.wait(_ASK_EVERY_S)
    return False
