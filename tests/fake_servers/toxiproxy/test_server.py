"""The embedded server from Python: its events, its chance, its limits, and what remains after it."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from mailfault_servers.loop import run_on_loop
from mailfault_servers.toxiproxy.observer import (
    ConnectionClosed,
    ConnectionOpened,
    ProxyEvent,
    ToxicActed,
    UpstreamRefused,
)
from mailfault_servers.toxiproxy.toxic import all_toxics
from tests.fake_servers.toxiproxy.server_under_test import (
    LIMIT_S,
    ServerUnderTest,
    embedded_server,
    read_all,
    read_exactly,
)
from tests.fake_servers.toxiproxy.test_toxics import opened, toxic


def new_toxic(kind: str) -> dict[str, Any]:
    """Return a toxic with the attributes it cannot do without."""
    return toxic(kind, average_size=100) if kind == "slicer" else toxic(kind)


class Observer:
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ProxyEvent, tuple[str, int] | None]] = []
        self._more = threading.Condition()

    def on_event(self, proxy: str, event: ProxyEvent, *, upstream: tuple[str, int] | None) -> None:
        with self._more:
            self.events.append((proxy, event, upstream))
            self._more.notify_all()

    def wait(self, count: int) -> list[ProxyEvent]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= count, LIMIT_S), self.events
            return [event for _, event, _ in self.events]


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.fixture
def observed(observer: Observer) -> Iterator[ServerUnderTest]:
    with embedded_server(observer=observer) as api_server:
        yield api_server


def test_every_toxic_of_toxiproxy_is_there() -> None:
    known = {"bandwidth", "latency", "limit_data", "noop", "reset_peer", "slicer", "slow_close", "timeout"}
    assert set(all_toxics()) == known
    assert all(kind.__doc__ for kind in all_toxics().values())


def test_a_connection_is_an_event(observed: ServerUnderTest, observer: Observer) -> None:
    ends = opened(observed)
    ends.client.sendall(b"four")
    assert read_exactly(ends.server, 4) == b"four"
    ends.server.sendall(b"seventy")
    assert read_exactly(ends.client, 7) == b"seventy"
    ends.client.close()
    assert observer.wait(2) == [
        ConnectionOpened(),
        ConnectionClosed(
            by="client", how="fin", from_client_bytes=4, to_server_bytes=4, from_server_bytes=7, to_client_bytes=7
        ),
    ]
    assert {(proxy, upstream) for proxy, _, upstream in observer.events} == {("mail", ends.server.getpeername())}


def test_a_reset_is_an_event(observed: ServerUnderTest, observer: Observer) -> None:
    ends = opened(observed)
    ends.client.sendall(b"x")
    assert read_exactly(ends.server, 1) == b"x"  # a reset that is there before the connection goes on is a refusal
    ends.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ends.server.close()
    closed = observer.wait(2)[1]
    assert closed == ConnectionClosed(
        by="server", how="rst", from_client_bytes=1, to_server_bytes=1, from_server_bytes=0, to_client_bytes=0
    )


def test_a_refusal_is_an_event(observed: ServerUnderTest, observer: Observer) -> None:
    address = observed.proxy()
    observed.upstream.close()
    with socket.create_connection(address, timeout=10) as client:
        assert read_all(client)[0] == b""
    assert observer.wait(1) == [UpstreamRefused()]
    assert observer.events[0][2] is None


def test_a_toxic_is_an_event_once_a_connection(observed: ServerUnderTest, observer: Observer) -> None:
    address = observed.proxy("mail", {**toxic("slicer", "Upstream", average_size=1), "name": "knife"})
    for _ in range(2):
        ends = observed.connect(address)
        ends.client.sendall(b"four")
        ends.client.sendall(b"more")
        assert len(read_exactly(ends.server, 8)) == 8
    assert observer.wait(4).count(ToxicActed(toxic="knife", type="slicer", stream="Upstream")) == 2


@pytest.mark.parametrize(
    ("kind", "attributes", "how", "passed"),
    [
        ("limit_data", {"bytes": 3}, "fin", 3),
        ("timeout", {"timeout": 50}, "fin", 0),
        ("reset_peer", {"timeout": 0}, "rst", 0),
    ],
)
def test_a_toxic_that_closes_is_an_event(
    observed: ServerUnderTest,
    observer: Observer,
    kind: str,
    attributes: dict[str, Any],
    how: Literal["fin", "rst"],
    passed: int,
) -> None:
    ends = opened(observed, toxic(kind, **attributes))
    ends.server.sendall(b"12345")
    read_all(ends.client)
    name = f"{kind}_downstream"
    assert observer.wait(3) == [
        ConnectionOpened(),
        ToxicActed(toxic=name, type=kind, stream="downstream"),
        ConnectionClosed(
            by="toxic",
            how=how,
            from_client_bytes=0,
            to_server_bytes=0,
            from_server_bytes=5,
            to_client_bytes=passed,
            toxic=name,
        ),
    ]


def test_a_proxy_that_goes_down_is_an_event(observed: ServerUnderTest, observer: Observer) -> None:
    opened(observed)
    observer.wait(1)
    observed.ask("PATCH", "/proxies/mail", {"enabled": False})
    assert observer.wait(2)[1] == ConnectionClosed(
        by="toxic", how="fin", from_client_bytes=0, to_server_bytes=0, from_server_bytes=0, to_client_bytes=0
    )


def hits(api_server: ServerUnderTest, proxy: str, count: int = 24) -> str:
    """Return the connections that a toxic of toxicity 0.5 acts on, as text."""
    address = api_server.proxy(proxy, toxic("limit_data", toxicity=0.5, bytes=0))
    drawn = ""
    for _ in range(count):
        ends = api_server.connect(address)
        ends.server.sendall(b"x")
        drawn += "passes" if read_exactly(ends.client, 1) else "ends "
        ends.close()
    return drawn


def test_chance_repeats_whatever_else_runs() -> None:
    with embedded_server(seed=7) as first, embedded_server(seed=7) as second, embedded_server(seed=8) as third:
        drawn = hits(first, "a")
        assert hits(second, "b") != drawn
        assert hits(second, "a") == drawn
        assert hits(third, "a") != drawn


def test_a_proxy_can_have_a_seed_of_its_own(embedded: ServerUnderTest) -> None:
    assert embedded.embedded is not None
    embedded.embedded.set_seed("a", 7)
    with embedded_server(seed=7) as other:
        assert hits(embedded, "a") == hits(other, "a")


def test_a_seed_can_be_set_over_http(embedded: ServerUnderTest) -> None:
    with embedded_server(seed=7) as other:
        drawn = hits(other, "a")
    body = {"name": "a", "listen": "127.0.0.1:0", "upstream": embedded.upstream_address}
    made = embedded.ask("POST", "/proxies", body, X_Mailfault_Seed="7").json
    embedded.ask("POST", "/proxies/a/toxics", toxic("limit_data", toxicity=0.5, bytes=0))
    again = ""
    for _ in range(24):
        ends = embedded.connect(("127.0.0.1", int(made["listen"].rpartition(":")[2])))
        ends.server.sendall(b"x")
        again += "passes" if read_exactly(ends.client, 1) else "ends "
        ends.close()
    assert again == drawn


def test_a_spared_connection_is_left_wholly_alone(embedded: ServerUnderTest) -> None:
    ends = opened(embedded, toxic("reset_peer", toxicity=0.0), toxic("timeout", "upstream", toxicity=0.0))
    ends.server.sendall(b"x")
    assert read_exactly(ends.client, 1) == b"x"
    assert embedded.ask("DELETE", "/proxies/mail/toxics/timeout_upstream").status == 204
    ends.client.sendall(b"y")
    assert read_exactly(ends.server, 1) == b"y"
    ends.client.close()
    assert read_all(ends.server) == (b"", "fin")


def first_slices(api_server: ServerUnderTest, count: int = 12) -> list[int]:
    """Return the sizes of the first slice of each connection; the second would come a minute later."""
    assert api_server.embedded is not None
    api_server.embedded.set_seed("mail", 3)
    address = api_server.proxy("mail", toxic("slicer", average_size=20, size_variation=9, delay=60_000_000))
    sizes = []
    for _ in range(count):
        ends = api_server.connect(address)
        ends.server.sendall(b"x" * 300)
        sizes.append(len(ends.client.recv(65536)))
    assert api_server.ask("DELETE", "/proxies/mail").status == 204
    return sizes


def test_sizes_repeat_with_the_seed(embedded: ServerUnderTest) -> None:
    drawn = first_slices(embedded)
    assert len(set(drawn)) > 1
    assert first_slices(embedded) == drawn


def test_only_loopback_unless_it_is_asked_for(embedded: ServerUnderTest) -> None:
    new = {"name": "a", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}
    for change, message in (
        ({"upstream": "192.0.2.1:25"}, "upstream 192.0.2.1:25: this server connects to loopback addresses only"),
        ({"listen": "192.0.2.1:0"}, "listen tcp 192.0.2.1:0: this server listens on loopback addresses only"),
        ({"listen": "0.0.0.0:0"}, "listen tcp 0.0.0.0:0: this server listens on loopback addresses only"),
        ({"listen": "[::]:0"}, "listen tcp [::]:0: this server listens on loopback addresses only"),
    ):
        answer = embedded.ask("POST", "/proxies", {**new, **change})
        assert (answer.status, answer.json) == (500, {"error": message, "status": 500})
    assert embedded.ask("POST", "/proxies", {"name": "a", "upstream": "127.0.0.1:9"}).json["listen"].startswith("127.")
    assert embedded.ask("PATCH", "/proxies/a", {"upstream": "192.0.2.1:25"}).status == 500
    assert embedded.ask("GET", "/proxies/a").json["upstream"] == "127.0.0.1:9"
    with embedded_server(allow_any_upstream=True, allow_any_listen=True) as free:
        assert free.ask("POST", "/proxies", {**new, "upstream": "192.0.2.1:25", "listen": ":0"}).status == 201


def test_many_toxics_in_a_row(embedded: ServerUnderTest) -> None:
    ends = opened(embedded, *({**toxic("noop"), "name": f"n{number}"} for number in range(400)))
    ends.server.sendall(b"x" * 100_000)
    assert len(read_exactly(ends.client, 100_000)) == 100_000
    assert embedded.ask("POST", "/reset").status == 204
    ends.server.sendall(b"y")
    assert read_exactly(ends.client, 1) == b"y"
    ends.server.close()
    assert read_all(ends.client) == (b"", "fin")


def test_a_client_that_reads_nothing_holds_the_server_back(embedded: ServerUnderTest) -> None:
    for kind in ("noop", "latency", "slicer"):
        ends = embedded.connect(embedded.proxy(kind, new_toxic(kind)))
        ends.server.settimeout(0.5)
        with pytest.raises(TimeoutError):
            for _ in range(600):
                ends.server.sendall(b"x" * 100_000)  # 60 MB, more than all buffers on the way


def test_closing_leaves_nothing() -> None:
    tasks, sockets = run_on_loop(left_behind()), open_sockets()
    with embedded_server() as api_server:
        for number, kind in enumerate(all_toxics()):
            address = api_server.proxy(
                f"p{number}", toxic(kind, latency=60_000) if kind == "latency" else new_toxic(kind)
            )
            ends = api_server.connect(address)
            ends.server.sendall(b"x")
        api_server.upstream.close()
        with socket.create_connection(address, timeout=LIMIT_S):
            assert api_server.embedded is not None
            run_on_loop(api_server.embedded.close())
    assert run_on_loop(left_behind()) <= tasks
    assert open_sockets() <= sockets


async def left_behind() -> set[str]:
    """Return the tasks and timers of the servers' loop, except its heartbeat."""
    loop = asyncio.get_running_loop()
    tasks = {repr(task) for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()}
    timers = {repr(task) for task in loop._scheduled if not task.cancelled() and "_beat" not in repr(task)}  # type: ignore[attr-defined]
    return tasks | timers


def open_sockets() -> set[str]:
    names = set()
    for task in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder's own
            names.add(str(task.readlink()))
    return {name for name in names if name.startswith("socket:")}


def test_a_port_that_is_taken_is_an_error(embedded: ServerUnderTest) -> None:
    with pytest.raises(OSError, match="in use"), embedded_server(port=embedded.endpoint[1]):
        pass
