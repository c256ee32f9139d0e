"""Byte counters at /metrics (-proxy-metrics). Both servers are asked."""

import time

import pytest

from mailfault_servers.toxiproxy.metrics import ProxyMetrics
from tests.fake_servers.toxiproxy.conftest import Start
from tests.fake_servers.toxiproxy.server_under_test import LIMIT_S, ServerUnderTest, read_all, read_exactly


def counters(server: ServerUnderTest, count: int) -> list[str]:
    """Return the counters once there are so many: a connection is counted when both its ends are closed."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        answer = server.ask("GET", "/metrics")
        assert answer.status == 200
        assert (answer.type or "").startswith("text/plain; version=0.0.4; charset=utf-8")
        lines = [line for line in answer.text.splitlines() if line.startswith("toxiproxy_proxy_")]
        if len(lines) >= count:
            return lines
    raise AssertionError(f"fewer than {count} counters: {lines}")


def test_bytes_are_counted(start: Start) -> None:
    with start(proxy_metrics=True) as server:
        address = server.proxy("mail")
        ends = server.connect(address)
        ends.client.sendall(b"four")
        assert read_exactly(ends.server, 4) == b"four"
        ends.server.sendall(b"seventy")
        ends.server.close()
        assert read_all(ends.client) == (b"seventy", "fin")
        ends.client.close()
        labels = f'listener="{address[0]}:{address[1]}",proxy="mail",upstream="{server.upstream_address}"'
        assert counters(server, 4) == [
            f'toxiproxy_proxy_received_bytes_total{{direction="downstream",{labels}}} 7',
            f'toxiproxy_proxy_received_bytes_total{{direction="upstream",{labels}}} 4',
            f'toxiproxy_proxy_sent_bytes_total{{direction="downstream",{labels}}} 7',
            f'toxiproxy_proxy_sent_bytes_total{{direction="upstream",{labels}}} 4',
        ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_metrics_can_be_asked_by_any_method(start: Start, method: str) -> None:
    with start(proxy_metrics=True) as server:
        assert server.ask(method, "/metrics").status == 200


def test_labels_are_escaped() -> None:
    metrics = ProxyMetrics()
    metrics.count("upstream", "127.0.0.1:1", 'a"\\\n', "127.0.0.1:2", received=1, sent=2)
    assert r'proxy="a\"\\\n"' in metrics.text()
    assert metrics.text().count("# TYPE ") == 2
