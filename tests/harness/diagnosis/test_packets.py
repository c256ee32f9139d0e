"""A watched wire: attempts that no server saw are witnessed, and a host that was not tried is known."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.coverage import untriggered_faults
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault.judging.safety import safety_violation
from mailfault.scenario.loader import find_scenario
from mailfault_servers.facts import (
    ConnectionAccepted,
    ConnectionAsked,
    Fact,
    FaultActed,
    PacketsLost,
    StrayPacket,
    WireWatched,
)
from mailfault_servers.journal import Entry
from tests.support import journals as j

WATCHED: j.Part = ("wire", None, WireWatched())
SECOND_MX = find_scenario("connect/second-mx-after-refused")


def asked_for(host: str = j.MX1) -> j.Part:
    return host, None, ConnectionAsked(address=j.ADDRESSES[host], port=25)


def stray(address: str) -> j.Part:
    return "wire", None, StrayPacket(address=address, protocol="tcp", port=25)


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        ("refusing", Failure.CONNECTION_REFUSED),
        ("rejecting", Failure.CONNECTION_REFUSED),
        ("unresponsive", Failure.CONNECTION_TIMED_OUT),
        ("unreachable", Failure.CANNOT_CONNECT),
        ("prohibited", Failure.CANNOT_CONNECT),
    ],
)
def test_a_connection_that_was_asked_for_is_witnessed(state: str, failure: Failure) -> None:
    diagnosis = diagnose(j.journal(WATCHED, j.port(state), j.lookups(j.MX1), asked_for()))
    assert (diagnosis.failure, diagnosis.grade, diagnosis.address) == (failure, Grade.WITNESSED, j.ADDRESSES[j.MX1])
    assert diagnosis.happened
    assert "was seen to ask" in diagnosis.sentence


def test_without_a_watch_the_same_is_inferred() -> None:
    diagnosis = diagnose(j.journal(j.port("refusing"), j.lookups(j.MX1)))
    assert (diagnosis.failure, diagnosis.grade) == (Failure.CONNECTION_REFUSED, Grade.INFERRED)


def test_an_address_that_was_handed_out_and_never_tried_is_no_attempt() -> None:
    diagnosis = diagnose(j.journal(WATCHED, j.port("refusing"), j.lookups(j.MX1)))
    assert (diagnosis.failure, diagnosis.happened) == (None, False)
    assert "never connected" in diagnosis.sentence


def test_the_host_that_was_asked_last_decides() -> None:
    both = (WATCHED, j.port("refusing"), j.port("unresponsive", j.MX2), j.lookups(j.MX1, j.MX2))
    assert diagnose(j.journal(*both, asked_for(j.MX1), asked_for(j.MX2))).failure is Failure.CONNECTION_TIMED_OUT
    assert diagnose(j.journal(*both, asked_for(j.MX2), asked_for(j.MX1))).failure is Failure.CONNECTION_REFUSED


def test_success_after_a_refused_connection_is_success() -> None:
    well = j.session(*j.HELLO, *j.transaction(), *j.QUIT, host=j.MX2)
    entries = j.journal(
        WATCHED, j.port("refusing"), j.port(host=j.MX2), j.lookups(j.MX1, j.MX2), asked_for(), asked_for(j.MX2), well
    )
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.delivered) == (None, True)


def test_a_shut_port_is_met_by_whoever_asked_for_a_connection_alone() -> None:
    shut = (
        WATCHED,
        j.port("refusing"),
        (j.MX1, None, FaultActed(fault="tcp.refuse", at="connect")),
        j.lookups(j.MX1, j.MX2),
    )
    assert untriggered_faults(SECOND_MX, j.journal(*shut)) == ("tcp.refuse",)
    assert untriggered_faults(SECOND_MX, j.journal(*shut, asked_for())) == ()


def test_a_packet_for_an_address_that_nobody_told_is_unsafe() -> None:
    well = j.session(*j.HELLO, *j.transaction(), *j.QUIT)
    entries = j.journal(WATCHED, j.port(), j.lookups(j.MX1), asked_for(), stray("192.0.2.25"), well)
    diagnosis = diagnose(entries)
    assert diagnosis.strays == ("192.0.2.25 (tcp, port 25)",)
    violation = safety_violation(SECOND_MX.connector, diagnosis, {j.USER: Answer(outcome=Outcome.DELIVERED)})
    assert violation is not None
    assert "192.0.2.25 (tcp, port 25)" in violation


def test_a_packet_for_an_address_that_dns_gave_is_none_of_the_clients_doing() -> None:
    wrong = ("dns", None, j.journal(j.lookups(j.MX1))[-1].fact)
    assert diagnose(j.journal(WATCHED, j.port(), j.lookups(j.MX1), wrong, stray(j.ADDRESSES[j.MX1]))).strays == ()


LOST: j.Part = (j.MX1, None, PacketsLost(address=j.ADDRESSES[j.MX1], packets=7))
UP_TO_DATA = (*j.mail(), *j.rcpt(), *j.data())
SYN_LOST = find_scenario("connect/first-syn-lost[route=mx]")


def over_a_bad_link(*facts: Fact) -> list[Entry]:
    return j.journal(WATCHED, j.port(), j.lookups(j.MX1), asked_for(), j.session(*facts), LOST)


@pytest.mark.parametrize("end", [(), (j.client_end("message"),)])
def test_a_message_that_got_lost_on_the_way_left_the_client_in_silence(end: tuple[Fact, ...]) -> None:
    diagnosis = diagnose(over_a_bad_link(*j.HELLO, *UP_TO_DATA, *end))
    assert (diagnosis.failure, diagnosis.stage, diagnosis.may_be_delivered) == (
        Failure.CONNECTION_CLOSED,
        "message",
        False,
    )


def test_without_lost_packets_nobody_knows_why_the_client_left() -> None:
    entries = [entry for entry in over_a_bad_link(*j.HELLO, *UP_TO_DATA) if not isinstance(entry.fact, PacketsLost)]
    assert diagnose(entries).failure is None


def test_a_certificate_that_got_lost_on_the_way_is_a_silent_handshake() -> None:
    for end in ((j.tls_failed(None),), (j.client_end("starttls"),), ()):
        diagnosis = diagnose(over_a_bad_link(*j.HELLO, *j.starttls("expired"), *end))
        assert diagnosis.failure is Failure.CONNECTION_CLOSED
        assert "within the TLS handshake" in diagnosis.sentence


def test_a_message_that_arrived_over_a_bad_link_arrived() -> None:
    for facts in ((*j.transaction(), *j.QUIT), (*j.transaction(), j.client_end("end-of-data"))):
        diagnosis = diagnose(over_a_bad_link(*j.HELLO, *facts))
        assert (diagnosis.failure, diagnosis.delivered) == (None, True)


def test_a_refusal_over_a_bad_link_is_a_refusal() -> None:
    refused = (*j.mail(), *j.rcpt(text="550 5.1.1 No such user"))
    for end in (j.QUIT, (j.client_end("rcpt"),)):
        assert diagnose(over_a_bad_link(*j.HELLO, *refused, *end)).failure is Failure.REMOTE_REPLY


def test_a_client_that_says_quit_was_not_left_in_silence() -> None:
    left = (*j.HELLO_PLAIN, j.command("quit", "QUIT"), j.reply("quit", "221 Bye"), j.client_end("quit"))
    assert diagnose(over_a_bad_link(*left)).failure is Failure.CANNOT_CONNECT  # STARTTLS is missing


def test_a_connection_that_never_came_about_for_lost_packets() -> None:
    entries = j.journal(WATCHED, j.port(), j.lookups(j.MX1), asked_for(), LOST)
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.grade) == (Failure.CONNECTION_TIMED_OUT, Grade.WITNESSED)
    assert diagnosis.sentence.startswith("packets were lost on the way to mx1.dest.example (127.0.0.10)")
    taken = j.journal(entries_of(entries), (j.MX1, 1, ConnectionAccepted(address=j.ADDRESSES[j.MX1])))
    assert diagnose(taken).sentence == f"{j.MX1} took the connection and never greeted"


def entries_of(entries: list[Entry]) -> list[j.Part]:
    return [(entry.server, entry.session, entry.fact) for entry in entries]


def test_what_loses_packets_is_met_once_one_was_lost() -> None:
    acted = (j.MX1, None, FaultActed(fault="wire.first-packets-lost", at="connect"))
    parts = (WATCHED, acted, j.port(), j.lookups(j.MX1), asked_for())
    assert untriggered_faults(SYN_LOST, j.journal(*parts)) == ("wire.first-packets-lost",)
    assert untriggered_faults(SYN_LOST, j.journal(*parts, LOST)) == ()
