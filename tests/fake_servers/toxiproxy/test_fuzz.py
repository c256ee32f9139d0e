"""Random requests and data: the server answers every request, and every connection ends."""

import contextlib
import json
import socket
import string
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailfault_servers.toxiproxy import json_body
from mailfault_servers.toxiproxy.toxic import all_toxics
from tests.fake_servers.toxiproxy.server_under_test import ServerUnderTest, embedded_server

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FAST = {"latency": 3, "jitter": 5, "timeout": 2, "delay": 2, "rate": 50_000, "bytes": 700, "average_size": 40}


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[ServerUnderTest]:
    with embedded_server() as made:
        yield made


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["a", "b", "%C3%A9", "%FF", "%00", "..", "a%20b"])
bodies = st.one_of(
    st.binary(max_size=40),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(["a", "b", "é"]) | json_values,
            "upstream": st.just("127.0.0.1:9") | json_values,
            "listen": st.sampled_from(["127.0.0.1:0", "[::1]:0", "x", ""])
            | st.text(string.punctuation + "019", max_size=6),
            "enabled": st.booleans() | json_values,
            "type": st.sampled_from(sorted(all_toxics())) | json_values,
            "stream": st.sampled_from(["upstream", "DOWNSTREAM"]) | json_values,
            "toxicity": st.floats() | json_values,
            "attributes": st.dictionaries(st.sampled_from(sorted(FAST)), st.integers() | json_values, max_size=3),
        },
    ).map(lambda value: json.dumps(value).encode()),
)
paths = st.one_of(
    st.sampled_from(["/proxies", "/populate", "/reset", "/version"]),
    names.map(lambda name: f"/proxies/{name}"),
    names.map(lambda name: "/proxies/a/toxics"),
    names.map(lambda name: f"/proxies/a/toxics/{name}"),
)


@FEW
@given(st.lists(st.tuples(st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"]), paths, bodies), max_size=8))
def test_every_request_is_answered(fuzzed: ServerUnderTest, requests: list[tuple[str, str, bytes]]) -> None:
    for method, path, body in requests:
        answer = fuzzed.ask(method, path, body)
        assert answer.status in (200, 201, 204, 301, 400, 403, 404, 405, 409, 500), answer.text
        assert "Server got itself in trouble" not in answer.text
        if answer.status in (400, 409, 500):
            assert {"error", "status"} <= set(answer.json)
    for name in fuzzed.ask("GET", "/proxies").json:
        fuzzed.ask("DELETE", f"/proxies/{urllib.parse.quote(name, safe='')}")


@FEW
@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_json_is_read_or_refused(data: bytes) -> None:
    try:
        value = json_body.read(data)
    except json_body.BadJson:
        return
    json_body.write(value)


@FEW
@given(json_values.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)))
def test_good_json_is_read(value: Any) -> None:
    assert json_body.read(json.dumps(value).encode()) == value


toxics = st.builds(
    lambda kind, stream, toxicity, scale: {
        "type": kind,
        "stream": stream,
        "toxicity": toxicity,
        "attributes": {
            field: FAST.get(field, 0) * scale // 2 + (field == "rate") for field in all_toxics()[kind].model_fields
        },
    },
    st.sampled_from(sorted(all_toxics())),
    st.sampled_from(["upstream", "downstream"]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(0, 4),
)
steps = st.one_of(
    st.tuples(st.just("add"), toxics),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["up", "down"]), st.integers(0, 3000)),
)


def send(sock: socket.socket, data: bytes) -> None:
    """Send. The other end may be closed."""
    with contextlib.suppress(OSError):
        sock.sendall(data)


@FEW
@given(st.lists(toxics, max_size=4), st.lists(steps, max_size=10), st.sampled_from(["client", "server", "disable"]))
def test_every_connection_ends(fuzzed: ServerUnderTest, before: list[Any], acts: list[Any], ending: str) -> None:
    ask = fuzzed.ask
    address = fuzzed.proxy("fuzz")
    for number, added in enumerate(before):
        ask("POST", "/proxies/fuzz/toxics", {**added, "name": str(number)})
    try:
        ends = fuzzed.connect(address)
        for number, (kind, what) in enumerate(acts):
            if kind == "add":
                ask("POST", "/proxies/fuzz/toxics", {**what, "name": str(number % 6)})
            elif kind == "remove":
                ask("DELETE", f"/proxies/fuzz/toxics/{what}")
            else:
                send(ends.client if kind == "up" else ends.server, b"x" * what)
        if ending == "disable":
            ask("PATCH", "/proxies/fuzz", {"enabled": False})
            left = [ends.client, ends.server]
        else:
            (ends.client if ending == "client" else ends.server).close()
            left = [ends.server if ending == "client" else ends.client]
        for sock in left:
            ended(sock)
        ends.close()
    finally:
        assert ask("DELETE", "/proxies/fuzz").status == 204


def ended(sock: socket.socket) -> None:
    """Read to the end. Raises TimeoutError if it does not come."""
    with contextlib.suppress(ConnectionError):
        while sock.recv(65536):
            pass
