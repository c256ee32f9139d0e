"""Toxics on connections that begin with them. Both servers are asked; times are lower bounds, or generous."""

import socket
import threading
import time
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.server_under_test import Ends, ServerUnderTest, read_all, read_exactly

LATE = 0.9
"""The share of a delay that must pass: a timer may fire a little early by another clock."""


def toxic(kind: str, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> dict[str, Any]:
    return {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}


def opened(api_server: ServerUnderTest, *toxics: dict[str, Any]) -> Ends:
    return api_server.connect(api_server.proxy("mail", *toxics))


def send(ends: Ends, stream: str, data: bytes) -> None:
    (ends.server if stream == "downstream" else ends.client).sendall(data)


def receiving(ends: Ends, stream: str) -> socket.socket:
    return ends.client if stream == "downstream" else ends.server


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_bytes_pass_as_they_are(api_server: ServerUnderTest, stream: str) -> None:
    ends = opened(api_server)
    data = bytes(range(256)) * 20_000
    writer = threading.Thread(target=send, args=(ends, stream, data))
    writer.start()
    assert read_exactly(receiving(ends, stream), len(data)) == data
    writer.join()


@pytest.mark.parametrize("kind", ["noop", "latency", "bandwidth", "slow_close", "slicer", "limit_data"])
@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_what_passes_through_a_toxic_is_whole_and_in_order(api_server: ServerUnderTest, kind: str, stream: str) -> None:
    attributes = {
        "latency": {"latency": 5, "jitter": 5},
        "bandwidth": {"rate": 50_000},
        "slow_close": {"delay": 5},
        "slicer": {"average_size": 500, "size_variation": 100, "delay": 0},
        "limit_data": {"bytes": 10**9},
    }
    ends = opened(api_server, toxic(kind, stream, **attributes.get(kind, {})))
    data = bytes(range(256)) * 2_000
    writer = threading.Thread(target=send, args=(ends, stream, data))
    writer.start()
    assert read_exactly(receiving(ends, stream), len(data)) == data
    writer.join()


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_when_one_end_closes_the_other_is_closed(api_server: ServerUnderTest, stream: str, side: str) -> None:
    ends = opened(api_server)
    ends.client.sendall(b"up")
    assert read_exactly(ends.server, 2) == b"up"
    closing, left = (ends.client, ends.server) if side == "client" else (ends.server, ends.client)
    closing.close()
    assert read_all(left) == (b"", "fin")


def test_what_was_said_before_a_close_arrives(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    ends.server.sendall(b"last words")
    ends.server.close()
    assert read_all(ends.client) == (b"last words", "fin")


def test_half_a_close_is_a_whole_one(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    ends.client.sendall(b"question")
    ends.client.shutdown(socket.SHUT_WR)
    assert read_all(ends.server) == (b"question", "fin")
    assert read_all(ends.client) == (b"", "fin")


def test_an_upstream_that_refuses_closes_the_client(api_server: ServerUnderTest) -> None:
    address = api_server.proxy()
    api_server.upstream.close()
    with socket.create_connection(address, timeout=10) as client:
        assert read_all(client)[0] == b""


def test_disabling_closes_open_connections(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    api_server.ask("PATCH", "/proxies/mail", {"enabled": False})
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


def test_deleting_closes_open_connections(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    api_server.ask("DELETE", "/proxies/mail")
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_delays_one_stream(api_server: ServerUnderTest, stream: str) -> None:
    ends = opened(api_server, toxic("latency", stream, latency=200))
    other = "upstream" if stream == "downstream" else "downstream"
    send(ends, other, b"at once")
    assert read_exactly(receiving(ends, other), 7) == b"at once"
    began = time.monotonic()
    send(ends, stream, b"late")
    assert read_exactly(receiving(ends, stream), 4) == b"late"
    assert time.monotonic() - began >= 0.2 * LATE


def test_latencies_add_up(api_server: ServerUnderTest) -> None:
    ends = opened(
        api_server, {**toxic("latency", latency=100), "name": "a"}, {**toxic("latency", latency=150), "name": "b"}
    )
    began = time.monotonic()
    ends.server.sendall(b"late")
    assert read_exactly(ends.client, 4) == b"late"
    assert time.monotonic() - began >= 0.25 * LATE


def test_latency_counts_from_when_a_chunk_was_read(api_server: ServerUnderTest) -> None:
    """Chunks sent together are delayed together, not one after the other."""
    ends = opened(api_server, toxic("latency", latency=100))
    began = time.monotonic()
    for _ in range(100):
        ends.server.sendall(b"x")
        time.sleep(0.001)
    assert len(read_exactly(ends.client, 100)) == 100
    assert 0.1 * LATE <= time.monotonic() - began < 5.0


def test_latency_delays_the_end_no_more_than_the_last_byte(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("latency", latency=10_000))
    ends.server.close()
    began = time.monotonic()
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began < 8


def test_jitter_stays_within_its_bounds(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("latency", latency=40, jitter=30))
    for _ in range(20):
        began = time.monotonic()
        ends.server.sendall(b"x")
        assert read_exactly(ends.client, 1) == b"x"
        assert time.monotonic() - began >= 0.01 * LATE


def test_bandwidth(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("bandwidth", rate=100))
    began = time.monotonic()
    ends.server.sendall(b"x" * 30_000)
    assert len(read_exactly(ends.client, 30_000)) == 30_000
    assert time.monotonic() - began >= 0.3 * LATE


def test_bandwidth_passes_portions(api_server: ServerUnderTest) -> None:
    """A chunk that takes longer than 100 ms passes in portions of 100 ms."""
    ends = opened(api_server, toxic("bandwidth", rate=1))
    ends.server.sendall(b"x" * 3000)
    assert len(ends.client.recv(65536)) in range(100, 3000, 100)  # more than one portion if the machine is slow to read


@pytest.mark.parametrize("side", ["client", "server"])
def test_slow_close(api_server: ServerUnderTest, side: str) -> None:
    ends = opened(api_server, toxic("slow_close", "upstream" if side == "client" else "downstream", delay=300))
    closing, left = (ends.client, ends.server) if side == "client" else (ends.server, ends.client)
    closing.sendall(b"at once")
    closing.close()
    began = time.monotonic()
    assert read_exactly(left, 7) == b"at once"
    assert read_all(left) == (b"", "fin")
    assert time.monotonic() - began >= 0.25 * LATE


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_timeout_closes_after_its_time(api_server: ServerUnderTest, stream: str) -> None:
    began = time.monotonic()
    ends = opened(api_server, toxic("timeout", stream, timeout=300))
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")
    assert time.monotonic() - began >= 0.3 * LATE


def test_timeout_loses_what_comes_and_starts_anew(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("timeout", timeout=400))
    began = time.monotonic()
    time.sleep(0.2)
    ends.server.sendall(b"lost")
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began >= 0.6 * LATE


def test_timeout_0_holds_for_ever_in_one_direction(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("timeout", timeout=0))
    ends.server.sendall(b"lost")
    ends.client.sendall(b"passes")
    assert read_exactly(ends.server, 6) == b"passes"
    ends.client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        ends.client.recv(1)
    ends.client.settimeout(20)
    ends.server.close()
    assert read_all(ends.client) == (b"", "fin")


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_reset_peer_resets_both_ends(api_server: ServerUnderTest, stream: str) -> None:
    ends = opened(api_server, toxic("reset_peer", stream, timeout=200))
    began = time.monotonic()
    send(ends, stream, b"x")
    assert read_all(ends.client) == (b"", "rst")
    assert read_all(ends.server) == (b"", "rst")
    assert time.monotonic() - began >= 0.2 * LATE


def test_reset_peer_waits_for_the_first_byte(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("reset_peer", timeout=0))
    ends.client.sendall(b"passes")
    assert read_exactly(ends.server, 6) == b"passes"
    ends.client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        ends.client.recv(1)


def test_a_connection_with_reset_peer_ends_by_rst_whoever_ends_it(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("reset_peer", timeout=0))
    ends.client.sendall(b"passes")
    assert read_exactly(ends.server, 6) == b"passes"
    ends.client.close()
    assert read_all(ends.server) == (b"", "rst")


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_limit_data(api_server: ServerUnderTest, stream: str) -> None:
    ends = opened(api_server, toxic("limit_data", stream, bytes=7))
    send(ends, stream, b"12345")
    assert read_exactly(receiving(ends, stream), 5) == b"12345"
    send(ends, stream, b"67890")
    assert read_exactly(receiving(ends, stream), 5) == b"67"
    assert read_all(ends.client)[0] == b""


def test_limit_data_closes_at_the_last_byte(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("limit_data", bytes=5))
    ends.server.sendall(b"12345")
    assert read_all(ends.client) == (b"12345", "fin")


def test_limit_data_0_closes_when_something_comes(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("limit_data", bytes=0))
    ends.client.sendall(b"passes")
    assert read_exactly(ends.server, 6) == b"passes"
    ends.server.sendall(b"x")
    assert read_all(ends.client) == (b"", "fin")


def test_limit_data_behind_latency_closes_when_the_bytes_have_passed(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("limit_data", bytes=3), toxic("latency", latency=200))
    began = time.monotonic()
    ends.server.sendall(b"12345")
    assert read_all(ends.client) == (b"123", "fin")
    assert time.monotonic() - began >= 0.2 * LATE


def test_slicer_cuts(api_server: ServerUnderTest) -> None:
    """Halves of 80 bytes: 40, 20, 10. The second slice would pass a minute later."""
    ends = opened(api_server, toxic("slicer", average_size=10, delay=60_000_000))
    ends.server.sendall(b"x" * 80)
    assert len(ends.client.recv(65536)) == 10


def test_slicer_waits_between_slices(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("slicer", average_size=10, delay=20_000))
    began = time.monotonic()
    ends.server.sendall(b"x" * 80)
    assert len(read_exactly(ends.client, 80)) == 80
    assert time.monotonic() - began >= 7 * 0.02 * LATE


def test_slicer_varies_its_sizes(api_server: ServerUnderTest) -> None:
    address = api_server.proxy("mail", toxic("slicer", average_size=20, size_variation=10, delay=60_000_000))
    sizes = set()
    for _ in range(20):
        ends = api_server.connect(address)
        ends.server.sendall(b"x" * 400)
        sizes.add(len(ends.client.recv(65536)))
    assert len(sizes) > 1


def test_a_slicer_larger_than_what_comes_changes_nothing(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("slicer", average_size=100))
    ends.server.sendall(b"x" * 100)
    assert len(ends.client.recv(65536)) == 100


def test_toxics_act_in_their_order(api_server: ServerUnderTest) -> None:
    """The smaller of two limits closes the connection, wherever it stands."""
    ends = opened(
        api_server,
        {**toxic("limit_data", bytes=100), "name": "a"},
        {**toxic("limit_data", bytes=5), "name": "b"},
    )
    ends.server.sendall(b"1234567890")
    assert read_all(ends.client)[0] == b"12345"


def test_toxicity_0_does_nothing(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("limit_data", toxicity=0.0, bytes=0))
    ends.server.sendall(b"passes")
    assert read_exactly(ends.client, 6) == b"passes"


def test_toxicity_acts_on_a_share_of_connections(api_server: ServerUnderTest) -> None:
    address = api_server.proxy("mail", toxic("limit_data", toxicity=0.5, bytes=0))
    hit = 0
    for _ in range(60):
        ends = api_server.connect(address)
        ends.server.sendall(b"x")
        hit += read_exactly(ends.client, 1) == b""
        ends.close()
    assert 5 < hit < 55  # by chance it lies outside once in 10**10 runs
