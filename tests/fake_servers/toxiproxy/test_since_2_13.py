"""Behaviour that came with Toxiproxy 2.13.0. Both servers are asked, the real one if it is of that release."""

import time
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.conftest import Start
from tests.fake_servers.toxiproxy.server_under_test import ServerUnderTest, read_all, read_exactly
from tests.fake_servers.toxiproxy.test_toxics import opened, toxic

SINCE = (2, 13)
TOKEN = "quite-secret"
NEW_PROXY = {"name": "a", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/version", None),
        ("GET", "/proxies", None),
        ("POST", "/proxies", NEW_PROXY),
        ("POST", "/populate", []),
        ("POST", "/reset", None),
        ("GET", "/proxies/a", None),
        ("DELETE", "/proxies/a/toxics/x", None),
    ],
)
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer other", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}"]
)
def test_a_request_without_the_token_is_refused(start: Start, method: str, path: str, body: Any, header: str) -> None:
    with start(token=TOKEN) as server:
        assert server.ask(method, path, body, Authorization=header).status == 401
        assert server.ask("GET", "/proxies").json == {}


def test_a_request_with_the_token_is_answered(start: Start) -> None:
    with start(token=TOKEN) as server:
        assert server.ask("POST", "/proxies", NEW_PROXY).status == 201
        assert list(server.ask("GET", "/proxies").json) == ["a"]


def test_metrics_need_the_token_too(start: Start) -> None:
    with start(token=TOKEN, proxy_metrics=True) as server:
        assert server.ask("GET", "/metrics", Authorization="").status == 401
        assert server.ask("GET", "/metrics").status == 200


def test_without_a_token_any_request_is_answered(api_server: ServerUnderTest) -> None:
    assert api_server.ask("GET", "/proxies", Authorization="Bearer whatever").status == 200


BAD_SLICERS: list[dict[str, int]] = [
    {},
    {"average_size": 0},
    {"average_size": -1},
    {"average_size": 3, "size_variation": 4},
    {"average_size": 3, "size_variation": -1},
]


@pytest.mark.parametrize("attributes", BAD_SLICERS, ids=str)
def test_a_slicer_that_cannot_slice_is_refused(api_server: ServerUnderTest, attributes: dict[str, Any]) -> None:
    api_server.proxy("a")
    assert api_server.ask("POST", "/proxies/a/toxics", toxic("slicer", **attributes)).status == 400
    assert api_server.ask("GET", "/proxies/a/toxics").json == []


@pytest.mark.parametrize("change", [{"average_size": 0}, {"average_size": 2}, {"size_variation": 11}], ids=str)
def test_a_change_to_a_slicer_that_cannot_slice_is_refused(api_server: ServerUnderTest, change: dict[str, int]) -> None:
    api_server.proxy("a", {**toxic("slicer", average_size=10, size_variation=3), "name": "x"})
    assert api_server.ask("PATCH", "/proxies/a/toxics/x", {"attributes": change}).status == 400


def test_the_widest_slicer_is_taken(api_server: ServerUnderTest) -> None:
    ends = opened(api_server, toxic("slicer", average_size=10, size_variation=10))
    ends.server.sendall(b"x" * 3000)
    assert len(read_exactly(ends.client, 3000)) == 3000


@pytest.mark.parametrize("rate", [0, -1])
def test_a_bandwidth_of_nothing_is_no_limit(api_server: ServerUnderTest, rate: int) -> None:
    ends = opened(api_server, toxic("bandwidth", rate=rate))
    ends.server.sendall(b"x" * 100_000)
    assert len(read_exactly(ends.client, 100_000)) == 100_000


def test_a_toxic_of_a_closed_connection_can_be_removed(api_server: ServerUnderTest) -> None:
    ends = opened(
        api_server,
        {**toxic("bandwidth", rate=1), "name": "first"},
        {**toxic("limit_data", bytes=5), "name": "second"},
    )
    ends.server.sendall(b"x" * 5000)
    assert read_all(ends.client)[0] == b"xxxxx"
    began = time.monotonic()
    assert api_server.ask("DELETE", "/proxies/mail/toxics/first").status == 204
    assert time.monotonic() - began < 10
    assert api_server.ask("GET", "/version").status == 200
