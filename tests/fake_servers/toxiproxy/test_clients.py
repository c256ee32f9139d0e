"""The published clients of Toxiproxy (Python, Node, Toxiproxy's own for Go) drive the embedded server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from toxiproxy import Toxiproxy
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from tests.fake_servers.toxiproxy.real_toxiproxy import cache_folder
from tests.fake_servers.toxiproxy.server_under_test import ServerUnderTest, read_exactly

PROGRAMS = Path(__file__).parent / "programs"
LIMIT_S = 300


@pytest.fixture
def toxiproxy(api_server: ServerUnderTest, monkeypatch: pytest.MonkeyPatch) -> Toxiproxy:
    """Point toxiproxy-python at the server. Its class attributes, which hold the address, are restored."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(APIConsumer, "host", api_server.endpoint[0])
    monkeypatch.setattr(APIConsumer, "port", api_server.endpoint[1])
    return Toxiproxy()


def test_python(api_server: ServerUnderTest, toxiproxy: Toxiproxy) -> None:
    assert toxiproxy.running()
    assert b'"version"' in toxiproxy.version()
    proxy = toxiproxy.create(name="mail", upstream=api_server.upstream_address)
    host, port = proxy.listen.split(":")
    ends = api_server.connect((host, int(port)))
    ends.client.sendall(b"x")
    assert read_exactly(ends.server, 1) == b"x"
    with pytest.raises(ProxyExists):
        toxiproxy.create(name="mail", upstream=api_server.upstream_address)

    proxy.add_toxic(type="latency", attributes={"latency": 5})
    proxy.add_toxic(name="limit", type="limit_data", stream="upstream", toxicity=0.5, attributes={"bytes": 9})
    toxics = proxy.toxics()
    assert list(toxics) == ["limit", "latency_downstream"]
    assert (toxics["limit"].toxicity, toxics["limit"].attributes) == (0.5, {"bytes": 9})
    with pytest.raises(InvalidToxic):
        proxy.add_toxic(type="nothing")
    assert proxy.destroy_toxic("limit")
    with pytest.raises(NotFound):
        proxy.destroy_toxic("limit")

    with proxy.down():
        assert not toxiproxy.get_proxy("mail").enabled
    assert toxiproxy.get_proxy("mail").enabled
    assert toxiproxy.reset()
    assert proxy.toxics() == {}
    (other,) = toxiproxy.populate([{"name": "other", "upstream": api_server.upstream_address, "listen": "127.0.0.1:0"}])
    assert toxiproxy.destroy(other)
    toxiproxy.destroy_all()
    assert toxiproxy.proxies() == {}


def call(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=LIMIT_S
    )


@pytest.mark.slow
def test_node(embedded: ServerUnderTest) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("no npm: toxiproxy-node-client cannot be installed")
    folder = cache_folder() / "toxiproxy-node-client-4.1.0"
    if not (folder / "node_modules" / "toxiproxy-node-client").exists():
        making = cache_folder() / f"npm-{os.getpid()}"
        making.mkdir()
        shutil.copy(PROGRAMS / "node" / "package.json", making)
        installed = call(npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", cwd=making)
        if installed.returncode:
            shutil.rmtree(making)
            pytest.skip(f"npm cannot install toxiproxy-node-client: {installed.stderr[-300:]}")
        if not folder.exists():
            making.rename(folder)
    url = "http://{}:{}".format(*embedded.endpoint)
    done = call(node, PROGRAMS / "node" / "drive.js", url, embedded.upstream_address, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "all is well\n"), done.stderr


@pytest.mark.slow
def test_go(embedded: ServerUnderTest, tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go: Toxiproxy's own client cannot be built")
    program = tmp_path / "drive"
    built = call(go, "build", "-buildvcs=false", "-o", program, ".", cwd=PROGRAMS / "go")
    if built.returncode:
        fetched = call(go, "mod", "download", cwd=PROGRAMS / "go")
        if fetched.returncode:
            pytest.skip(f"Go cannot fetch Toxiproxy's client: {fetched.stderr[-300:]}")
    assert built.returncode == 0, built.stderr
    url = "http://{}:{}".format(*embedded.endpoint)
    done = call(program, url, embedded.upstream_address, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "all is well\n"), done.stderr
