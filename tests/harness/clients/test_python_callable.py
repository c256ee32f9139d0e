import asyncio
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients import ClientError, open_client
from mailfault.clients.library.callable_client import CallableClient
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung, Outcome, Target, Unsupported


def ended_by(function: Any, target: Target, *, deadline_s: float = 30.0) -> DeliveryResult:
    return CallableClient(function, spec="python:x:y").deliver(target, deadline_s=deadline_s)


def test_answer_of_a_function(target: Target) -> None:
    said = Answer(outcome=Outcome.DEFERRED, code="4.4.316")
    assert ended_by(lambda given: said if given is target else None, target) == Answered(said)


def test_answer_of_a_coroutine_function(target: Target) -> None:
    async def deliver(target: Target) -> Answer:
        await asyncio.sleep(0)
        return Answer(outcome=Outcome.DELIVERED)

    assert ended_by(deliver, target) == Answered(Answer(outcome=Outcome.DELIVERED))


def test_answer_as_json(target: Target) -> None:
    said = {"outcome": "deferred", "failure": "connection-refused"}
    assert ended_by(lambda _: said, target) == Answered(
        Answer(outcome=Outcome.DEFERRED, failure=Failure.CONNECTION_REFUSED)
    )


def test_known_exception_is_an_answer_by_exception(target: Target) -> None:
    def deliver(target: Target) -> Answer:
        socket.create_connection(("127.0.0.1", target.smtp_port), timeout=5).close()
        raise AssertionError("a port that does not listen was connected to")

    ended = ended_by(deliver, target)
    assert isinstance(ended, Answered)
    assert ended.answer.failure is Failure.CONNECTION_REFUSED
    assert ended.answer.outcome is Outcome.DEFERRED
    assert ended.answer.said_by == "exception"


def test_certificate_error_is_an_answer_too(target: Target) -> None:
    def deliver(target: Target) -> Answer:
        raise RuntimeError("could not send") from ssl.SSLCertVerificationError("certificate has expired")

    ended = ended_by(deliver, target)
    assert isinstance(ended, Answered)
    assert ended.answer.failure is Failure.CERTIFICATE_INVALID


def test_unknown_exception_is_a_crash_with_its_line(target: Target) -> None:
    def deliver(target: Target) -> Answer:
        return dict[str, Answer]()["smart_host"]

    ended = ended_by(deliver, target)
    assert isinstance(ended, Crashed)
    assert ended.reason.startswith("KeyError: 'smart_host' (")
    assert "in deliver" in ended.reason


def test_exit_is_a_crash(target: Target) -> None:
    ended = ended_by(lambda _: sys.exit("giving up"), target)
    assert isinstance(ended, Crashed)
    assert "giving up" in ended.reason


def test_exit_is_a_crash_whatever_was_handled_at_the_time(target: Target) -> None:
    def deliver(target: Target) -> Answer:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError:
            sys.exit(0)

    assert isinstance(ended_by(deliver, target), Crashed)


def test_unsupported_declines(target: Target) -> None:
    def deliver(target: Target) -> Answer:
        raise Unsupported("no MX here")

    assert ended_by(deliver, target) == Declined("no MX here")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "it returned None; it has to return an Answer"),
        (Answer(outcome=Outcome.DEFERRED), "give at least one of code, failure, text"),
        ({"outcome": "sent"}, "'sent' is not one of"),
    ],
)
def test_no_answer_is_a_crash(target: Target, said: object, reason: str) -> None:
    ended = ended_by(lambda _: said, target)
    assert isinstance(ended, Crashed)
    assert reason in ended.reason


def test_function_that_hangs(target: Target) -> None:
    release = threading.Event()
    try:
        assert isinstance(ended_by(lambda _: release.wait(60), target, deadline_s=0.05), Hung)
    finally:
        release.set()


def test_coroutine_that_hangs_is_cancelled(target: Target) -> None:
    cancelled = threading.Event()

    async def deliver(target: Target) -> Answer:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        raise AssertionError("slept through its deadline")

    assert ended_by(deliver, target, deadline_s=0.05) == Hung(0.05)
    assert cancelled.is_set()


def test_timeout_of_the_client_itself_is_no_hang(target: Target) -> None:
    async def deliver(target: Target) -> Answer:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
        raise AssertionError

    assert isinstance(ended_by(deliver, target), Answered)


MODULE = """
def deliver(target):
    return {"outcome": "delivered"}

def deliver_to(host, port):
    pass

class Sender:
    def send(self, target):
        return {"outcome": "delivered"}

sender = Sender()
LIMIT = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "a_client_of_mine.py").write_text(MODULE)
    (tmp_path / "a_broken_client.py").write_text("import something_not_there\n")
    (tmp_path / "an_unfinished_client.py").write_text("def deliver(:\n")
    (tmp_path / "a_crashing_client.py").write_text("raise SystemExit(3)\n")
    return tmp_path


@pytest.mark.parametrize("what", ["a_client_of_mine:deliver", "a_client_of_mine:sender.send"])
@pytest.mark.parametrize("in_process", [True, False])
def test_client_in_the_current_directory(here: Path, target: Target, what: str, in_process: bool) -> None:
    client = open_client(f"python:{what}", in_process=in_process)
    assert client.deliver(target, deadline_s=30) == Answered(Answer(outcome=Outcome.DELIVERED))
    assert client.spec == f"python:{what}"
    client.close()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a_client_of_mine", "write it like python:package.module:function"),
        ("no_such_module:deliver", "there is no module 'no_such_module'"),
        ("a_client_of_mine:delivr", "has no 'delivr'; did you mean 'deliver'?"),
        ("a_client_of_mine:LIMIT", "'LIMIT' is int, which cannot be called"),
        ("a_client_of_mine:deliver_to", "takes (host, port)"),
        ("a_broken_client:deliver", "a_broken_client imports 'something_not_there', which is not installed here"),
        ("an_unfinished_client:deliver", "SyntaxError"),
        ("a_crashing_client:deliver", "importing a_crashing_client fails: SystemExit: 3"),
    ],
)
@pytest.mark.parametrize("in_process", [True, False])
def test_client_that_cannot_be_had(here: Path, what: str, said: str, in_process: bool) -> None:
    with pytest.raises(ClientError) as raised:
        open_client(f"python:{what}", in_process=in_process)
    assert said in str(raised.value)
