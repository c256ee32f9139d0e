"""Each fault of the policy host as a function of an honest answer, without a socket."""

from typing import Any

import pytest

from mailfault_servers.action import Action, Close, Hang, Proceed, Send, Wait
from mailfault_servers.fault import Event, find_fault
from mailfault_servers.https.event import WELL_KNOWN, Connected, Requested, Respond
from mailfault_servers.https.policy import policy_text, sts_record

POLICY = policy_text(mode="enforce", mx=("mx1.dest.example", "mx2.dest.example"), max_age=604800)
ASKED = Requested(path=WELL_KNOWN, policy=POLICY)
ELSEWHERE = Requested(path="/", policy=POLICY)


def react(event: Event, use: str, *, honest: Action | None = None, **settings: Any) -> list[Action]:
    given = honest if honest is not None else Respond(body=POLICY)
    return list(find_fault(use).model_validate(settings).react(event, (given,)))


def body(use: str, **settings: Any) -> list[str]:
    (told,) = react(ASKED, use, **settings)
    assert isinstance(told, Respond)
    assert told.status == 200
    return told.body.splitlines()


def test_an_honest_policy() -> None:
    assert POLICY == (
        "version: STSv1\r\nmode: enforce\r\nmx: mx1.dest.example\r\nmx: mx2.dest.example\r\nmax_age: 604800\r\n"
    )
    assert sts_record("1") == '"v=STSv1; id=1;"'


def test_other_hosts() -> None:
    assert body("https.policy-mx", mx=["a.example", "*.b.example"]) == [
        "version: STSv1",
        "mode: enforce",
        "mx: a.example",
        "mx: *.b.example",
        "max_age: 604800",
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"key": "mode"}, ["version: STSv1", "mx: mx1.dest.example", "mx: mx2.dest.example", "max_age: 604800"]),
        ({"key": "mx"}, ["version: STSv1", "mode: enforce", "max_age: 604800"]),
        (
            {"key": "version", "value": "STSv2"},
            ["version: STSv2", "mode: enforce", "mx: mx1.dest.example", "mx: mx2.dest.example", "max_age: 604800"],
        ),
        ({"key": "x-new", "value": "1"}, [*POLICY.splitlines(), "x-new: 1"]),
    ],
)
def test_another_line(settings: dict[str, str], expected: list[str]) -> None:
    assert body("https.policy-line", **settings) == expected


def test_too_long() -> None:
    lines = body("https.over-long", length=5000)
    assert lines[:5] == POLICY.splitlines()
    assert len("".join(lines)) + 2 * len(lines) >= 5000
    assert all(line.startswith("x-filler: ") for line in lines[5:])


def test_late() -> None:
    assert react(ASKED, "https.late", by="2s") == [Wait(2.0), Respond(body=POLICY)]


@pytest.mark.parametrize(
    ("use", "kinds"), [("https.silent", [Hang]), ("https.close", [Close]), ("https.no-tls", [Send, Close])]
)
def test_before_tls(use: str, kinds: list[type[Action]]) -> None:
    assert [type(action) for action in react(Connected(), use, honest=Proceed())] == kinds
    assert react(ASKED, use) == [Respond(body=POLICY)]


@pytest.mark.parametrize("use", ["https.status", "https.content-type", "https.line-feeds", "https.over-long"])
def test_what_is_not_the_policy_stays_honest(use: str) -> None:
    assert react(ELSEWHERE, use) == [Respond(body=POLICY)]
    assert react(Connected(), use, honest=Proceed()) == [Proceed()]
