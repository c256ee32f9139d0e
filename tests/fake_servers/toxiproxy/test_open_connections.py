"""Toxics that are added, changed and removed while connections are open. Both servers are asked."""

import time
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.server_under_test import ServerUnderTest, read_all, read_exactly
from tests.fake_servers.toxiproxy.test_toxics import LATE, opened, toxic

TOXICS = "/proxies/mail/toxics"


def add(api_server: ServerUnderTest, added: dict[str, Any]) -> None:
    answer = api_server.ask("POST", TOXICS, {**added, "name": "x"})
    assert answer.status == 200, answer.text


def change(api_server: ServerUnderTest, **attributes: int) -> None:
    assert api_server.ask("PATCH", f"{TOXICS}/x", {"attributes": attributes}).status == 200


def remove(api_server: ServerUnderTest) -> None:
    assert api_server.ask("DELETE", f"{TOXICS}/x").status == 204


def test_a_toxic_comes(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    ends.server.sendall(b"at once")
    assert read_exactly(ends.client, 7) == b"at once"
    add(api_server, toxic("latency", latency=200))
    began = time.monotonic()
    ends.server.sendall(b"late")
    assert read_exactly(ends.client, 4) == b"late"
    assert time.monotonic() - began >= 0.2 * LATE


def test_a_toxic_goes(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("bandwidth", rate=1), "name": "x"})
    ends.server.sendall(b"held" * 15_000)  # 60 s at that rate
    remove(api_server)
    assert read_exactly(ends.client, 60_000) == b"held" * 15_000
    ends.server.sendall(b"free")
    assert read_exactly(ends.client, 4) == b"free"


def test_latency_that_goes_lets_everything_pass(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("latency", latency=60_000), "name": "x"})
    for _ in range(10):
        ends.server.sendall(b"held")
        time.sleep(0.005)
    remove(api_server)
    assert read_exactly(ends.client, 40) == b"held" * 10


def test_reset_lets_everything_pass(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("latency", latency=60_000), toxic("latency", "upstream", latency=60_000))
    ends.server.sendall(b"down")
    ends.client.sendall(b"up")
    assert api_server.ask("POST", "/reset").status == 204
    assert read_exactly(ends.client, 4) == b"down"
    assert read_exactly(ends.server, 2) == b"up"


def test_latency_that_is_changed_lets_go_of_the_chunk_it_holds(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("latency", latency=60_000), "name": "x"})
    ends.server.sendall(b"held")
    time.sleep(0.1)
    change(api_server, latency=200)
    assert read_exactly(ends.client, 4) == b"held"
    began = time.monotonic()
    ends.server.sendall(b"late")
    assert read_exactly(ends.client, 4) == b"late"
    assert time.monotonic() - began >= 0.2 * LATE


def test_bandwidth_that_is_changed(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("bandwidth", rate=1), "name": "x"})
    ends.server.sendall(b"x" * 20_000)
    change(api_server, rate=100_000)
    assert len(read_exactly(ends.client, 20_000)) == 20_000


def test_timeout_that_goes_closes(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("timeout", timeout=0), "name": "x"})
    ends.server.sendall(b"lost")
    time.sleep(0.1)
    remove(api_server)
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


def test_timeout_that_is_changed_starts_anew(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("timeout", timeout=0), "name": "x"})
    began = time.monotonic()
    change(api_server, timeout=200)
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began >= 0.2 * LATE


def test_slow_close_that_goes_closes_at_once(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("slow_close", delay=60_000), "name": "x"})
    ends.server.close()
    time.sleep(0.1)
    remove(api_server)
    assert read_all(ends.client) == (b"", "fin")


def test_slow_close_that_is_changed_waits_anew(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("slow_close", delay=60_000), "name": "x"})
    ends.server.close()
    time.sleep(0.1)
    began = time.monotonic()
    change(api_server, delay=200)
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began >= 0.2 * LATE


def test_limit_data_counts_on_when_it_is_changed(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("limit_data", bytes=10), "name": "x"})
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    change(api_server, bytes=7)
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b"67"


def test_limit_data_that_is_lowered_closes_when_something_comes(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("limit_data", bytes=10), "name": "x"})
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    change(api_server, bytes=3)
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b""


def test_limit_data_counts_from_when_it_came(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    add(api_server, toxic("limit_data", bytes=3))
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b"678"


def test_reset_peer_on_an_open_connection_only_closes_it(api_server: ServerUnderTest) -> None:
    ends = opened(api_server)
    add(api_server, toxic("reset_peer", timeout=0))
    ends.server.sendall(b"lost")
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


def test_slicer_that_goes_passes_the_rest_in_one(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, {**toxic("slicer", average_size=1, delay=60_000_000), "name": "x"})
    ends.server.sendall(b"123456789")
    assert read_exactly(ends.client, 1) == b"1"
    remove(api_server)
    assert read_exactly(ends.client, 8) == b"23456789"


@pytest.mark.parametrize("times", [30])
def test_coming_and_going_loses_nothing(api_server: ServerUnderTest, times: int) -> None:
    ends = opened(api_server)
    sent = got = 0
    for number in range(times):
        kind = ("latency", "bandwidth", "slicer", "noop", "slow_close")[number % 5]
        attributes: dict[str, dict[str, Any]] = {
            "latency": {"latency": 30},
            "bandwidth": {"rate": 10},
            "slicer": {"average_size": 3},
        }
        add(api_server, toxic(kind, **attributes.get(kind, {})))
        ends.server.sendall(b"x" * 200)
        sent += 200
        remove(api_server)
        got += len(read_exactly(ends.client, sent - got))
    assert got == sent
