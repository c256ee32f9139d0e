"""The HTTP API, word for word. Both servers are asked: a difference is a fault of the embedded one."""

import re
import socket
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.server_under_test import Answer, ServerUnderTest

ERROR_TYPE = "text/plain; charset=utf-8"
BAD = "bad request body: "
"""The rest of such a message describes the JSON error in the words of the server's JSON decoder."""
EMPTY_PROXY = '"upstream":"127.0.0.1:9","enabled":%s,"Logger":{},"toxics":[]}'
NEW_PROXY = {"name": "a", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0"}
TYPES = {
    "noop": {},
    "latency": {"latency": 0, "jitter": 0},
    "bandwidth": {"rate": 0},
    "slow_close": {"delay": 0},
    "timeout": {"timeout": 0},
    "reset_peer": {"timeout": 0},
    "slicer": {"average_size": 1, "size_variation": 0, "delay": 0},
    "limit_data": {"bytes": 0},
}


def error(message: str, status: int) -> str:
    shown = message.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"error":"{shown}","status":{status}}}\n'


def is_bad_request(answer: Answer) -> bool:
    """Check an answer to a body that is not JSON or has a field of a wrong type."""
    if (answer.status, answer.json["status"]) != (400, 400):
        return False
    return bool(answer.json["error"].startswith(BAD) and len(answer.json["error"]) > len(BAD))


def test_the_version(api_server: ServerUnderTest) -> None:
    answer = api_server.ask("GET", "/version")
    assert (answer.status, answer.type) == (200, "application/json;charset=utf-8")
    version = answer.json["version"]
    assert version == "2.13.0" or api_server.name == "real"  # one that `go install` built says "git"


def test_a_proxy_is_made_shown_and_deleted(api_server: ServerUnderTest) -> None:
    made = api_server.ask("POST", "/proxies", NEW_PROXY)
    assert (made.status, made.type) == (201, "application/json")
    assert re.fullmatch(r'{"name":"a","listen":"127\.0\.0\.1:\d+",' + re.escape(EMPTY_PROXY % "true"), made.text)
    assert api_server.ask("GET", "/proxies/a").text == made.text
    assert api_server.ask("GET", "/proxies").text == f'{{"a":{made.text}}}'
    gone = api_server.ask("DELETE", "/proxies/a")
    assert (gone.status, gone.text) == (204, "")
    assert api_server.ask("GET", "/proxies").text == "{}"


def test_proxies_stand_in_the_order_of_their_names(api_server: ServerUnderTest) -> None:
    for name in ("b", "Z", "é", "a", "<&>"):
        assert api_server.ask("POST", "/proxies", {**NEW_PROXY, "name": name}).status == 201
    answer = api_server.ask("GET", "/proxies")
    assert list(answer.json) == ["<&>", "Z", "a", "b", "é"]
    assert '"\\u003c\\u0026\\u003e"' in answer.text


def test_a_disabled_proxy_keeps_its_address_as_it_was_written(api_server: ServerUnderTest) -> None:
    made = api_server.ask("POST", "/proxies", {**NEW_PROXY, "listen": "localhost:0", "enabled": False})
    assert made.text == '{"name":"a","listen":"localhost:0",' + EMPTY_PROXY % "false"
    assert api_server.ask("POST", "/reset").status == 204
    again = api_server.ask("GET", "/proxies/a").json
    assert again["enabled"]
    assert again["listen"].startswith("127.0.0.1:")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_disabling_and_enabling(api_server: ServerUnderTest, method: str) -> None:
    address = api_server.proxy("a")
    assert api_server.ask(method, "/proxies/a", {"enabled": False}).json["enabled"] is False
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    again = api_server.ask(method, "/proxies/a", {"enabled": True}).json
    assert (again["enabled"], again["listen"]) == (True, "{}:{}".format(*address))
    api_server.connect(address)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_another_upstream(api_server: ServerUnderTest, method: str) -> None:
    address = api_server.proxy("a")
    changed = api_server.ask(method, "/proxies/a", {"upstream": "127.0.0.1:10", "name": "is not looked at"}).json
    assert (changed["name"], changed["upstream"], changed["enabled"]) == ("a", "127.0.0.1:10", True)
    assert changed["listen"] == "{}:{}".format(*address)


@pytest.mark.parametrize("kind", TYPES)
def test_every_toxic_and_its_defaults(api_server: ServerUnderTest, kind: str) -> None:
    api_server.proxy("a")
    needed = {"attributes": {"average_size": 1}} if kind == "slicer" else {}
    made = api_server.ask("POST", "/proxies/a/toxics", {"type": kind, **needed})
    assert (made.status, made.type) == (200, "application/json")
    assert made.json == {
        "attributes": TYPES[kind],
        "name": f"{kind}_downstream",
        "type": kind,
        "stream": "downstream",
        "toxicity": 1,
    }
    assert list(made.json) == ["attributes", "name", "type", "stream", "toxicity"]
    assert api_server.ask("GET", f"/proxies/a/toxics/{kind}_downstream").text == made.text
    assert api_server.ask("GET", "/proxies/a/toxics").text == f"[{made.text}]"


def test_toxics_stand_in_order_upstream_first(api_server: ServerUnderTest) -> None:
    api_server.proxy("a")
    for name, stream in (("1", "downstream"), ("2", "upstream"), ("3", "Downstream"), ("4", "UPSTREAM")):
        assert (
            api_server.ask("POST", "/proxies/a/toxics", {"type": "noop", "name": name, "stream": stream}).status == 200
        )
    assert [item["name"] for item in api_server.ask("GET", "/proxies/a/toxics").json] == ["2", "4", "1", "3"]
    assert [item["stream"] for item in api_server.ask("GET", "/proxies/a").json["toxics"]][1] == "UPSTREAM"
    assert api_server.ask("DELETE", "/proxies/a/toxics/2").status == 204
    assert [item["name"] for item in api_server.ask("GET", "/proxies").json["a"]["toxics"]] == ["4", "1", "3"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_toxic_is_changed_field_by_field(api_server: ServerUnderTest, method: str) -> None:
    api_server.proxy("a", {"type": "latency", "name": "x", "attributes": {"latency": 5, "jitter": 2}, "toxicity": 0.3})
    changed = api_server.ask(
        method, "/proxies/a/toxics/x", {"attributes": {"jitter": 3}, "type": "slicer", "name": "y"}
    )
    assert changed.text == (
        '{"attributes":{"latency":5,"jitter":3},"name":"x","type":"latency","stream":"downstream","toxicity":0.3}'
    )
    assert api_server.ask(method, "/proxies/a/toxics/x", {"toxicity": 1e-7}).text.endswith('"toxicity":1e-7}')


@pytest.mark.parametrize(
    "toxicity", ["0.1", "1", "0", "0.333333333333", "5e-324", "1e30", "-2", "123456.7", "16777217"]
)
def test_toxicity_is_written_as_go_writes_it(api_server: ServerUnderTest, toxicity: str) -> None:
    written = {"0.333333333333": "0.33333334", "5e-324": "0", "1e30": "1e+30", "16777217": "16777216"}
    api_server.proxy("a")
    made = api_server.ask("POST", "/proxies/a/toxics", b'{"type":"noop","toxicity":' + toxicity.encode() + b"}")
    assert made.text.endswith(f'"toxicity":{written.get(toxicity, toxicity)}}}')


def test_reset_takes_toxics_away_and_enables(api_server: ServerUnderTest) -> None:
    api_server.proxy("a", {"type": "noop"}, {"type": "noop", "stream": "upstream"})
    api_server.ask("PATCH", "/proxies/a", {"enabled": False})
    answer = api_server.ask("POST", "/reset")
    assert (answer.status, answer.text) == (204, "")
    again = api_server.ask("GET", "/proxies/a").json
    assert (again["enabled"], again["toxics"]) == (True, [])


def test_populate(api_server: ServerUnderTest) -> None:
    kept = api_server.ask("POST", "/proxies", {**NEW_PROXY, "name": "kept"}).json
    api_server.ask("POST", "/proxies/kept/toxics", {"type": "noop"})
    api_server.ask("POST", "/proxies", {**NEW_PROXY, "name": "replaced"})
    api_server.ask("POST", "/proxies/replaced/toxics", {"type": "noop"})
    answer = api_server.ask(
        "POST",
        "/populate",
        [
            {"name": "kept", "upstream": "127.0.0.1:9", "listen": kept["listen"], "enabled": False},
            {"name": "replaced", "upstream": "127.0.0.1:10", "listen": "127.0.0.1:0"},
            {"name": "off", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0", "enabled": False},
        ],
    )
    assert (answer.status, answer.type, list(answer.json)) == (201, "application/json", ["proxies"])
    assert [
        (item["name"], item["upstream"], item["enabled"], len(item["toxics"])) for item in answer.json["proxies"]
    ] == [
        ("kept", "127.0.0.1:9", True, 1),
        ("replaced", "127.0.0.1:10", True, 0),
        ("off", "127.0.0.1:9", False, 0),
    ]


def test_populate_stops_at_the_first_that_cannot_be_made(api_server: ServerUnderTest) -> None:
    answer = api_server.ask(
        "POST", "/populate", [{**NEW_PROXY}, {**NEW_PROXY, "name": "b", "listen": "foo"}, NEW_PROXY]
    )
    assert (answer.status, answer.type) == (500, "application/json")
    assert list(answer.json) == ["error", "status", "proxies"]
    assert answer.json["error"] == "listen tcp: address foo: missing port in address"
    assert [item["name"] for item in answer.json["proxies"]] == ["a"]
    assert list(api_server.ask("GET", "/proxies").json) == ["a"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ([], 201, None),
        (None, 201, None),
        ({}, 400, BAD),
        ([7], 400, BAD),
        ([{"name": "p"}], 400, "missing required field: upstream at proxy 1"),
        ([NEW_PROXY, {"upstream": "p"}], 400, "missing required field: name at proxy 2"),
        ([{**NEW_PROXY, "enabled": "x"}], 400, BAD),
        ([{**NEW_PROXY, "listen": 7}], 400, BAD),
    ],
)
def test_populate_with_bad_input(api_server: ServerUnderTest, body: Any, status: int, message: str | None) -> None:
    answer = api_server.ask("POST", "/populate", b"null" if body is None else body)
    assert (answer.status, answer.type) == (status, "application/json")
    if message is BAD:
        assert is_bad_request(answer)
        assert answer.json["proxies"] is None
    else:
        expected = {"proxies": None} if message is None else {"error": message, "status": status, "proxies": None}
        assert answer.json == expected
    assert api_server.ask("GET", "/proxies").text == "{}"


BAD_JSON = [
    b"",
    b" \n",
    b"{",
    b'{"name"',
    b'{"name":"a',
    b'{"name":"a"',
    b"tru",
    b"-",
    b"hello",
    b"\xc3\xa9",
    b"\x00",
    b"\x7f",
    b"\x85",
    b"'",
    b"[1,]",
    b"[1 2]",
    b"[01]",
    b'{"name" 1}',
    b'{"name":1 2}',
    b'{"name":"a",}',
    b"{name}",
    b'{"a":tron}',
    b'{"a":nul}',
    b'{"a":"\x01"}',
    b'{"a":"\n"}',
    b'{"a":"\\q"}',
    b'{"a":"\\u12g4"}',
    b'{"a":-x}',
    b'{"a":1.x}',
    b'{"a":1ex}',
    b"[]",
    b"7",
    b"01",
    b'"x"',
    b"true",
    b'{"name":["a"]}',
    b'{"name":{"a":1}}',
    b'{"name":true}',
    b'{"UPSTREAM":1.5}',
    b'{"enabled":7}',
]


@pytest.mark.parametrize("body", BAD_JSON, ids=repr)
def test_bad_json(api_server: ServerUnderTest, body: bytes) -> None:
    answer = api_server.ask("POST", "/proxies", body)
    assert answer.type == ERROR_TYPE
    assert is_bad_request(answer)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (NEW_PROXY, 409, "proxy already exists"),
        (b"null", 400, "missing required field: name"),
        ({}, 400, "missing required field: name"),
        ({"name": None, "upstream": "x"}, 400, "missing required field: name"),
        ({"name": "b"}, 400, "missing required field: upstream"),
        ({"listen": "foo"}, 500, "listen tcp: address foo: missing port in address"),
        ({"listen": "foo:bar"}, 500, "listen tcp: lookup tcp/bar: unknown port"),
        ({"listen": "127.0.0.1:99999"}, 500, "listen tcp: address 99999: invalid port"),
        ({"listen": "127.0.0.1:-1"}, 500, "listen tcp: address -1: invalid port"),
        ({"listen": "a:b:c"}, 500, "listen tcp: address a:b:c: too many colons in address"),
        ({"listen": "::1"}, 500, "listen tcp: address ::1: too many colons in address"),
        ({"listen": "[::1:7"}, 500, "listen tcp: address [::1:7: missing ']' in address"),
        ({"listen": "[::1]"}, 500, "listen tcp: address [::1]: missing port in address"),
        ({"listen": "[::1]]:7"}, 500, "listen tcp: address [::1]]:7: missing port in address"),
        ({"listen": "]:7"}, 500, "listen tcp: address ]:7: unexpected ']' in address"),
        ({"listen": "a[:7"}, 500, "listen tcp: address a[:7: unexpected '[' in address"),
    ],
    ids=str,
)
def test_a_proxy_that_cannot_be_made(api_server: ServerUnderTest, body: Any, status: int, message: str) -> None:
    api_server.proxy("a")
    if isinstance(body, dict) and list(body) == ["listen"]:
        body = {"name": "b", "upstream": "127.0.0.1:9", **body}
    answer = api_server.ask("POST", "/proxies", body)
    assert (answer.status, answer.type, answer.text) == (status, ERROR_TYPE, error(message, status))
    assert list(api_server.ask("GET", "/proxies").json) == ["a"]


def test_a_port_in_use(api_server: ServerUnderTest) -> None:
    host, port = api_server.endpoint
    answer = api_server.ask("POST", "/proxies", {**NEW_PROXY, "listen": f"{host}:{port}"})
    assert answer.text == error(f"listen tcp {host}:{port}: bind: address already in use", 500)
    api_server.proxy("a")
    answer = api_server.ask("PATCH", "/proxies/a", {"listen": f"{host}:{port}"})
    assert answer.text == error(f"listen tcp {host}:{port}: bind: address already in use", 500)
    assert api_server.ask("GET", "/proxies/a").json["enabled"] is False


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/proxies/b"),
        ("POST", "/proxies/b"),
        ("PATCH", "/proxies/b"),
        ("DELETE", "/proxies/b"),
        ("GET", "/proxies/b/toxics"),
        ("POST", "/proxies/b/toxics"),
        ("GET", "/proxies/b/toxics/x"),
        ("PATCH", "/proxies/b/toxics/x"),
        ("DELETE", "/proxies/b/toxics/x"),
        ("GET", "/proxies/a/toxics/x"),
        ("POST", "/proxies/a/toxics/x"),
        ("PATCH", "/proxies/a/toxics/x"),
        ("DELETE", "/proxies/a/toxics/x"),
    ],
)
def test_unknown_proxies_and_toxics(api_server: ServerUnderTest, method: str, path: str) -> None:
    api_server.proxy("a")
    answer = api_server.ask(method, path, b"not looked at")
    what = "proxy" if path.startswith("/proxies/b") else "toxic"
    assert (answer.status, answer.type, answer.text) == (404, ERROR_TYPE, error(f"{what} not found", 404))


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"type": "nope"}, 400, "invalid toxic type"),
        ({}, 400, "invalid toxic type"),
        ({"type": "noop", "stream": "sideways"}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"type": "noop", "stream": ""}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"type": "latency", "name": "there"}, 409, "toxic already exists"),
        ({"type": "noop", "stream": "upstream", "name": "there", "attributes": 5}, 400, BAD),
        ({"type": "noop", "toxicity": "x"}, 400, BAD),
        ({"type": "noop", "toxicity": 1e50}, 400, BAD),
        ({"type": "noop", "name": 1}, 400, BAD),
        ({"type": "latency", "attributes": {"latency": "5"}}, 400, BAD),
        ({"type": "latency", "attributes": {"jitter": 1.5}}, 400, BAD),
        ({"type": "latency", "attributes": {"JITTER": 2**63}}, 400, BAD),
        ({"type": "slicer", "attributes": {"average_size": "x"}}, 400, BAD),
        ({"type": "limit_data", "attributes": {"bytes": True}}, 400, BAD),
        ({"type": "bandwidth", "attributes": {"rate": [1]}}, 400, BAD),
        ({"type": "timeout", "attributes": {"timeout": {}}}, 400, BAD),
        ({"type": "reset_peer", "attributes": {"timeout": "x"}}, 400, BAD),
        ({"type": "slow_close", "attributes": {"delay": "x"}}, 400, BAD),
    ],
    ids=str,
)  # fmt: skip
def test_a_toxic_that_cannot_be_made(api_server: ServerUnderTest, body: Any, status: int, message: str) -> None:
    api_server.proxy("a", {"type": "noop", "name": "there"})
    answer = api_server.ask("POST", "/proxies/a/toxics", body)
    assert (answer.status, answer.type) == (status, ERROR_TYPE)
    assert is_bad_request(answer) if message is BAD else answer.text == error(message, status)
    assert [item["name"] for item in api_server.ask("GET", "/proxies/a/toxics").json] == ["there"]


@pytest.mark.parametrize(
    "body", [{"attributes": {"latency": "k"}}, {"attributes": 7}, {"toxicity": "p"}, b""], ids=repr
)
def test_a_bad_change_of_a_toxic(api_server: ServerUnderTest, body: Any) -> None:
    api_server.proxy("a", {"type": "latency", "name": "x", "attributes": {"latency": 1}})
    answer = api_server.ask("PATCH", "/proxies/a/toxics/x", body)
    assert is_bad_request(answer)
    assert api_server.ask("GET", "/proxies/a/toxics/x").json["attributes"] == {"latency": 1, "jitter": 0}


def test_null_and_what_nobody_knows_are_not_looked_at(api_server: ServerUnderTest) -> None:
    api_server.proxy("a")
    body: dict[str, Any] = {
        "type": "latency",
        "attributes": None,
        "toxicity": None,
        "stream": None,
        "name": None,
        "else": [{}],
    }
    assert api_server.ask("POST", "/proxies/a/toxics", body).json["name"] == "latency_downstream"
    added = api_server.ask("POST", "/proxies/a/toxics", b'{"type":"noop","TYPE":"timeout","ToXicity":0.5} and more')
    assert (added.json["type"], added.json["toxicity"]) == ("timeout", 0.5)


def test_half_a_surrogate_pair_is_replaced(api_server: ServerUnderTest) -> None:
    body = b'{"name":"a\\ud800","upstream":"127.0.0.1:9","listen":"127.0.0.1:0"}'
    assert api_server.ask("POST", "/proxies", body).json["name"] == "a\ufffd"


def test_browsers_are_not_let_in(api_server: ServerUnderTest) -> None:
    answer = api_server.ask("GET", "/proxies", User_Agent="Mozilla/5.0 (X11)")
    assert (answer.status, answer.type, answer.text) == (403, ERROR_TYPE, "User agent not allowed\n")
    assert api_server.ask("GET", "/proxies", User_Agent="Opera/9.80").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "404 page not found\n"),
        ("GET", "/", 404, "404 page not found\n"),
        ("GET", "/proxies/", 404, "404 page not found\n"),
        ("GET", "/proxies/a%2Fb", 404, "404 page not found\n"),
        ("GET", "/metrics", 404, "404 page not found\n"),
        ("PUT", "/proxies", 405, ""),
        ("DELETE", "/reset", 405, ""),
        ("GET", "/populate", 405, ""),
        ("HEAD", "/version", 405, ""),
        ("PUT", "/proxies/a/toxics/b", 405, ""),
    ],
)
def test_what_cannot_be_asked(api_server: ServerUnderTest, method: str, path: str, status: int, text: str) -> None:
    answer = api_server.ask(method, path)
    assert (answer.status, answer.text) == (status, text)


def test_a_path_with_too_many_slashes_is_sent_elsewhere(api_server: ServerUnderTest) -> None:
    answer = api_server.ask("GET", "//proxies//a")
    assert (answer.status, answer.headers["Location"]) == (301, "/proxies/a")
