"""Events made by hand, as a run would emit them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mailfault.events import Ending, RunFinished, RunStarted, ScenarioFinished
from mailfault_servers.facts import (
    AnswerSent,
    CommandReceived,
    ConnectionAccepted,
    EndedByServer,
    Fact,
    FaultActed,
    PortOpened,
    QueryReceived,
    ReplySent,
)
from mailfault_servers.journal import Entry


def _entry(number: int, server: str, session: int | None, fact: Fact) -> dict[str, Any]:
    entry = Entry(number=number, at_s=0.0, attempt=1, server=server, session=session, fact=fact)
    return dict(json.loads(json.dumps(entry.to_json())))


_MX1 = "mx1.dest.example"
_SEEN: tuple[tuple[str, int | None, Fact], ...] = (
    (_MX1, None, PortOpened(address="127.0.0.10", state="listening")),
    ("dns", None, QueryReceived(name="dest.example", type="MX", transport="udp")),
    (
        "dns",
        None,
        AnswerSent(
            name="dest.example", type="MX", transport="udp", rcode="NOERROR", records=("MX 10 mx1.dest.example",)
        ),
    ),
    (_MX1, 1, ConnectionAccepted()),
    (_MX1, 1, ReplySent(stage="greeting", text="220 mx1.dest.example ESMTP", encrypted=False)),
    (_MX1, 1, CommandReceived(stage="ehlo", line="EHLO client.example", encrypted=False)),
    (_MX1, 1, FaultActed(fault="smtp.reply", at="ehlo")),
    (_MX1, 1, ReplySent(stage="ehlo", text="421 4.3.2 Service not available", encrypted=False)),
    (_MX1, 1, EndedByServer(how="fin", stage="ehlo")),
)
EHLO_421 = tuple(_entry(number, *seen) for number, seen in enumerate(_SEEN))

MakeFinished = Callable[..., ScenarioFinished]


@pytest.fixture
def ehlo_421() -> tuple[dict[str, Any], ...]:
    """The journal of a host that answers EHLO with 421 and closes."""
    return EHLO_421


@pytest.fixture
def make_finished() -> MakeFinished:
    """A verdict, misclassified unless `changes` say otherwise."""

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
