"""Two scenarios and a few clients of a stranger's own, in a working directory of their own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mailfault.cli.app import app

REFUSED = """#:schema ../scenario.schema.json
title = "Nothing listens"
why = "A right client keeps the message queued and says that the connection was refused."
refs = ["RFC 9293 3.10.7.1"]
tags = ["article", "quick"]

[connector]
route = "smart-host"
tls = "none"

[[host]]
name = "mx1.dest.example"
faults = [{ use = "tcp.refuse" }]

[expect]
failure = "connection-refused"
action = "defer"
"""
EHLO_421 = """#:schema ../scenario.schema.json
title = "The server turns away at EHLO"
why = "A right client keeps the message queued and says that no session came of it."
refs = ["RFC 5321 3.8"]

[connector]
route = ["smart-host", "mx"]
tls = "opportunistic"

[[host]]
name = "mx1.dest.example"
faults = [{ use = "smtp.reply", at = "ehlo", reply = "421 4.3.2 Service not available" }]

[expect]
failure = "cannot-connect"
action = "defer"
"""
CLIENTS = '''
import smtplib
import threading

from mailfault.contract import Answer, Outcome
from mailfault.codes.failure import Failure


def always_refused(target):
    """Delivers honestly where it can; calls every failure a refused connection."""
    from mailfault.clients import open_client

    ended = open_client("reference").deliver(target, deadline_s=20)
    if ended.answer.outcome is Outcome.DELIVERED:
        return ended.answer
    return Answer(outcome=Outcome.DEFERRED, failure=Failure.CONNECTION_REFUSED, text="connection refused")


def never(target):
    threading.Event().wait()


def nonsense(target):
    return "sent, I think"
'''
MIXED = ("connect/refused", "smtp/ehlo-421[route=mx]", "smtp/ehlo-421[route=smart-host]")

Mailfault = Callable[..., Result]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with stories/ and ownclients.py."""
    for name, text in (("connect/refused", REFUSED), ("smtp/ehlo-421", EHLO_421)):
        path = tmp_path / "stories" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "ownclients.py").write_text(CLIENTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ownclients", raising=False)
    return tmp_path


@pytest.fixture
def mailfault(workplace: Path) -> Mailfault:
    """The command line, in this process: `mailfault("run", "tag:quick").exit_code`."""

    def call(*words: str) -> Result:
        result = CliRunner().invoke(app, list(words), prog_name="mailfault")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call
