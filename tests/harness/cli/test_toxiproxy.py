"""`mailfault toxiproxy` as a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "mailfault", "toxiproxy", "--port")


class Running:
    """The running command, once it has printed the address of its API."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "0", *options],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.output = ""
        while line := self.process.stdout.readline():
            self.output += line
            if url := re.search(r"http://\S+:\d+", line):
                self.url = url[0]
                return
        raise AssertionError(self.process.communicate())

    def ask(self, path: str, **headers: str) -> Any:
        return json.loads(self.read(path, **headers))

    def read(self, path: str, **headers: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(self.url + path, headers=headers), timeout=20) as answer:
            return bytes(answer.read())

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it. Return its exit status and its stderr."""
        self.process.send_signal(number)
        err = self.process.communicate(timeout=30)[1]
        return self.process.returncode, err


@pytest.fixture
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_interrupted(running: Running, number: int) -> None:
    assert running.ask("/version") == {"version": "2.13.0"}
    assert "Differences from toxiproxy-server 2.13.0" in running.output
    assert running.end(number) == (0, "")


def test_a_config_file(tmp_path: Path) -> None:
    config = tmp_path / "proxies.json"
    config.write_text('[{"name": "mail", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}]')
    running = Running("--config", str(config))
    assert list(running.ask("/proxies")) == ["mail"]
    assert "1 proxies made" in running.output
    assert running.end()[0] == 0


@pytest.mark.parametrize("text", [None, "{", '[{"name": "mail"}]', '[{"name": "m", "upstream": "192.0.2.1:25"}]'])
def test_a_bad_config_file_is_reported_and_ends_nothing(tmp_path: Path, text: str | None) -> None:
    config = tmp_path / "proxies.json"
    if text is not None:
        config.write_text(text)
    running = Running("--config", str(config))
    assert running.ask("/proxies") == {}
    status, err = running.end()
    assert status == 0
    assert err.startswith("mailfault: ")


def test_a_port_in_use_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [*COMMAND, str(taken.getsockname()[1])], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 2
    assert re.match(r"mailfault: the API cannot listen at 127\.0\.0\.1:\d+: .*in use", done.stderr), done.stderr


def test_the_token_comes_from_the_environment() -> None:
    running = Running(TOXIPROXY_AUTH_TOKEN="quite-secret")
    with pytest.raises(urllib.error.HTTPError) as refused:
        running.ask("/version")
    with refused.value as answer:
        assert answer.code == 401
    assert running.ask("/version", Authorization="Bearer quite-secret") == {"version": "2.13.0"}
    assert running.end() == (0, "")


def test_metrics() -> None:
    running = Running("--proxy-metrics")
    assert running.read("/metrics") == b""
    assert running.end() == (0, "")


def test_the_version() -> None:
    done = subprocess.run([*COMMAND, "0", "--version"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (
        0,
        "mailfault toxiproxy, compatible with toxiproxy-server version 2.13.0\n",
    )
