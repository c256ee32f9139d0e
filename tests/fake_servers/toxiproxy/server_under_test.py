"""A Toxiproxy server under test, embedded or real, and both ends of a connection through its proxies."""

import contextlib
import http.client
import json
import os
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
    """An HTTP answer."""

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


class ServerUnderTest:
    """A running server, with an upstream for its proxies."""

    def __init__(
        self,
        name: str,
        endpoint: tuple[str, int],
        embedded: ToxiproxyServer | None = None,
        *,
        token: str | None = None,
    ) -> None:
        """Requests have the `token`, if there is one."""
        self._token = token
        self.name = name
        self.endpoint = endpoint
        self.embedded = embedded
        self.upstream = socket.create_server(("127.0.0.1", 0))
        self.upstream.settimeout(LIMIT_S)
        self.upstream_address = "{}:{}".format(*self.upstream.getsockname())
        self._ends: list[Ends] = []

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request. `body` is sent as JSON, bytes as they are."""
        connection = http.client.HTTPConnection(*self.endpoint, timeout=LIMIT_S)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        named |= {name.replace("_", "-"): text for name, text in headers.items()}
        try:
            connection.request(method, path, sent, named)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def proxy(self, name: str = "mail", *toxics: dict[str, Any]) -> tuple[str, int]:
        """Make a proxy of the upstream and return its address."""
        made = self.ask("POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": self.upstream_address})
        assert made.status == 201, made.text
        for toxic in toxics:
            added = self.ask("POST", f"/proxies/{name}/toxics", toxic)
            assert added.status == 200, added.text
        host, _, port = made.json["listen"].rpartition(":")
        return host, int(port)

    def connect(self, address: tuple[str, int]) -> Ends:
        """Connect through a proxy and return both ends."""
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
def embedded_server(**options: Any) -> Iterator[ServerUnderTest]:
    """Run the embedded server, with ToxiproxyServer's options."""
    server = ToxiproxyServer(**options)
    run_on_loop(server.start())
    tested = ServerUnderTest("embedded", server.endpoint, server, token=options.get("token"))
    try:
        yield tested
    finally:
        tested.close()
        run_on_loop(server.close())


@contextlib.contextmanager
def real_server_running(
    program: Path, *, token: str | None = None, proxy_metrics: bool = False
) -> Iterator[ServerUnderTest]:
    """Run Toxiproxy's own server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = probe.getsockname()
    environment = {name: value for name, value in os.environ.items() if name != "TOXIPROXY_AUTH_TOKEN"}
    process = subprocess.Popen(
        [program, "-host", endpoint[0], "-port", str(endpoint[1]), *(["-proxy-metrics"] if proxy_metrics else [])],
        env=environment | ({"TOXIPROXY_AUTH_TOKEN": token} if token else {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    tested = ServerUnderTest("real", endpoint, token=token)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError):
                tested.ask("GET", "/version")
                break
            time.sleep(0.025)
        yield tested
    finally:
        tested.close()
        process.terminate()
        process.wait()


def read_all(sock: socket.socket) -> tuple[bytes, str]:
    """Read to the end. Return the bytes and the kind of end: "fin" or "rst"."""
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
    """Read `count` bytes, fewer if the connection ends before."""
    got = b""
    while len(got) < count:
        data = sock.recv(count - len(got))
        if not data:
            break
        got += data
    return got
