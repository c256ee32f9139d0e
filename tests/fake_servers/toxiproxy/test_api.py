"""The HTTP API, word for word. Asked of both servers: where the embedded one differs, it is wrong."""

import re
import socket
from typing import Any

import pytest

from tests.fake_servers.toxiproxy.engine import Engine

ERROR_TYPE = "text/plain; charset=utf-8"
EMPTY_PROXY = '"upstream":"127.0.0.1:9","enabled":%s,"Logger":{},"toxics":[]}'
BAD = "bad request body: "
NEW_PROXY = {"name": "a", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0"}
TYPES = {
    "noop": {},
    "latency": {"latency": 0, "jitter": 0},
    "bandwidth": {"rate": 0},
    "slow_close": {"delay": 0},
    "timeout": {"timeout": 0},
    "reset_peer": {"timeout": 0},
    "slicer": {"average_size": 0, "size_variation": 0, "delay": 0},
    "limit_data": {"bytes": 0},
}


def error(message: str, status: int) -> str:
    shown = message.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"error":"{shown}","status":{status}}}\n'


def test_the_version(engine: Engine) -> None:
    answer = engine.ask("GET", "/version")
    assert (answer.status, answer.type) == (200, "application/json;charset=utf-8")
    said = answer.json["version"]
    assert said == "2.12.0" or (engine.name == "real" and said == "git")  # what `go install` builds knows no version


def test_a_proxy_is_made_shown_and_deleted(engine: Engine) -> None:
    made = engine.ask("POST", "/proxies", NEW_PROXY)
    assert (made.status, made.type) == (201, "application/json")
    assert re.fullmatch(r'{"name":"a","listen":"127\.0\.0\.1:\d+",' + re.escape(EMPTY_PROXY % "true"), made.text)
    assert engine.ask("GET", "/proxies/a").text == made.text
    assert engine.ask("GET", "/proxies").text == f'{{"a":{made.text}}}'
    gone = engine.ask("DELETE", "/proxies/a")
    assert (gone.status, gone.text) == (204, "")
    assert engine.ask("GET", "/proxies").text == "{}"


def test_proxies_stand_in_the_order_of_their_names(engine: Engine) -> None:
    for name in ("b", "Z", "é", "a", "<&>"):
        assert engine.ask("POST", "/proxies", {**NEW_PROXY, "name": name}).status == 201
    answer = engine.ask("GET", "/proxies")
    assert list(answer.json) == ["<&>", "Z", "a", "b", "é"]
    assert '"\\u003c\\u0026\\u003e"' in answer.text


def test_a_disabled_proxy_keeps_its_address_as_it_was_written(engine: Engine) -> None:
    made = engine.ask("POST", "/proxies", {**NEW_PROXY, "listen": "localhost:0", "enabled": False})
    assert made.text == '{"name":"a","listen":"localhost:0",' + EMPTY_PROXY % "false"
    assert engine.ask("POST", "/reset").status == 204
    again = engine.ask("GET", "/proxies/a").json
    assert again["enabled"]
    assert again["listen"].startswith("127.0.0.1:")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_disabling_and_enabling(engine: Engine, method: str) -> None:
    address = engine.proxy("a")
    assert engine.ask(method, "/proxies/a", {"enabled": False}).json["enabled"] is False
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    again = engine.ask(method, "/proxies/a", {"enabled": True}).json
    assert (again["enabled"], again["listen"]) == (True, "{}:{}".format(*address))
    engine.connect(address)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_another_upstream(engine: Engine, method: str) -> None:
    address = engine.proxy("a")
    changed = engine.ask(method, "/proxies/a", {"upstream": "127.0.0.1:10", "name": "is not looked at"}).json
    assert (changed["name"], changed["upstream"], changed["enabled"]) == ("a", "127.0.0.1:10", True)
    assert changed["listen"] == "{}:{}".format(*address)


@pytest.mark.parametrize("kind", TYPES)
def test_every_toxic_and_its_defaults(engine: Engine, kind: str) -> None:
    engine.proxy("a")
    made = engine.ask("POST", "/proxies/a/toxics", {"type": kind})
    assert (made.status, made.type) == (200, "application/json")
    assert made.json == {
        "attributes": TYPES[kind],
        "name": f"{kind}_downstream",
        "type": kind,
        "stream": "downstream",
        "toxicity": 1,
    }
    assert list(made.json) == ["attributes", "name", "type", "stream", "toxicity"]
    assert engine.ask("GET", f"/proxies/a/toxics/{kind}_downstream").text == made.text
    assert engine.ask("GET", "/proxies/a/toxics").text == f"[{made.text}]"


def test_toxics_stand_in_order_upstream_first(engine: Engine) -> None:
    engine.proxy("a")
    for name, stream in (("1", "downstream"), ("2", "upstream"), ("3", "Downstream"), ("4", "UPSTREAM")):
        assert engine.ask("POST", "/proxies/a/toxics", {"type": "noop", "name": name, "stream": stream}).status == 200
    assert [one["name"] for one in engine.ask("GET", "/proxies/a/toxics").json] == ["2", "4", "1", "3"]
    assert [one["stream"] for one in engine.ask("GET", "/proxies/a").json["toxics"]][1] == "UPSTREAM"
    assert engine.ask("DELETE", "/proxies/a/toxics/2").status == 204
    assert [one["name"] for one in engine.ask("GET", "/proxies").json["a"]["toxics"]] == ["4", "1", "3"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_toxic_is_changed_field_by_field(engine: Engine, method: str) -> None:
    engine.proxy("a", {"type": "latency", "name": "x", "attributes": {"latency": 5, "jitter": 2}, "toxicity": 0.3})
    changed = engine.ask(method, "/proxies/a/toxics/x", {"attributes": {"jitter": 3}, "type": "slicer", "name": "y"})
    assert changed.text == (
        '{"attributes":{"latency":5,"jitter":3},"name":"x","type":"latency","stream":"downstream","toxicity":0.3}'
    )
    assert engine.ask(method, "/proxies/a/toxics/x", {"toxicity": 1e-7}).text.endswith('"toxicity":1e-7}')


@pytest.mark.parametrize(
    "toxicity", ["0.1", "1", "0", "0.333333333333", "5e-324", "1e30", "-2", "123456.7", "16777217"]
)
def test_toxicity_is_written_as_go_writes_it(engine: Engine, toxicity: str) -> None:
    written = {"0.333333333333": "0.33333334", "5e-324": "0", "1e30": "1e+30", "16777217": "16777216"}
    engine.proxy("a")
    made = engine.ask("POST", "/proxies/a/toxics", b'{"type":"noop","toxicity":' + toxicity.encode() + b"}")
    assert made.text.endswith(f'"toxicity":{written.get(toxicity, toxicity)}}}')


def test_reset_takes_toxics_away_and_enables(engine: Engine) -> None:
    engine.proxy("a", {"type": "noop"}, {"type": "noop", "stream": "upstream"})
    engine.ask("PATCH", "/proxies/a", {"enabled": False})
    answer = engine.ask("POST", "/reset")
    assert (answer.status, answer.text) == (204, "")
    again = engine.ask("GET", "/proxies/a").json
    assert (again["enabled"], again["toxics"]) == (True, [])


def test_populate(engine: Engine) -> None:
    kept = engine.ask("POST", "/proxies", {**NEW_PROXY, "name": "kept"}).json
    engine.ask("POST", "/proxies/kept/toxics", {"type": "noop"})
    engine.ask("POST", "/proxies", {**NEW_PROXY, "name": "replaced"})
    engine.ask("POST", "/proxies/replaced/toxics", {"type": "noop"})
    answer = engine.ask(
        "POST",
        "/populate",
        [
            {"name": "kept", "upstream": "127.0.0.1:9", "listen": kept["listen"], "enabled": False},
            {"name": "replaced", "upstream": "127.0.0.1:10", "listen": "127.0.0.1:0"},
            {"name": "off", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0", "enabled": False},
        ],
    )
    assert (answer.status, answer.type, list(answer.json)) == (201, "application/json", ["proxies"])
    assert [(one["name"], one["upstream"], one["enabled"], len(one["toxics"])) for one in answer.json["proxies"]] == [
        ("kept", "127.0.0.1:9", True, 1),
        ("replaced", "127.0.0.1:10", True, 0),
        ("off", "127.0.0.1:9", False, 0),
    ]


def test_populate_stops_at_the_first_that_cannot_be_made(engine: Engine) -> None:
    answer = engine.ask("POST", "/populate", [{**NEW_PROXY}, {**NEW_PROXY, "name": "b", "listen": "foo"}, NEW_PROXY])
    assert (answer.status, answer.type) == (500, "application/json")
    assert list(answer.json) == ["error", "status", "proxies"]
    assert answer.json["error"] == "listen tcp: address foo: missing port in address"
    assert [one["name"] for one in answer.json["proxies"]] == ["a"]
    assert list(engine.ask("GET", "/proxies").json) == ["a"]


ENTRY = r'struct { toxiproxy.Proxy; Enabled *bool "json:\"enabled\"" }'


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ([], 201, None),
        (None, 201, None),
        ({}, 400, f"{BAD}json: cannot unmarshal object into Go value of type []{ENTRY}"),
        ([7], 400, f"{BAD}json: cannot unmarshal number into Go value of type {ENTRY}"),
        ([{"name": "p"}], 400, "missing required field: upstream at proxy 1"),
        ([NEW_PROXY, {"upstream": "p"}], 400, "missing required field: name at proxy 2"),
        (
            [{**NEW_PROXY, "enabled": "x"}],
            400,
            f"{BAD}json: cannot unmarshal string into Go struct field .enabled of type bool",
        ),
        (
            [{**NEW_PROXY, "listen": 7}],
            400,
            f"{BAD}json: cannot unmarshal number into Go struct field .Proxy.listen of type string",
        ),
    ],
)
def test_populate_with_bad_input(engine: Engine, body: Any, status: int, message: str | None) -> None:
    answer = engine.ask("POST", "/populate", b"null" if body is None else body)
    assert (answer.status, answer.type) == (status, "application/json")
    said = {"proxies": None} if message is None else {"error": message, "status": status, "proxies": None}
    assert answer.json == said
    assert engine.ask("GET", "/proxies").text == "{}"


BAD_JSON = {
    b"": "EOF",
    b" \n": "EOF",
    b"{": "unexpected EOF",
    b'{"name"': "unexpected EOF",
    b'{"name":"a': "unexpected EOF",
    b'{"name":"a"': "unexpected EOF",
    b"tru": "unexpected EOF",
    b"-": "unexpected EOF",
    b"hello": "invalid character 'h' looking for beginning of value",
    b"\xc3\xa9": "invalid character 'Ã' looking for beginning of value",
    b"\x00": r"invalid character '\x00' looking for beginning of value",
    b"\x7f": r"invalid character '\x7f' looking for beginning of value",
    b"\x85": r"invalid character '\u0085' looking for beginning of value",
    b"'": r"invalid character '\'' looking for beginning of value",
    b"[1,]": "invalid character ']' looking for beginning of value",
    b"[1 2]": "invalid character '2' after array element",
    b"[01]": "invalid character '1' after array element",
    b'{"name" 1}': "invalid character '1' after object key",
    b'{"name":1 2}': "invalid character '2' after object key:value pair",
    b'{"name":"a",}': "invalid character '}' looking for beginning of object key string",
    b"{name}": "invalid character 'n' looking for beginning of object key string",
    b'{"a":tron}': "invalid character 'o' in literal true (expecting 'u')",
    b'{"a":nul}': "invalid character '}' in literal null (expecting 'l')",
    b'{"a":"\x01"}': r"invalid character '\x01' in string literal",
    b'{"a":"\n"}': r"invalid character '\n' in string literal",
    b'{"a":"\\q"}': "invalid character 'q' in string escape code",
    b'{"a":"\\u12g4"}': r"invalid character 'g' in \u hexadecimal character escape",
    b'{"a":-x}': "invalid character 'x' in numeric literal",
    b'{"a":1.x}': "invalid character 'x' after decimal point in numeric literal",
    b'{"a":1ex}': "invalid character 'x' in exponent of numeric literal",
    b"[]": "json: cannot unmarshal array into Go value of type toxiproxy.Proxy",
    b"7": "json: cannot unmarshal number into Go value of type toxiproxy.Proxy",
    b"01": "json: cannot unmarshal number into Go value of type toxiproxy.Proxy",
    b'"x"': "json: cannot unmarshal string into Go value of type toxiproxy.Proxy",
    b"true": "json: cannot unmarshal bool into Go value of type toxiproxy.Proxy",
    b'{"name":["a"]}': "json: cannot unmarshal array into Go struct field Proxy.name of type string",
    b'{"name":{"a":1}}': "json: cannot unmarshal object into Go struct field Proxy.name of type string",
    b'{"name":true}': "json: cannot unmarshal bool into Go struct field Proxy.name of type string",
    b'{"UPSTREAM":1.5}': "json: cannot unmarshal number into Go struct field Proxy.upstream of type string",
    b'{"enabled":7}': "json: cannot unmarshal number into Go struct field Proxy.enabled of type bool",
}


@pytest.mark.parametrize("body", BAD_JSON, ids=repr)
def test_bad_json(engine: Engine, body: bytes) -> None:
    answer = engine.ask("POST", "/proxies", body)
    assert (answer.status, answer.type) == (400, ERROR_TYPE)
    assert answer.text == error(f"{BAD}{BAD_JSON[body]}", 400)
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
def test_a_proxy_that_cannot_be_made(engine: Engine, body: Any, status: int, message: str) -> None:
    engine.proxy("a")
    if isinstance(body, dict) and list(body) == ["listen"]:
        body = {"name": "b", "upstream": "127.0.0.1:9", **body}
    answer = engine.ask("POST", "/proxies", body)
    assert (answer.status, answer.type, answer.text) == (status, ERROR_TYPE, error(message, status))
    assert list(engine.ask("GET", "/proxies").json) == ["a"]


def test_a_port_in_use(engine: Engine) -> None:
    host, port = engine.endpoint
    answer = engine.ask("POST", "/proxies", {**NEW_PROXY, "listen": f"{host}:{port}"})
    assert answer.text == error(f"listen tcp {host}:{port}: bind: address already in use", 500)
    engine.proxy("a")
    answer = engine.ask("PATCH", "/proxies/a", {"listen": f"{host}:{port}"})
    assert answer.text == error(f"listen tcp {host}:{port}: bind: address already in use", 500)
    assert engine.ask("GET", "/proxies/a").json["enabled"] is False


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
def test_unknown_proxies_and_toxics(engine: Engine, method: str, path: str) -> None:
    engine.proxy("a")
    answer = engine.ask(method, path, b"not looked at")
    what = "proxy" if path.startswith("/proxies/b") else "toxic"
    assert (answer.status, answer.type, answer.text) == (404, ERROR_TYPE, error(f"{what} not found", 404))


FIELD = "json: cannot unmarshal {} into Go struct field {} of type {}"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"type": "nope"}, 400, "invalid toxic type"),
        ({}, 400, "invalid toxic type"),
        ({"type": "noop", "stream": "sideways"}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"type": "noop", "stream": ""}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"type": "latency", "name": "there"}, 409, "toxic already exists"),
        ({"type": "noop", "stream": "upstream", "name": "there", "attributes": 5}, 400, BAD + FIELD.format("number", "ToxicWrapper.attributes", "toxics.NoopToxic")),
        ({"type": "noop", "toxicity": "x"}, 400, BAD + FIELD.format("string", "ToxicWrapper.toxicity", "float32")),
        ({"type": "noop", "toxicity": 1e50}, 400, BAD + FIELD.format("number 1e+50", "ToxicWrapper.toxicity", "float32")),
        ({"type": "noop", "name": 1}, 400, BAD + FIELD.format("number", "ToxicWrapper.name", "string")),
        ({"type": "latency", "attributes": {"latency": "5"}}, 400, BAD + FIELD.format("string", "LatencyToxic.attributes.latency", "int64")),
        ({"type": "latency", "attributes": {"jitter": 1.5}}, 400, BAD + FIELD.format("number 1.5", "LatencyToxic.attributes.jitter", "int64")),
        ({"type": "latency", "attributes": {"JITTER": 2**63}}, 400, BAD + FIELD.format(f"number {2**63}", "LatencyToxic.attributes.jitter", "int64")),
        ({"type": "slicer", "attributes": {"average_size": "x"}}, 400, BAD + FIELD.format("string", "SlicerToxic.attributes.average_size", "int")),
        ({"type": "limit_data", "attributes": {"bytes": True}}, 400, BAD + FIELD.format("bool", "LimitDataToxic.attributes.bytes", "int64")),
        ({"type": "bandwidth", "attributes": {"rate": [1]}}, 400, BAD + FIELD.format("array", "BandwidthToxic.attributes.rate", "int64")),
        ({"type": "timeout", "attributes": {"timeout": {}}}, 400, BAD + FIELD.format("object", "TimeoutToxic.attributes.timeout", "int64")),
        ({"type": "reset_peer", "attributes": {"timeout": "x"}}, 400, BAD + FIELD.format("string", "ResetToxic.attributes.timeout", "int64")),
        ({"type": "slow_close", "attributes": {"delay": "x"}}, 400, BAD + FIELD.format("string", "SlowCloseToxic.attributes.delay", "int64")),
    ],
    ids=str,
)  # fmt: skip
def test_a_toxic_that_cannot_be_made(engine: Engine, body: Any, status: int, message: str) -> None:
    engine.proxy("a", {"type": "noop", "name": "there"})
    answer = engine.ask("POST", "/proxies/a/toxics", body)
    assert (answer.status, answer.type, answer.text) == (status, ERROR_TYPE, error(message, status))
    assert [one["name"] for one in engine.ask("GET", "/proxies/a/toxics").json] == ["there"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"attributes": {"latency": "k"}}, FIELD.format("string", "LatencyToxic.attributes.latency", "int64")),
        ({"attributes": 7}, FIELD.format("number", ".attributes", "toxics.LatencyToxic")),
        ({"toxicity": "p"}, FIELD.format("string", ".toxicity", "float32")),
        (b"", "EOF"),
    ],
    ids=str,
)
def test_a_bad_change_of_a_toxic(engine: Engine, body: Any, message: str) -> None:
    engine.proxy("a", {"type": "latency", "name": "x", "attributes": {"latency": 1}})
    answer = engine.ask("PATCH", "/proxies/a/toxics/x", body)
    assert (answer.status, answer.text) == (400, error(BAD + message, 400))
    assert engine.ask("GET", "/proxies/a/toxics/x").json["attributes"] == {"latency": 1, "jitter": 0}


def test_null_and_what_nobody_knows_are_not_looked_at(engine: Engine) -> None:
    engine.proxy("a")
    body = {"type": "latency", "attributes": None, "toxicity": None, "stream": None, "name": None, "else": [{}]}
    assert engine.ask("POST", "/proxies/a/toxics", body).json["name"] == "latency_downstream"
    added = engine.ask("POST", "/proxies/a/toxics", b'{"type":"noop","TYPE":"timeout","ToXicity":0.5} and more')
    assert (added.json["type"], added.json["toxicity"]) == ("timeout", 0.5)


def test_browsers_are_not_let_in(engine: Engine) -> None:
    answer = engine.ask("GET", "/proxies", User_Agent="Mozilla/5.0 (X11)")
    assert (answer.status, answer.type, answer.text) == (403, ERROR_TYPE, "User agent not allowed\n")
    assert engine.ask("GET", "/proxies", User_Agent="Opera/9.80").status == 200


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
def test_what_cannot_be_asked(engine: Engine, method: str, path: str, status: int, text: str) -> None:
    answer = engine.ask(method, path)
    assert (answer.status, answer.text) == (status, text)


def test_a_path_with_too_many_slashes_is_sent_elsewhere(engine: Engine) -> None:
    answer = engine.ask("GET", "//proxies//a")
    assert (answer.status, answer.headers["Location"]) == (301, "/proxies/a")
