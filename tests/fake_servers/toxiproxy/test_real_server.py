"""Says if Toxiproxy's own server was asked too, and which release of it."""

import pytest

from tests.fake_servers.toxiproxy.real_toxiproxy import FOLLOWED, real_server
from tests.fake_servers.toxiproxy.server_under_test import real_server_running


def test_toxiproxy_itself_is_asked() -> None:
    real, why_not = real_server()
    if real is None:
        pytest.skip(f"only the embedded server is asked: {why_not}")
    with real_server_running(real.program) as server:
        assert server.ask("GET", "/version").status == 200


def test_toxiproxy_itself_is_the_release_followed() -> None:
    real, why_not = real_server()
    if real is None or real.version < FOLLOWED:
        pytest.skip(f"no toxiproxy-server of the release followed: {why_not or f'it is {real}'}")
    assert real.version[:2] == FOLLOWED[:2], "a newer release is there: follow it, and raise FOLLOWED"
