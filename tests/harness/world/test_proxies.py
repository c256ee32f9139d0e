"""Proxies of a Toxiproxy server that runs already."""

import pytest
import toxiproxy.api
from toxiproxy.api import APIConsumer

from mailfault.world.proxies.control import ProxyTrouble
from mailfault.world.proxies.engines import proxies_of
from tests.fake_servers.toxiproxy.server_under_test import embedded_server

TOKEN = "quite-secret"


@pytest.fixture(autouse=True)
def restored_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore toxiproxy-python's address after the test: it has one for the whole process."""
    monkeypatch.setattr(APIConsumer, "host", APIConsumer.host)
    monkeypatch.setattr(APIConsumer, "port", APIConsumer.port)
    monkeypatch.setattr(toxiproxy.api, "requests", toxiproxy.api.requests)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_token_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    if token is not None:
        monkeypatch.setenv("TOXIPROXY_AUTH_TOKEN", token)
    with embedded_server(token=token) as server, proxies_of("http://{}:{}".format(*server.endpoint)) as proxies:
        assert proxies is not None
        name, (host, port) = proxies.open("mx1.dest.example", ("127.0.0.1", 9), [])
        assert server.ask("GET", f"/proxies/{name}").json["listen"] == f"{host}:{port}"
        proxies.close(name)
        assert server.ask("GET", "/proxies").json == {}


def test_a_server_that_wants_a_token_is_no_server_without_it() -> None:
    with (
        embedded_server(token=TOKEN) as server,
        pytest.raises(ProxyTrouble, match="TOXIPROXY_AUTH_TOKEN"),
        proxies_of("http://{}:{}".format(*server.endpoint)),
    ):
        pass
