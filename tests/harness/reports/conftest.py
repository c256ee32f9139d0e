"""Events made by hand: what a run would tell."""

from collections.abc import Callable
from typing import Any

import pytest

from mailfault.events import Ending, RunFinished, RunStarted, ScenarioFinished

EHLO_421: tuple[dict[str, Any], ...] = (
    {
        "server": "mx1.dest.example",
        "session": None,
        "kind": "port-opened",
        "address": "127.0.0.10",
        "state": "listening",
    },
    {
        "server": "dns",
        "session": None,
        "kind": "query-received",
        "name": "dest.example",
        "type": "MX",
        "transport": "udp",
    },
    {
        "server": "dns",
        "session": None,
        "kind": "answer-sent",
        "name": "dest.example",
        "type": "MX",
        "transport": "udp",
        "rcode": "NOERROR",
        "records": ["MX 10 mx1.dest.example"],
    },
    {"server": "mx1.dest.example", "session": 1, "kind": "connection-accepted"},
    {
        "server": "mx1.dest.example",
        "session": 1,
        "kind": "reply-sent",
        "stage": "greeting",
        "text": "220 mx1.dest.example ESMTP",
        "encrypted": False,
    },
    {
        "server": "mx1.dest.example",
        "session": 1,
        "kind": "command-received",
        "stage": "ehlo",
        "line": "EHLO client.example",
        "encrypted": False,
    },
    {"server": "mx1.dest.example", "session": 1, "kind": "fault-acted", "fault": "smtp.reply", "at": "ehlo"},
    {
        "server": "mx1.dest.example",
        "session": 1,
        "kind": "reply-sent",
        "stage": "ehlo",
        "text": "421 4.3.2 Service not available",
        "encrypted": False,
    },
    {"server": "mx1.dest.example", "session": 1, "kind": "ended-by-server", "how": "fin", "stage": "ehlo"},
)

MakeFinished = Callable[..., ScenarioFinished]


@pytest.fixture
def ehlo_421() -> tuple[dict[str, Any], ...]:
    """The journal of a host that answers EHLO with 421 and closes."""
    return EHLO_421


@pytest.fixture
def make_finished() -> MakeFinished:
    """A verdict, misclassified unless told otherwise."""

    def make(**changes: Any) -> ScenarioFinished:
        values: dict[str, Any] = {
            "id": "smtp/ehlo-421",
            "client": "smtplib",
            "title": "The server turns away at EHLO",
            "ending": "misclassified",
            "sentence": "the client took a reply for a close",
            "expected": "450 4.4.317 cannot-connect",
            "happened": "450 4.4.317 cannot-connect",
            "said": "450 4.4.318 connection-closed",
            "grade": "witnessed",
            "duration_s": 0.0123,
            "failure": "cannot-connect",
            "meaning": "The server is going away; nothing was said about the message.",
            "causes": ("the server is overloaded",),
            "fixes": ("keep the mail queued and try again",),
            "evidence": "mx1.dest.example answered EHLO with 421 4.3.2 Service not available",
            "answer": {"outcome": "deferred", "code": "4.4.318", "text": "Connection unexpectedly closed"},
            "journal": EHLO_421,
            "repeat": "mailfault run smtp/ehlo-421 --client smtplib",
        }
        values |= changes
        values["ending"] = Ending(values["ending"])
        return ScenarioFinished(**values)

    return make


@pytest.fixture
def make_started() -> Callable[..., RunStarted]:
    def make(**changes: Any) -> RunStarted:
        values: dict[str, Any] = {
            "mailfault": "0.1.0",
            "started_at": "2026-01-02T03:04:05+00:00",
            "clients": ("smtplib",),
            "client_names": ("smtplib (CPython 3.11)",),
            "profile": "microsoft-365",
            "scenarios": 3,
            "network": "loopback",
        }
        return RunStarted(**(values | changes))

    return make


@pytest.fixture
def make_over() -> Callable[..., RunFinished]:
    def make(**changes: Any) -> RunFinished:
        values: dict[str, Any] = {"endings": {"misclassified": 1}, "duration_s": 3.14, "exit_status": 1}
        return RunFinished(**(values | changes))

    return make
