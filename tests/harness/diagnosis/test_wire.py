"""What a watch on the wire adds: attempts that no server saw are witnessed, and what was not tried is known."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.coverage import untriggered_faults
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault.judging.safety import why_unsafe
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
from tests.harness.diagnosis.journals import (
    ADDRESSES,
    HELLO,
    HELLO_PLAIN,
    MX1,
    MX2,
    QUIT,
    USER,
    Part,
    client_fin,
    found,
    journal,
    port,
    replied,
    said,
    session,
    starttls,
    tls_failed,
    to_data,
    to_mail,
    to_rcpt,
    transaction,
)

WATCHED: Part = ("wire", None, WireWatched())
SECOND_MX = find_scenario("connect/second-mx-after-refused")


def asked_for(host: str = MX1) -> Part:
    return host, None, ConnectionAsked(address=ADDRESSES[host], port=25)


def stray(address: str) -> Part:
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
    diagnosis = diagnose(journal(WATCHED, port(state), found(MX1), asked_for()))
    assert (diagnosis.failure, diagnosis.grade, diagnosis.address) == (failure, Grade.WITNESSED, ADDRESSES[MX1])
    assert diagnosis.happened
    assert "was seen to ask" in diagnosis.sentence


def test_without_a_watch_the_same_is_inferred() -> None:
    diagnosis = diagnose(journal(port("refusing"), found(MX1)))
    assert (diagnosis.failure, diagnosis.grade) == (Failure.CONNECTION_REFUSED, Grade.INFERRED)


def test_an_address_that_was_handed_out_and_never_tried_is_no_attempt() -> None:
    diagnosis = diagnose(journal(WATCHED, port("refusing"), found(MX1)))
    assert (diagnosis.failure, diagnosis.happened) == (None, False)
    assert "never connected" in diagnosis.sentence


def test_the_host_that_was_asked_last_decides() -> None:
    both = (WATCHED, port("refusing"), port("unresponsive", MX2), found(MX1, MX2))
    assert diagnose(journal(*both, asked_for(MX1), asked_for(MX2))).failure is Failure.CONNECTION_TIMED_OUT
    assert diagnose(journal(*both, asked_for(MX2), asked_for(MX1))).failure is Failure.CONNECTION_REFUSED


def test_success_after_a_refused_connection_is_success() -> None:
    well = session(*HELLO, *transaction(), *QUIT, host=MX2)
    entries = journal(WATCHED, port("refusing"), port(host=MX2), found(MX1, MX2), asked_for(), asked_for(MX2), well)
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.delivered) == (None, True)


def test_a_shut_port_is_met_by_whoever_asked_for_a_connection_alone() -> None:
    shut = (WATCHED, port("refusing"), (MX1, None, FaultActed(fault="tcp.refuse", at="connect")), found(MX1, MX2))
    assert untriggered_faults(SECOND_MX, journal(*shut)) == ("tcp.refuse",)
    assert untriggered_faults(SECOND_MX, journal(*shut, asked_for())) == ()


def test_a_packet_for_an_address_that_nobody_told_is_unsafe() -> None:
    well = session(*HELLO, *transaction(), *QUIT)
    entries = journal(WATCHED, port(), found(MX1), asked_for(), stray("192.0.2.25"), well)
    diagnosis = diagnose(entries)
    assert diagnosis.strays == ("192.0.2.25 (tcp, port 25)",)
    told = why_unsafe(SECOND_MX.connector, diagnosis, {USER: Answer(outcome=Outcome.DELIVERED)})
    assert told is not None
    assert "192.0.2.25 (tcp, port 25)" in told


def test_a_packet_for_an_address_that_dns_gave_is_none_of_the_clients_doing() -> None:
    wrong = ("dns", None, journal(found(MX1))[-1].fact)
    assert diagnose(journal(WATCHED, port(), found(MX1), wrong, stray(ADDRESSES[MX1]))).strays == ()


LOST: Part = (MX1, None, PacketsLost(address=ADDRESSES[MX1], packets=7))
UP_TO_DATA = (*to_mail(), *to_rcpt(), *to_data())
SYN_LOST = find_scenario("connect/first-syn-lost[route=mx]")


def over_a_bad_link(*facts: Fact) -> list[Entry]:
    return journal(WATCHED, port(), found(MX1), asked_for(), session(*facts), LOST)


@pytest.mark.parametrize("end", [(), (client_fin("message"),)])
def test_a_message_that_got_lost_on_the_way_left_the_client_in_silence(end: tuple[Fact, ...]) -> None:
    diagnosis = diagnose(over_a_bad_link(*HELLO, *UP_TO_DATA, *end))
    assert (diagnosis.failure, diagnosis.stage, diagnosis.may_be_delivered) == (
        Failure.CONNECTION_CLOSED,
        "message",
        False,
    )


def test_without_lost_packets_nobody_knows_why_the_client_left() -> None:
    entries = [one for one in over_a_bad_link(*HELLO, *UP_TO_DATA) if not isinstance(one.fact, PacketsLost)]
    assert diagnose(entries).failure is None


def test_a_certificate_that_got_lost_on_the_way_is_a_silent_handshake() -> None:
    for end in ((tls_failed(None),), (client_fin("starttls"),), ()):
        diagnosis = diagnose(over_a_bad_link(*HELLO, *starttls("expired"), *end))
        assert diagnosis.failure is Failure.CONNECTION_CLOSED
        assert "within the TLS handshake" in diagnosis.sentence


def test_a_message_that_arrived_over_a_bad_link_arrived() -> None:
    for facts in ((*transaction(), *QUIT), (*transaction(), client_fin("end-of-data"))):
        diagnosis = diagnose(over_a_bad_link(*HELLO, *facts))
        assert (diagnosis.failure, diagnosis.delivered) == (None, True)


def test_a_refusal_over_a_bad_link_is_a_refusal() -> None:
    refused = (*to_mail(), *to_rcpt(reply="550 5.1.1 No such user"))
    for end in (QUIT, (client_fin("rcpt"),)):
        assert diagnose(over_a_bad_link(*HELLO, *refused, *end)).failure is Failure.REMOTE_REPLY


def test_a_client_that_says_quit_was_not_left_in_silence() -> None:
    left = (*HELLO_PLAIN, said("quit", "QUIT"), replied("quit", "221 Bye"), client_fin("quit"))
    assert diagnose(over_a_bad_link(*left)).failure is Failure.CANNOT_CONNECT  # STARTTLS is missing


def test_a_connection_that_never_came_about_for_lost_packets() -> None:
    entries = journal(WATCHED, port(), found(MX1), asked_for(), LOST)
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.grade) == (Failure.CONNECTION_TIMED_OUT, Grade.WITNESSED)
    assert diagnosis.sentence.startswith("packets were lost on the way to mx1.dest.example (127.0.0.10)")
    taken = journal(entries_of(entries), (MX1, 1, ConnectionAccepted(address=ADDRESSES[MX1])))
    assert diagnose(taken).sentence == f"{MX1} took the connection and never greeted"


def entries_of(entries: list[Entry]) -> list[Part]:
    return [(one.server, one.session, one.fact) for one in entries]


def test_what_loses_packets_is_met_once_one_was_lost() -> None:
    acted = (MX1, None, FaultActed(fault="wire.first-packets-lost", at="connect"))
    parts = (WATCHED, acted, port(), found(MX1), asked_for())
    assert untriggered_faults(SYN_LOST, journal(*parts)) == ("wire.first-packets-lost",)
    assert untriggered_faults(SYN_LOST, journal(*parts, LOST)) == ()
