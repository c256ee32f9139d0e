"""Clients that compose the message themselves declare it, and are compared by their text."""

import smtplib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients.client_profile import read_client_profile, shipped_profile
from mailfault.clients.composition import composes
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.library.mail_hosts import MailHost, Tried, deliver_in_order
from mailfault.contract import Answer, Outcome, Target
from mailfault.events import Ending
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.scenario.loader import find_scenario

PLAIN = find_scenario("control/plain[route=smart-host]")


def composing(change: Callable[[str], str] = str) -> Callable[[Target], Any]:
    """Return a client that makes a new message of the text."""

    def deliver(target: Target) -> Answer:
        def to_host(host: MailHost) -> Tried:
            made = EmailMessage()
            made["Subject"] = "composed"
            body = message_from_bytes(target.message, policy=policy.default).get_content()
            made.set_content(change(str(body)), cte="base64")
            with smtplib.SMTP(host.address, target.smtp_port, local_hostname="client.example") as session:
                session.send_message(made, target.sender, list(target.recipients))
            return Tried(Answer(outcome=Outcome.DELIVERED), final=True)

        return deliver_in_order(target, to_host)

    return deliver


def ending(function: Callable[[Target], Any]) -> tuple[str, str]:
    finished = run_scenario(PLAIN, CallableClient(function, spec="python:composing"), RunOptions())
    return finished.ending, finished.sentence


def test_a_client_that_composes_passes_only_if_it_declares_it() -> None:
    undeclared = composing()
    assert ending(undeclared)[0] == Ending.UNSAFE
    declared = composing()
    declared.composes = True  # type: ignore[attr-defined]
    assert ending(declared)[0] == Ending.PASSED


def test_a_client_that_composes_must_not_lose_text() -> None:
    cutting = composing(lambda text: text[:200])
    cutting.composes = True  # type: ignore[attr-defined]
    found, sentence = ending(cutting)
    assert found == Ending.UNSAFE
    assert "line 4 of its text is missing, 'Line 03" in sentence


def test_a_profile_declares_it(tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text("composes = true\n")
    assert read_client_profile(file).composes
    assert shipped_profile("go-mail").composes
    assert not shipped_profile("nodemailer").composes


def test_an_object_that_declares_nothing_sends_what_it_is_given() -> None:
    assert composes(object()) is False


def test_a_declaration_of_another_kind_is_refused() -> None:
    class Client:
        composes = "yes"

    with pytest.raises(TypeError, match="True or False"):
        composes(Client())
