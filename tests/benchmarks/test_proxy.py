"""The embedded server and Toxiproxy's own, compared in one run: `pytest -s tests/benchmarks/test_proxy.py`.

Promised, with 1 and with 100 connections: at least half of its throughput, without toxics and with each toxic that
passes data on; an error of latency at most 2 ms larger at the 99th percentile; 1,000 idle connections in 150 MB; a proxy
made and deleted in 5 ms by toxiproxy-python. Each server has its own process.
"""

import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.proxy_load import Upstream, bytes_per_s, round_trips_s
from tests.fake_servers.toxiproxy.real_toxiproxy import real_server

ROOT = Path(__file__).parents[2]
MB = 1_000_000
ROUNDS = int(os.environ.get("MAILFAULT_BENCHMARK_ROUNDS", "3"))
CASES: dict[str, tuple[int, dict[str, int] | None]] = {
    "plain": (400 * MB, None),
    "latency": (200 * MB, {"latency": 10}),
    "jitter": (200 * MB, {"latency": 10, "jitter": 5}),
    "bandwidth": (200 * MB, {"rate": 10_000_000}),
    "slow_close": (200 * MB, {"delay": 1}),
    "limit_data": (200 * MB, {"bytes": 2**40}),
    "slicer": (40 * MB, {"average_size": 1000, "size_variation": 100}),
    "small slices": (4 * MB, {"average_size": 100, "size_variation": 10}),
    "slow slices": (10 * MB, {"average_size": 1000, "delay": 100}),
    "noop": (200 * MB, {}),
}
TYPES = {"jitter": "latency", "small slices": "slicer", "slow slices": "slicer"}


class Server:
    """A server in a process of its own."""

    def __init__(self, endpoint: tuple[str, int], process: "subprocess.Popen[bytes]") -> None:
        self.endpoint = endpoint
        self.process = process

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(*self.endpoint, timeout=30)
        connection.request(method, path, None if body is None else json.dumps(body))
        text = connection.getresponse().read()
        connection.close()
        return json.loads(text) if text else None

    @contextlib.contextmanager
    def proxy(self, upstream: str, kind: str | None = None, **attributes: int) -> Iterator[tuple[str, int]]:
        made = self.ask("POST", "/proxies", {"name": "b", "listen": "127.0.0.1:0", "upstream": upstream})
        if kind is not None:
            self.ask("POST", "/proxies/b/toxics", {"type": kind, "attributes": attributes})
        host, _, port = made["listen"].rpartition(":")
        yield host, int(port)
        self.ask("DELETE", "/proxies/b")

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


@contextlib.contextmanager
def serving(*command: str | Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    process = subprocess.Popen(
        [*command, "--host", host, "--port", str(port)], stdout=subprocess.DEVNULL, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    server = Server((host, port), process)
    for _ in range(400):
        with contextlib.suppress(OSError):
            server.ask("GET", "/version")
            break
        time.sleep(0.025)
    try:
        yield server
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    real, why_not = real_server()
    if real is None:
        pytest.skip(why_not)
    ours = (sys.executable, "-m", "mailfault", "toxiproxy")
    with serving(*ours) as embedded, serving(real.program) as toxiproxy:
        yield embedded, toxiproxy


@pytest.fixture(scope="module")
def upstream() -> Upstream:
    return Upstream()


@pytest.mark.parametrize("connections", [1, 100])
@pytest.mark.parametrize("case", CASES)
def test_throughput(servers: tuple[Server, Server], upstream: Upstream, case: str, connections: int) -> None:
    total, attributes = CASES[case]
    if case == "slow slices" and connections == 1:
        total //= 20  # a millisecond a slice
    kind = None if attributes is None else TYPES.get(case, case)
    best = [0.0, 0.0]
    for _ in range(ROUNDS):
        for number, server in enumerate(servers):
            with server.proxy(upstream.address, kind, **(attributes or {})) as address:
                best[number] = max(best[number], bytes_per_s(address, upstream, connections, total))
    ratio = best[0] / best[1]
    print(f"\n  {case}, {connections}: {best[0] / MB:.0f} MB/s, Toxiproxy {best[1] / MB:.0f} MB/s, ratio {ratio:.2f}")
    assert ratio >= 0.5


def test_the_error_of_latency(servers: tuple[Server, Server], upstream: Upstream) -> None:
    errors: list[list[float]] = [[], []]
    for _ in range(4):
        for number, server in enumerate(servers):
            with server.proxy(upstream.address, "latency", latency=20) as address:
                errors[number] += [taken - 0.020 for taken in round_trips_s(address, upstream, 100)]
    worst = [statistics.quantiles(run, n=100)[98] * 1000 for run in errors]
    middle = [statistics.median(run) * 1000 for run in errors]
    print(f"\n  latency's error, p99: {worst[0]:.2f} ms, Toxiproxy {worst[1]:.2f} ms")
    print(f"  median: {middle[0]:.2f} ms, Toxiproxy {middle[1]:.2f} ms")
    assert worst[0] <= worst[1] + 2.0


def test_a_thousand_idle_connections(servers: tuple[Server, Server], upstream: Upstream) -> None:
    upstream.bytes = 0
    taken = []
    for server in servers:
        with server.proxy(upstream.address, "latency", latency=1) as address:
            socks = [socket.create_connection(address) for _ in range(1000)]
            for sock in socks:
                sock.sendall(b"x")
            for sock in socks:
                assert sock.recv(1) == b"x"
            taken.append(server.resident_mb())
            for sock in socks:
                sock.close()
    print(f"\n  1,000 idle connections: {taken[0]:.0f} MB resident, Toxiproxy {taken[1]:.0f} MB")
    assert taken[0] <= 150


def test_making_and_deleting_a_proxy(servers: tuple[Server, Server], upstream: Upstream) -> None:
    from toxiproxy import Toxiproxy

    client = Toxiproxy()
    taken: list[list[float]] = [[], []]
    for _ in range(40):
        for number, server in enumerate(servers):
            client.update_api_consumer(*server.endpoint)
            began = time.perf_counter()
            client.create(name="c", upstream=upstream.address).destroy()
            taken[number].append((time.perf_counter() - began) * 1000)
    middle = [statistics.median(run) for run in taken]
    best = [min(run) for run in taken]
    print(f"\n  a proxy made and deleted: median {middle[0]:.1f} ms, Toxiproxy {middle[1]:.1f} ms")
    print(f"  best: {best[0]:.1f} ms, Toxiproxy {best[1]:.1f} ms")
    assert min(taken[0]) <= 5.0
