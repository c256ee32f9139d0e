"""A session by way of a proxy is judged by what its client saw."""

from dataclasses import replace
from typing import Literal

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault_servers.facts import Fact, LinkEnded, TlsFailed
from tests.support import journals as j


def by_way_of_a_proxy(*facts: Fact) -> Diagnosis:
    return diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))


def link_ended(by: Literal["client", "host"], *, came: int = 1000, sent: int = 500) -> LinkEnded:
    return LinkEnded(by=by, how="fin", to_client_bytes=came, from_client_bytes=sent)


def at(fact: Fact, sent_bytes: int) -> Fact:
    """The fact, with how many bytes the host had put on the wire by then."""
    return replace(fact, sent_bytes=sent_bytes)  # type: ignore[type-var]  # every fact is a dataclass; their base is not


@pytest.mark.parametrize("by", ["client", "host"])
def test_an_alert_that_was_heard_is_why_the_client_left_whoever_closed_first(by: Literal["client", "host"]) -> None:
    alert = at(j.tls_failed("bad certificate"), 900)
    ends = (alert, link_ended(by)) if by == "host" else (link_ended(by), alert)
    diagnosis = by_way_of_a_proxy(*j.HELLO, *j.starttls("expired"), j.tls_established(), *ends)
    assert diagnosis.failure is Failure.CERTIFICATE_INVALID
    assert "bad certificate" in diagnosis.sentence


def test_a_handshake_that_the_proxy_cut_is_no_word_of_the_clients() -> None:
    cut = TlsFailed(reason="the connection was lost in the handshake", sent_bytes=900)
    diagnosis = by_way_of_a_proxy(*j.HELLO, *j.starttls(), cut, link_ended("host", came=400))
    assert diagnosis.failure is Failure.CANNOT_CONNECT


def test_a_reply_that_never_came_through_was_never_said() -> None:
    mail = j.command("mail", "MAIL FROM:<a@c>"), at(j.reply("mail", "250 OK"), 300)
    silent = by_way_of_a_proxy(*j.HELLO, *mail, link_ended("client", came=200))
    assert (silent.failure, silent.sentence) == (Failure.CONNECTION_CLOSED, f"{j.MX1} never answered MAIL")
    closed = by_way_of_a_proxy(*j.HELLO, *mail, link_ended("host", came=200))
    assert (closed.failure, closed.sentence) == (
        Failure.CONNECTION_CLOSED,
        f"{j.MX1} closed the connection instead of answering MAIL",
    )


def test_what_came_through_whole_is_told_as_the_host_saw_it() -> None:
    assert by_way_of_a_proxy(*j.HELLO, *j.transaction(), *j.QUIT, link_ended("client")).delivered
    left = by_way_of_a_proxy(*j.HELLO, *j.mail(), j.client_end("mail"), link_ended("client"))
    assert left.failure is None


def test_a_polite_quit_after_a_greeting_that_never_came_leaves_the_silence_as_it_was() -> None:
    greeting = at(j.reply("greeting", "220 mx ESMTP"), 20)
    quit_after = j.command("quit", "QUIT"), at(j.reply("quit", "221 Bye"), 30), j.server_end("quit")
    diagnosis = by_way_of_a_proxy(greeting, *quit_after, link_ended("host", came=0, sent=6))
    assert diagnosis.failure is Failure.CONNECTION_TIMED_OUT
    assert diagnosis.sentence == f"{j.MX1} took the connection and never greeted"
