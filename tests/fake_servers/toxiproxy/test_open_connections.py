"""Toxics that come, change and go while connections are open. Asked of both servers."""

import time
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.engine import Engine, read_all, read_exactly
from tests.fake_servers.toxiproxy.test_toxics import LATE, opened, toxic

TOXICS = "/proxies/mail/toxics"


def add(engine: Engine, added: dict[str, Any]) -> None:
    answer = engine.ask("POST", TOXICS, {**added, "name": "x"})
    assert answer.status == 200, answer.text


def change(engine: Engine, **attributes: int) -> None:
    assert engine.ask("PATCH", f"{TOXICS}/x", {"attributes": attributes}).status == 200


def remove(engine: Engine) -> None:
    assert engine.ask("DELETE", f"{TOXICS}/x").status == 204


def test_a_toxic_comes(engine: Engine) -> None:
    ends = opened(engine)
    ends.server.sendall(b"at once")
    assert read_exactly(ends.client, 7) == b"at once"
    add(engine, toxic("latency", latency=200))
    began = time.monotonic()
    ends.server.sendall(b"late")
    assert read_exactly(ends.client, 4) == b"late"
    assert time.monotonic() - began >= 0.2 * LATE


def test_a_toxic_goes(engine: Engine) -> None:
    ends = opened(engine, {**toxic("bandwidth", rate=0), "name": "x"})
    ends.server.sendall(b"held")
    remove(engine)
    assert read_exactly(ends.client, 4) == b"held"
    ends.server.sendall(b"free")
    assert read_exactly(ends.client, 4) == b"free"


def test_latency_that_goes_lets_everything_pass(engine: Engine) -> None:
    ends = opened(engine, {**toxic("latency", latency=60_000), "name": "x"})
    for _ in range(10):
        ends.server.sendall(b"held")
        time.sleep(0.005)
    remove(engine)
    assert read_exactly(ends.client, 40) == b"held" * 10


def test_reset_lets_everything_pass(engine: Engine) -> None:
    ends = opened(engine, toxic("latency", latency=60_000), toxic("latency", "upstream", latency=60_000))
    ends.server.sendall(b"down")
    ends.client.sendall(b"up")
    assert engine.ask("POST", "/reset").status == 204
    assert read_exactly(ends.client, 4) == b"down"
    assert read_exactly(ends.server, 2) == b"up"


def test_latency_that_is_changed_lets_go_of_the_chunk_it_holds(engine: Engine) -> None:
    ends = opened(engine, {**toxic("latency", latency=60_000), "name": "x"})
    ends.server.sendall(b"held")
    time.sleep(0.1)
    change(engine, latency=200)
    assert read_exactly(ends.client, 4) == b"held"
    began = time.monotonic()
    ends.server.sendall(b"late")
    assert read_exactly(ends.client, 4) == b"late"
    assert time.monotonic() - began >= 0.2 * LATE


def test_bandwidth_that_is_changed(engine: Engine) -> None:
    ends = opened(engine, {**toxic("bandwidth", rate=1), "name": "x"})
    ends.server.sendall(b"x" * 20_000)
    change(engine, rate=100_000)
    assert len(read_exactly(ends.client, 20_000)) == 20_000


def test_timeout_that_goes_closes(engine: Engine) -> None:
    ends = opened(engine, {**toxic("timeout", timeout=0), "name": "x"})
    ends.server.sendall(b"lost")
    time.sleep(0.1)
    remove(engine)
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


def test_timeout_that_is_changed_starts_anew(engine: Engine) -> None:
    ends = opened(engine, {**toxic("timeout", timeout=0), "name": "x"})
    began = time.monotonic()
    change(engine, timeout=200)
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began >= 0.2 * LATE


def test_slow_close_that_goes_closes_at_once(engine: Engine) -> None:
    ends = opened(engine, {**toxic("slow_close", delay=60_000), "name": "x"})
    ends.server.close()
    time.sleep(0.1)
    remove(engine)
    assert read_all(ends.client) == (b"", "fin")


def test_slow_close_that_is_changed_waits_anew(engine: Engine) -> None:
    ends = opened(engine, {**toxic("slow_close", delay=60_000), "name": "x"})
    ends.server.close()
    time.sleep(0.1)
    began = time.monotonic()
    change(engine, delay=200)
    assert read_all(ends.client) == (b"", "fin")
    assert time.monotonic() - began >= 0.2 * LATE


def test_limit_data_counts_on_when_it_is_changed(engine: Engine) -> None:
    ends = opened(engine, {**toxic("limit_data", bytes=10), "name": "x"})
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    change(engine, bytes=7)
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b"67"


def test_limit_data_that_is_lowered_closes_when_something_comes(engine: Engine) -> None:
    ends = opened(engine, {**toxic("limit_data", bytes=10), "name": "x"})
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    change(engine, bytes=3)
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b""


def test_limit_data_counts_from_when_it_came(engine: Engine) -> None:
    ends = opened(engine)
    ends.server.sendall(b"12345")
    assert read_exactly(ends.client, 5) == b"12345"
    add(engine, toxic("limit_data", bytes=3))
    ends.server.sendall(b"67890")
    assert read_all(ends.client)[0] == b"678"


def test_reset_peer_on_an_open_connection_only_closes_it(engine: Engine) -> None:
    ends = opened(engine)
    add(engine, toxic("reset_peer", timeout=0))
    ends.server.sendall(b"lost")
    assert read_all(ends.client) == (b"", "fin")
    assert read_all(ends.server) == (b"", "fin")


def test_slicer_that_goes_passes_the_rest_in_one(engine: Engine) -> None:
    ends = opened(engine, {**toxic("slicer", average_size=1, delay=60_000_000), "name": "x"})
    ends.server.sendall(b"123456789")
    assert read_exactly(ends.client, 1) == b"1"
    remove(engine)
    assert read_exactly(ends.client, 8) == b"23456789"


@pytest.mark.parametrize("times", [30])
def test_coming_and_going_loses_nothing(engine: Engine, times: int) -> None:
    ends = opened(engine)
    sent = got = 0
    for number in range(times):
        kind = ("latency", "bandwidth", "slicer", "noop", "slow_close")[number % 5]
        attributes = {"latency": {"latency": 30}, "bandwidth": {"rate": 10}, "slicer": {"average_size": 3}}
        add(engine, toxic(kind, **attributes.get(kind, {})))
        ends.server.sendall(b"x" * 200)
        sent += 200
        remove(engine)
        got += len(read_exactly(ends.client, sent - got))
    assert got == sent
