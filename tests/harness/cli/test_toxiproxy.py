"""`mailfault toxiproxy` as a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "mailfault", "toxiproxy", "--port")


class Running:
    """The command, until it has said where its API is."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "0", *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.said = ""
        while found := self.process.stdout.readline():
            self.said += found
            if url := re.search(r"http://\S+:\d+", found):
                self.url = url[0]
                return
        raise AssertionError(self.process.communicate())

    def ask(self, path: str) -> Any:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path, timeout=20) as answer:
            return json.loads(answer.read())

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status, and what it said on stderr."""
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
    assert running.ask("/version") == {"version": "2.12.0"}
    assert "What differs from toxiproxy-server 2.12.0" in running.said
    assert running.end(number) == (0, "")


def test_a_config_file(tmp_path: Path) -> None:
    config = tmp_path / "proxies.json"
    config.write_text('[{"name": "mail", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}]')
    running = Running("--config", str(config))
    assert list(running.ask("/proxies")) == ["mail"]
    assert "1 proxies made" in running.said
    assert running.end()[0] == 0


@pytest.mark.parametrize("text", [None, "{", '[{"name": "mail"}]', '[{"name": "m", "upstream": "192.0.2.1:25"}]'])
def test_a_bad_config_file_is_told_and_ends_nothing(tmp_path: Path, text: str | None) -> None:
    config = tmp_path / "proxies.json"
    if text is not None:
        config.write_text(text)
    running = Running("--config", str(config))
    assert running.ask("/proxies") == {}
    status, err = running.end()
    assert status == 0
    assert err.startswith("mailfault: ")


def test_a_port_that_is_taken_is_wrong_usage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [*COMMAND, str(taken.getsockname()[1])], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 2
    assert re.match(r"mailfault: the API cannot listen at 127\.0\.0\.1:\d+: .*in use", done.stderr), done.stderr
