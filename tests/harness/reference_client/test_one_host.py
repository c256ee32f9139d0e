"""One host and one thing that goes wrong with it: what the client makes of it, with what the servers saw beside it."""

from typing import Any

import pytest

from mailfault.codes.failure import Failure
from tests.harness.reference_client.conftest import SHORT, Start, deliver, host

CLOSED, CANNOT, TIMED_OUT = Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT, Failure.CONNECTION_TIMED_OUT
EARLY = ("greeting", "ehlo")
LATE = ("mail", "rcpt", "data", "end-of-data")


@pytest.mark.parametrize("route", ["mx", "smart-host"])
@pytest.mark.parametrize("tls", ["none", "opportunistic", "required", "verified"])
def test_delivers_what_it_was_given(world: Start, route: str, tls: str) -> None:
    running = world(route=route, tls=tls, recipients=("user@dest.example", "other@dest.example"), crl=tls == "verified")
    attempt = deliver(running)
    assert {recipient: result.outcome for recipient, result in attempt.results.items()} == {
        "user@dest.example": "delivered",
        "other@dest.example": "delivered",
    }
    diagnosis = running.diagnose()
    assert diagnosis.delivered
    (accepted,) = diagnosis.acceptances
    assert accepted.encrypted is (tls != "none")
    facts = [entry.fact for entry in running.entries()]
    (taken,) = [fact for fact in facts if fact.kind == "message-accepted"]
    assert taken.size == len(running.target.message)  # type: ignore[attr-defined]  # dots were stuffed, and no more
    assert facts[-1].kind == "ended-by-server"  # it said QUIT


@pytest.mark.parametrize("use", ["smtp.close", "smtp.reset", "smtp.half-close"])
@pytest.mark.parametrize("at", [*EARLY, *LATE])
def test_a_broken_connection_is_connection_closed(world: Start, use: str, at: str) -> None:
    (result,) = deliver(world(host("mx1", {"use": use, "at": at}))).results.values()
    assert (result.outcome, result.failure) == ("deferred", CLOSED)
    assert result.host is not None
    assert (result.host.name, result.host.address) == ("mx1.dest.example", "127.0.0.10")
    assert result.possible_duplicate is (at == "end-of-data")


@pytest.mark.parametrize(("at", "failure"), [("greeting", TIMED_OUT), *((at, CLOSED) for at in ("ehlo", *LATE))])
def test_silence(world: Start, at: str, failure: Failure) -> None:
    (result,) = deliver(world(host("mx1", {"use": "smtp.silent", "at": at}), limits=SHORT)).results.values()
    assert (result.outcome, result.failure) == ("deferred", failure)
    assert result.possible_duplicate is (at == "end-of-data")


@pytest.mark.parametrize("how", ["close", "reset", "silent"])
def test_a_message_that_is_cut_may_have_arrived_for_all_the_client_knows(world: Start, how: str) -> None:
    cut = {"use": "smtp.cut-message", "after_bytes": 600, "how": how}
    (result,) = deliver(world(host("mx1", cut), limits=SHORT)).results.values()
    assert (result.outcome, result.failure, result.possible_duplicate) == ("deferred", CLOSED, True)


@pytest.mark.parametrize("at", EARLY)
@pytest.mark.parametrize("reply", ["421 4.3.2 Service not available", "450 4.7.1 Not now", "554 5.7.1 Not you"])
def test_a_refusal_before_mail_says_nothing_about_the_message(world: Start, at: str, reply: str) -> None:
    (result,) = deliver(world(host("mx1", {"use": "smtp.reply", "at": at, "reply": reply}))).results.values()
    assert (result.outcome, result.failure, str(result.reply)) == ("deferred", CANNOT, reply)


@pytest.mark.parametrize("at", LATE)
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("421 4.3.2 Service not available", "deferred"),
        ("451 4.7.1 Greylisted", "deferred"),
        ("550 5.1.1 User unknown\n550 5.1.1 see the help", "failed"),
        ("554 Without an enhanced code", "failed"),
    ],
)
def test_a_reply_to_the_message_is_passed_on(world: Start, at: str, reply: str, outcome: str) -> None:
    (result,) = deliver(world(host("mx1", {"use": "smtp.reply", "at": at, "reply": reply}))).results.values()
    assert (result.outcome, result.failure) == (outcome, Failure.REMOTE_REPLY)
    assert str(result.reply) == reply.replace("\n550 5.1.1", "")
    assert result.host is not None
    assert not result.possible_duplicate


@pytest.mark.parametrize(("at", "failure"), [*((at, CANNOT) for at in EARLY), *((at, CLOSED) for at in LATE)])
def test_garbage(world: Start, at: str, failure: Failure) -> None:
    (result,) = deliver(world(host("mx1", {"use": "smtp.garbage", "at": at}))).results.values()
    assert (result.outcome, result.failure) == ("deferred", failure)


def test_ehlo_is_followed_by_helo(world: Start) -> None:
    running = world(host("mx1", {"use": "smtp.reply", "at": "ehlo", "reply": "502 5.5.1 What?", "times": 1}))
    (result,) = deliver(running).results.values()
    assert result.outcome == "delivered"


@pytest.mark.parametrize("use", ["smtp.masked-greeting", "smtp.masked-keywords"])
def test_a_masking_firewall_alone_is_no_failure(world: Start, use: str) -> None:
    (result,) = deliver(world(host("mx1", {"use": use}))).results.values()
    assert result.outcome == "delivered"


@pytest.mark.parametrize("fault", ["smtp.close", "smtp.reset", "smtp.silent", "smtp.garbage"])
def test_after_250_to_the_final_dot_nothing_is_an_error(world: Start, fault: str) -> None:
    running = world(host("mx1", {"use": fault, "at": "quit"}), limits=SHORT)
    (result,) = deliver(running).results.values()
    assert result.outcome == "delivered"


@pytest.mark.parametrize("route", ["mx", "smart-host"])
@pytest.mark.parametrize(
    ("use", "failure"), [("tcp.refuse", Failure.CONNECTION_REFUSED), ("tcp.unresponsive", TIMED_OUT)]
)
def test_no_connection(world: Start, route: str, use: str, failure: Failure) -> None:
    (result,) = deliver(world(host("mx1", {"use": use}), route=route, limits=SHORT)).results.values()
    assert (result.outcome, result.failure) == ("deferred", failure)
    assert result.text


def test_after_a_refusing_greeting_it_says_quit(world: Start) -> None:
    """RFC 5321 3.1: the server has to wait for it."""
    running = world(
        host("mx1", {"use": "smtp.reply", "at": "greeting", "reply": "554 5.7.1 Not you", "then": "continue"})
    )
    deliver(running)
    said = [entry.fact.line for entry in running.entries() if entry.fact.kind == "command-received"]  # type: ignore[attr-defined]
    assert said == ["QUIT"]


def refusal(recipient: str, reply: str) -> dict[str, Any]:
    return {"use": "smtp.reply", "at": "rcpt", "recipient": recipient, "reply": reply}


def test_each_recipient_has_an_answer_of_its_own(world: Start) -> None:
    running = world(
        host("mx1", refusal("b@dest.example", "550 5.1.1 Unknown"), refusal("c@dest.example", "450 4.2.1 Busy")),
        recipients=("a@dest.example", "b@dest.example", "c@dest.example"),
    )
    outcomes = [(str(recipient), result.outcome) for recipient, result in deliver(running).results.items()]
    assert outcomes == [("a@dest.example", "delivered"), ("b@dest.example", "failed"), ("c@dest.example", "deferred")]


@pytest.mark.parametrize("at", ["data", "end-of-data"])
def test_a_refused_recipient_stays_refused_when_the_rest_goes_wrong(world: Start, at: str) -> None:
    running = world(
        host("mx1", refusal("b@dest.example", "550 5.1.1 Unknown"), {"use": "smtp.close", "at": at}),
        recipients=("a@dest.example", "b@dest.example"),
    )
    results = deliver(running).results
    assert (results["a@dest.example"].outcome, results["a@dest.example"].failure) == ("deferred", CLOSED)
    assert (results["b@dest.example"].outcome, str(results["b@dest.example"].reply)) == ("failed", "550 5.1.1 Unknown")
    assert not results["b@dest.example"].possible_duplicate


def test_a_421_concerns_every_recipient(world: Start) -> None:
    running = world(
        host("mx1", refusal("b@dest.example", "421 4.3.2 Going away")),
        recipients=("a@dest.example", "b@dest.example", "c@dest.example"),
    )
    results = deliver(running).results.values()
    assert [(result.outcome, str(result.reply)) for result in results] == [("deferred", "421 4.3.2 Going away")] * 3


@pytest.mark.parametrize(
    ("at", "reply"),
    [("mail", "354 Go ahead"), ("rcpt", "354 Go ahead"), ("data", "250 2.0.0 OK"), ("end-of-data", "354 More")],
)
def test_a_positive_reply_of_the_wrong_kind_delivers_nothing(world: Start, at: str, reply: str) -> None:
    """RFC 5321 4.3.2: 354 to DATA and 2xx to the rest. A 250 to DATA is no acceptance: the message was never sent."""
    (result,) = deliver(world(host("mx1", {"use": "smtp.reply", "at": at, "reply": reply}))).results.values()
    assert (result.outcome, result.failure) == ("deferred", CLOSED)


def test_a_reply_in_another_encoding_can_still_be_written(world: Start) -> None:
    (result,) = deliver(
        world(host("mx1", {"use": "smtp.garbage", "at": "mail", "line": "550 caf\u00e9"}))
    ).results.values()
    assert result.reply is not None
    assert str(result.reply).encode()
