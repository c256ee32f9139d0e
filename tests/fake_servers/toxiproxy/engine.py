"""A Toxiproxy server under test, whichever it is, and the two ends of a connection through one of its proxies."""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailfault_servers.loop import run_on_loop
from mailfault_servers.toxiproxy.server import ToxiproxyServer

LIMIT_S = 20.0


class Answer:
    """What the server answered."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.type = response.headers.get("Content-Type")
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Ends:
    """The client's end of a proxied connection and the upstream's."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Engine:
    """A server that runs."""

    def __init__(self, name: str, endpoint: tuple[str, int], embedded: ToxiproxyServer | None = None) -> None:
        self.name = name
        self.endpoint = endpoint
        self.embedded = embedded
        self.upstream = socket.create_server(("127.0.0.1", 0))
        self.upstream.settimeout(LIMIT_S)
        self.upstream_address = "{}:{}".format(*self.upstream.getsockname())
        self._ends: list[Ends] = []

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request. `body` is sent as JSON, or as it is where it is bytes."""
        connection = http.client.HTTPConnection(*self.endpoint, timeout=LIMIT_S)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        try:
            connection.request(method, path, sent, named)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def proxy(self, name: str = "mail", *toxics: dict[str, Any]) -> tuple[str, int]:
        """Make a proxy before the upstream; returns where it listens."""
        made = self.ask("POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": self.upstream_address})
        assert made.status == 201, made.text
        for toxic in toxics:
            added = self.ask("POST", f"/proxies/{name}/toxics", toxic)
            assert added.status == 200, added.text
        host, _, port = made.json["listen"].rpartition(":")
        return host, int(port)

    def connect(self, address: tuple[str, int]) -> Ends:
        """A connection through a proxy, both ends of it."""
        client = socket.create_connection(address, timeout=LIMIT_S)
        server, _ = self.upstream.accept()
        server.settimeout(LIMIT_S)
        ends = Ends(client, server)
        self._ends.append(ends)
        return ends

    def close(self) -> None:
        for ends in self._ends:
            ends.close()
        self.upstream.close()


@contextlib.contextmanager
def embedded_engine() -> Iterator[Engine]:
    server = ToxiproxyServer()
    run_on_loop(server.start())
    engine = Engine("embedded", server.endpoint, server)
    try:
        yield engine
    finally:
        engine.close()
        run_on_loop(server.close())


@contextlib.contextmanager
def real_engine(program: Path) -> Iterator[Engine]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = probe.getsockname()
    process = subprocess.Popen(
        [program, "-host", endpoint[0], "-port", str(endpoint[1])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    engine = Engine("real", endpoint)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError):
                engine.ask("GET", "/version")
                break
            time.sleep(0.025)
        yield engine
    finally:
        engine.close()
        process.terminate()
        process.wait()


def read_all(sock: socket.socket) -> tuple[bytes, str]:
    """What comes until the connection ends, and how it ends: "fin" or "rst"."""
    got = b""
    while True:
        try:
            data = sock.recv(65536)
        except ConnectionError:
            return got, "rst"
        if not data:
            return got, "fin"
        got += data


def read_exactly(sock: socket.socket, count: int) -> bytes:
    """So many bytes; fewer where the connection ends before."""
    got = b""
    while len(got) < count:
        data = sock.recv(count - len(got))
        if not data:
            break
        got += data
    return got
