"""Tests that take `start` or `api_server` ask both servers: the embedded one, and Toxiproxy's own if it is there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.fake_servers.toxiproxy.real_toxiproxy import may_be_had, real_server
from tests.fake_servers.toxiproxy.server_under_test import ServerUnderTest, embedded_server, real_server_running

Start = Callable[..., AbstractContextManager[ServerUnderTest]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask one server or both. A module's SINCE is the release it needs of Toxiproxy's own server. Without such a
    server one test says so (test_real_server.py), not each of them."""
    if "start" in metafunc.fixturenames:
        both = may_be_had() and _is_new_enough(getattr(metafunc.module, "SINCE", None))
        metafunc.parametrize("start", ["embedded", "real"] if both else ["embedded"], indirect=True)


def _is_new_enough(since: tuple[int, ...] | None) -> bool:
    if since is None:
        return True
    real, _ = real_server()
    return real is not None and real.version >= since


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Start:
    """Start a server, with the options `token` and `proxy_metrics`."""
    if request.param == "embedded":
        return embedded_server
    real, why_not = real_server()
    if real is None:
        pytest.skip(why_not)
    return lambda **options: real_server_running(real.program, **options)


@pytest.fixture
def api_server(start: Start) -> Iterator[ServerUnderTest]:
    with start() as made:
        yield made


@pytest.fixture
def embedded() -> Iterator[ServerUnderTest]:
    with embedded_server() as made:
        yield made
