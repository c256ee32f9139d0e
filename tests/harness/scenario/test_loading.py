"""Scenario files: what they become, and what is said of every mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from mailfault.scenario.loader import (
    SHIPPED,
    ScenarioError,
    file_of,
    find_scenario,
    load_all,
    load_file,
    load_shipped,
    root_of,
)
from mailfault.scenario.model import Scenario
from mailfault.scenario.select import NothingSelected, select

GOOD = """#:schema ../scenario.schema.json
title = "A firewall rejects the connection"
why = "Nothing was said about the message, so it stays queued."
refs = ["RFC 9293 3.10.7.1"]
tags = ["article"]

[connector]
route = "mx"
tls = "none"

[[host]]
name = "mx1.dest.example"
faults = [{ use = "tcp.refuse" }]

[expect]
failure = "connection-refused"
action = "defer"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "scenarios"
    (root / "connect").mkdir(parents=True)
    return root


def load(folder: Path, text: str) -> tuple[Scenario, ...]:
    path = folder / "connect" / "one.toml"
    path.write_text(text)
    return load_file(path, folder)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as raised:
        load(folder, text)
    return [line.partition("one.toml: ")[2] for line in str(raised.value).splitlines()]


def test_a_file_is_a_scenario_and_its_place_is_the_id(folder: Path) -> None:
    (scenario,) = load(folder, GOOD)
    assert scenario.id == "connect/one"
    assert [fault.id for fault in scenario.host[0].faults] == ["tcp.refuse"]
    assert root_of(folder / "connect" / "one.toml") == folder


def test_lists_in_the_connector_tell_the_story_for_each(folder: Path) -> None:
    text = GOOD.replace('route = "mx"', 'route = ["smart-host", "mx"]').replace(
        'tls = "none"', 'tls = ["none", "required"]'
    )
    assert [scenario.id for scenario in load(folder, text)] == [
        "connect/one[route=smart-host,tls=none]",
        "connect/one[route=smart-host,tls=required]",
        "connect/one[route=mx,tls=none]",
        "connect/one[route=mx,tls=required]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "A', "title = A", "is not TOML: Invalid value (at line 2, column 9)"),
        ("tags =", "tag =", "tag: there is no such key; did you mean 'tags'?"),
        ("route =", "rout =", "connector.rout: there is no such key; did you mean 'route'?"),
        ("name =", "prefrence = 5\nname =", "host[1].prefrence: there is no such key; did you mean 'preference'?"),
        ("tcp.refuse", "tcp.refus", "host[1].faults[1]: there is no fault 'tcp.refus'; did you mean tcp.refuse"),
        (
            '"tcp.refuse" }',
            '"tcp.refuse", tims = 2 }',
            "host[1].faults[1].tims: there is no such key; did you mean 'times'?",
        ),
        ('"tcp.refuse" }', '"tcp.refuse", times = 0 }', "host[1].faults[1].times: 0: input should be greater than"),
        ('{ use = "tcp.refuse" }', '"tcp.refuse"', "host[1].faults[1]: a fault is a table with 'use'"),
        ('route = "mx"', 'route = "mxx"', "connector.route: 'mxx' is not one of mx, smart-host; did you mean 'mx'?"),
        ('action = "defer"', 'action = "bounce"', "expect.action: 'bounce' is not one of deliver, defer, fail"),
        ('"connection-refused"', '"refused"', "expect.failure: 'refused' is not one of dns-query-failed, "),
        ('refs = ["RFC 9293 3.10.7.1"]', "", "refs: is missing"),
        ('refs = ["RFC 9293 3.10.7.1"]', "refs = []", "refs: [] is too short; it needs at least 1 entries"),
        ('refs = ["RFC 9293 3.10.7.1"]', 'refs = "RFC"', "refs: 'RFC' is not a list; write it in square brackets"),
        ('title = "A firewall rejects the connection"', 'title = "A"', "title: 'A' is too short; it needs at least 5"),
        ('title = "A firewall rejects the connection"', "title = 7", "title: 7 is not text; put it in quotes"),
        (
            "[expect]\nfailure",
            '[expect]\nreply = "250 OK"\nfailure',
            "expect: 'reply' (the reply of the remote server) belongs to failure",
        ),
        ('action = "defer"', 'action = "deliver"', "expect: 'action' is \"deliver\" if and only if there is no"),
        (
            'tls = "none"',
            'tls = "none"\ncommand_limit = "soon"',
            "connector.command_limit: 'soon' is not a length of time",
        ),
        (
            "[expect]",
            '[[host]]\nname = "mx1.dest.example"\n[expect]',
            "two hosts of this world are named 'mx1.dest.example'",
        ),
        ("[expect]", '[dns]\nfaults = [{ use = "tls.expired" }]\n[expect]', "tls.expired is a fault of a mail host"),
        ('"tcp.refuse"', '"dns.servfail"', "dns.servfail is a fault of the name server"),
        ('route = "mx"', 'route = ["mx", "mx"]', "connector.route: a list here names each wanted value once"),
        (
            'action = "defer"',
            'action = "defer"\n[[expect.tolerated]]\nbecause = "it is well known"\ntext = "("',
            "expect.tolerated[1].text: '(' is not a regular expression",
        ),
        ("title =", 'id = "x"\ntitle =', "id: remove it; the path of the file makes the id 'connect/one'"),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_the_legal_values(folder: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    (line,) = mistakes(folder, GOOD.replace(old, new, 1))
    assert told in line


def test_all_mistakes_of_a_file_are_told_at_once(folder: Path) -> None:
    told = mistakes(
        folder, GOOD.replace("tags =", "tag =").replace("tcp.refuse", "tcp.refus").replace('"defer"', '"x"')
    )
    assert len(told) == 3


def test_an_empty_file_and_one_that_is_not_utf8(folder: Path) -> None:
    assert {line.partition(":")[0] for line in mistakes(folder, "")} == {"title", "why", "refs", "host", "expect"}
    path = folder / "connect" / "one.toml"
    path.write_bytes(b"title = \xff")
    with pytest.raises(ScenarioError, match=r"is not UTF-8 \(byte 8\)"):
        load_file(path, folder)
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        load_file(folder / "gone.toml", folder)


def test_mistakes_of_several_files_and_double_ids_are_told_together(folder: Path) -> None:
    (folder / "a.toml").write_text("x")
    (folder / "b.toml").write_text(GOOD.replace('"defer"', '"x"'))
    with pytest.raises(ScenarioError) as raised:
        load_all(folder)
    assert "a.toml" in str(raised.value)
    assert "b.toml" in str(raised.value)


def test_two_scenarios_of_one_id_are_refused(folder: Path) -> None:
    (folder / "one.toml").write_text(GOOD.replace('route = "mx"', 'route = ["mx"]'))
    (folder / "one[route=mx].toml").write_text(GOOD)
    with pytest.raises(ScenarioError, match=r"one\.toml has a scenario 'one\[route=mx\]' too"):
        load_all(folder)


def test_one_scenario_is_found_or_the_nearest_are_named() -> None:
    assert find_scenario("connect/environment-shut-down").id == "connect/environment-shut-down"
    assert find_scenario(SHIPPED / "dns" / "null-mx.toml").id == "dns/null-mx"
    with pytest.raises(
        ScenarioError, match=r"each of several settings; name one of them: connect/refused\[route=smart-host\]"
    ):
        find_scenario("connect/refused")
    with pytest.raises(ScenarioError, match="no scenario 'conect/refused'; did you mean connect/refused"):
        find_scenario("conect/refused")


SHIPPED_ONES = load_shipped()


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (["connect/refused"], {"connect/refused[route=mx]", "connect/refused[route=smart-host]"}),
        (["connect/refused[route=mx]"], {"connect/refused[route=mx]"}),
        (["dns/null-*"], {"dns/null-mx"}),
        (["connect"], {scenario.id for scenario in SHIPPED_ONES if scenario.id.startswith("connect/")}),
        (["connect/"], {scenario.id for scenario in SHIPPED_ONES if scenario.id.startswith("connect/")}),
        (
            ["connect/*", "connect/refused"],
            {scenario.id for scenario in SHIPPED_ONES if scenario.id.startswith("connect/")},
        ),
        (["tag:control"], {scenario.id for scenario in SHIPPED_ONES if "control" in scenario.tags}),
        ([], {scenario.id for scenario in SHIPPED_ONES}),
    ],
)
def test_selection(words: list[str], some: set[str]) -> None:
    chosen = [scenario.id for scenario in select(SHIPPED_ONES, words)]
    assert set(chosen) == some
    assert chosen == sorted(chosen)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("conect/refused", "did you mean connect/refused"),
        ("tag:artcle", "known are article"),
        ("zzz/*", "mailfault list"),
    ],
)
def test_a_word_that_selects_nothing_is_refused(word: str, told: str) -> None:
    with pytest.raises(NothingSelected, match=told):
        select(SHIPPED_ONES, ["connect/refused", word])


def test_a_scenario_can_be_written_down_and_read_again() -> None:
    again = {
        scenario.id: Scenario.model_validate(json.loads(json.dumps(scenario.to_json()))) for scenario in SHIPPED_ONES
    }
    assert [scenario.id for scenario in SHIPPED_ONES if again[scenario.id] != scenario] == []


def test_every_story_has_a_control_without_faults() -> None:
    for scenario in SHIPPED_ONES:
        control = scenario.control()
        assert not control.dns.faults
        assert not any(host.faults for host in control.host)
        assert control.expect.failure is None
        changed: dict[str, Any] = {"connect_limit": None, "command_limit": None, "dns_limit": None}
        if scenario.expect.failure == "message-not-transferable":
            changed |= {"recipients": ("user@dest.example",), "sender": "sender@client.example", "content": "ascii"}
        assert control.connector == scenario.connector.model_copy(update=changed)


def test_every_line_of_the_article_has_its_stories() -> None:
    told = {scenario.expect.failure for scenario in SHIPPED_ONES if "article" in scenario.tags}
    assert {str(failure) for failure in told if failure is not None} == {
        "dns-query-failed", "connection-timed-out", "connection-refused", "cannot-connect", "connection-closed",
        "certificate-invalid", "remote-reply",
    }  # fmt: skip
    assert None in told
    for path in SHIPPED.rglob("*.toml"):
        assert path.read_text().startswith("#:schema ../scenario.schema.json\n"), path


FAMILY = '''
"""Each reply at the greeting."""
from mailfault_servers.smtp.faults.reply import Reply
from mailfault.scenario.family import member
from mailfault.scenario.model import Expect, Host, Scenario

def scenarios():
    for code in (421, 450):
        yield Scenario(
            id=member(reply=code),
            title=f"It greets with {code}",
            why="Because that is what this test needs.",
            refs=("the test",),
            host=(Host(name="mx1.dest.example", faults=(Reply(reply=f"{code} 4.3.2 no"),)),),
            expect=Expect(failure="cannot-connect", action="defer"),
        )
'''


def family(folder: Path, text: str) -> Path:
    path = folder / "families" / "bad_greeting.py"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_family_yields_its_scenarios_under_the_name_of_its_file(folder: Path) -> None:
    path = family(folder, FAMILY)
    assert [scenario.id for scenario in load_all(folder)] == ["bad-greeting[reply=421]", "bad-greeting[reply=450]"]
    assert file_of(folder, "bad-greeting[reply=421]") == file_of(folder, "bad-greeting") == path
    assert load_file(path, folder)[0].host[0].faults[0].id == "smtp.reply"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def scenarios(:", "cannot be run: SyntaxError"),
        ("x = 1", "cannot be run: AttributeError"),
        ("def scenarios():\n    yield 1 / 0", "cannot be run: ZeroDivisionError"),
        (FAMILY.replace('action="defer"', 'action="deliver"'), "cannot be run: ValidationError"),
        ("def scenarios():\n    yield 'no'", "number 1 is str; it has to be a Scenario"),
        (FAMILY.replace("id=member(reply=code)", "id='greets'"), r"has the id 'greets'; make it with member"),
        (
            FAMILY.replace("id=member(reply=code)", "id=member(reply=4)"),
            r"has a scenario 'bad-greeting\[reply=4\]' too",
        ),
    ],
)
def test_what_is_wrong_with_a_family_is_told(folder: Path, text: str, told: str) -> None:
    path = family(folder, text)
    with pytest.raises(ScenarioError, match=told) as raised:
        load_all(folder)
    assert str(path) in str(raised.value)


def test_no_two_scenarios_have_the_same_world() -> None:
    worlds: dict[str, str] = {}
    for scenario in load_shipped():
        plain = scenario.to_json()
        for key in ("id", "title", "why", "refs", "tags", "expect"):
            plain.pop(key, None)
        world = repr(plain)
        assert worlds.setdefault(world, scenario.id) == scenario.id
